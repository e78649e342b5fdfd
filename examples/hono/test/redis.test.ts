import { fileURLToPath } from 'node:url'
import { redisStory } from 'example-app/testing'

redisStory(fileURLToPath(new URL('..', import.meta.url)))
