/** One story, told to every example. An example's tests name its folder, and that is all. */

export { browserStory, shortBrowserStory } from './browser-story.js'
export { bearer, client, DEMO } from './client.js'
export { redisStory } from './redis-story.js'
export { type Running, start } from './server.js'
export { settingsStory } from './settings-story.js'
export { surfaceStory } from './surface-story.js'
