/** One story, told to every example. An example's tests name its folder, and that is all. */

export { browserStory, shortBrowserStory } from './browser-story.js'
export { redisStory } from './redis-story.js'
export { settingsStory } from './settings-story.js'
export { surfaceStory } from './surface-story.js'
