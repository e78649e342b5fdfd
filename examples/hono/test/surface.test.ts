import { fileURLToPath } from 'node:url'
import { surfaceStory } from 'example-app/testing'

surfaceStory(fileURLToPath(new URL('..', import.meta.url)))
