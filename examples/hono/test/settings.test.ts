import { fileURLToPath } from 'node:url'
import { settingsStory } from 'example-app/testing'

settingsStory(fileURLToPath(new URL('..', import.meta.url)))
