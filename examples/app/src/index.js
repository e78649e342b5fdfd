/** What the examples have in common, and what an application has before it gets sessions. */

export { errorReply, loginForm, passwordForm } from './forms.js'
export { listen } from './listen.js'
export { page } from './page.js'
export { orExit, readSettings } from './settings.js'
export { openUsers, profile } from './users.js'
