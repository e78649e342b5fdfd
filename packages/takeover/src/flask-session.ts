/** The reader of Flask-Session on Redis, 0.6 to 0.8: a session id in the cookie, the session in MessagePack or JSON. */

import { cookieOf } from './cookies.js'
import { createReader } from './create-reader.js'
import { FLASK_LIFETIME, isPermanent } from './flask.js'
import { type Signer, sign, unsign } from './itsdangerous.js'
import { checkOptions, type ReaderOptions, secretsOf, wrongSecrets } from './reader-options.js'
import { dataOf, MAX_CONTENT, parseData, type SessionData } from './session-data.js'
import type { OldSecret } from './signed.js'
import type { ReaderRequest, TakeoverReader } from './takeover-reader.js'

/** What is used of a Redis client that answers in bytes; ioredis has it. */
export interface BinaryRedisLike {
  getBuffer(key: string): Promise<Uint8Array | null>
  del(key: string): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
}

/** Options of {@link flaskSession}. */
export interface FlaskSessionOptions<Id = string> extends ReaderOptions<Id> {
  /** A client of ioredis, or what has its `getBuffer`, `del` and `expire`. */
  readonly client: BinaryRedisLike
  /**
   * How rows are written: a decoder of MessagePack, such as `decode` of `@msgpack/msgpack` or `unpack` of `msgpackr`, or
   * `'json'` where `SESSION_SERIALIZATION_FORMAT` is `json`. Rows of pickle, which older releases write, are no sessions:
   * to read one is to run what it says.
   */
  readonly format: 'json' | ((bytes: Uint8Array) => unknown)
  /** `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string
  /** The secrets of the application where `SESSION_USE_SIGNER` is on; absent where the cookie is the bare id. */
  readonly signedBy?: OldSecret | readonly OldSecret[]
  /** `PERMANENT_SESSION_LIFETIME`, in seconds. Default: 31 days. */
  readonly lifetime?: number
}

/** Pickle's first byte since protocol 2. In MessagePack it is an empty map, which is no session either. */
const PICKLE = 0x80
/** Flask-Session reads rows of both of its formats, whichever it writes; JSON begins with a brace. */
const BRACE = 0x7b

const contentOf = (bytes: Uint8Array, format: FlaskSessionOptions['format']): SessionData | null => {
  if (bytes.length > MAX_CONTENT || bytes[0] === PICKLE) return null
  if (format === 'json' || bytes[0] === BRACE) return parseData(bytes)
  try {
    return dataOf(format(bytes))
  } catch {
    return null
  }
}

/** Ids are 43 characters; whatever else comes is a key of Redis that a client made up. */
const SESSION_ID = /^[\w-]{16,128}$/

const sessionIdOf = (request: ReaderRequest, cookie: string, signer: Signer | null): string | null => {
  const value = cookieOf(request, cookie)
  const sid = value !== null && signer ? unsign(value, signer) : value
  return sid !== null && SESSION_ID.test(sid) ? sid : null
}

const problemsOf = ({ format, client, signedBy }: FlaskSessionOptions<unknown>): string[] => [
  ...(format === 'json' || typeof format === 'function' ? [] : ['format must be "json" or a decoder']),
  ...(typeof client?.getBuffer === 'function' ? [] : ['client must have getBuffer: text spoils MessagePack']),
  ...(signedBy === undefined ? [] : wrongSecrets('signedBy', signedBy)),
]

/**
 * Reads the sessions that Flask-Session keeps in Redis. The user id is what Flask-Login writes (`_user_id`) unless `user`
 * says otherwise.
 *
 * @throws AuthError `invalid_options`
 */
export const flaskSession = <Id = string>(options: FlaskSessionOptions<Id>): TakeoverReader => {
  checkOptions('flaskSession', options, problemsOf(options))
  const { cookie = 'session', prefix = 'session:', lifetime = FLASK_LIFETIME, client, format } = options
  const { signedBy } = options
  const signer = signedBy === undefined ? null : { salt: 'flask-session', secrets: secretsOf(signedBy) }
  return createReader(
    {
      name: 'flask-session',
      cookie,
      user: '_user_id',
      find: async (request) => {
        const key = sessionIdOf(request, cookie, signer)
        const row = key === null ? null : await client.getBuffer(prefix + key)
        const data = row && contentOf(row, format)
        return data && { data, key, expiresAt: null, persistent: isPermanent(data) }
      },
      remove: async ({ key }) => void (key === null || (await client.del(prefix + key))),
      renew: async ({ key, persistent }) => {
        if (key === null) return []
        await client.expire(prefix + key, lifetime)
        const value = signer ? sign(key, signer) : key
        return persistent ? [{ name: cookie, value, maxAge: lifetime }] : []
      },
    },
    options,
  )
}
