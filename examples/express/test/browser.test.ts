import { fileURLToPath } from 'node:url'
import { browserStory } from 'example-app/testing'

browserStory(fileURLToPath(new URL('..', import.meta.url)))
