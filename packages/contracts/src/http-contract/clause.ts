/** What a clause of the HTTP contract is. */

import type { HttpAuthOptions } from '@auth/core/http'
import { expectSame } from '../expectations.js'
import { type HttpUnderTest, openScene, type Scene } from './scene.js'

/** One promise of the library over HTTP, as a program that fails where an adapter breaks it. */
export interface HttpClause {
  /** Stable and short, for test names. */
  readonly name: string
  /** Rejects with a plain `Error` where the promise is broken. */
  run(subject: HttpUnderTest): Promise<void>
}

type Options = Partial<HttpAuthOptions<{ role: string }>>

/** Writes a clause down; the server is closed whatever happens. */
export const clause = (
  name: string,
  play: (scene: Scene) => Promise<void>,
  options: Options = {},
): HttpClause => ({
  name,
  run: async (subject) => {
    const scene = await openScene(subject, options)
    try {
      await play(scene)
    } finally {
      await scene.server.close()
    }
  },
})

/** Fails the clause unless a response has this status. */
export const expectStatus = async (
  response: Response | Promise<Response>,
  status: number,
  what: string,
): Promise<Response> => {
  const settled = await response
  expectSame(settled.status, status, `the status of ${what}`)
  return settled
}

/** Fails the clause unless a response is the one refusal of every bad token. */
export const expectRefused = async (
  response: Response | Promise<Response>,
  what: string,
): Promise<Response> => {
  const settled = await expectStatus(response, 401, what)
  expectSame(await settled.clone().json(), { error: 'invalid_token' }, `the body of ${what}`)
  return settled
}

/** The lines of a response's cookies without their values; frameworks spell the `Path` of their own in two ways. */
export const cookieLines = (response: Response): string[] =>
  response.headers
    .getSetCookie()
    .map((line) => line.replace(/^([^=]+)=[^;]+/, '$1=*').replace('; path=', '; Path='))
