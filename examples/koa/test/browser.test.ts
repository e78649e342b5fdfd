import { fileURLToPath } from 'node:url'
import { shortBrowserStory } from 'example-app/testing'

shortBrowserStory(fileURLToPath(new URL('..', import.meta.url)))
