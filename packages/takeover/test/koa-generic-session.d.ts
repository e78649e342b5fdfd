/** koa-generic-session comes without types. */

declare module 'koa-generic-session' {
  const session: (options: object) => unknown
  export default session
}
