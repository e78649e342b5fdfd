/** The reader of Django's database sessions, Django 3.1 to 5: a session key in the cookie, the session in a table. */

import { cookieOf } from './cookies.js'
import { createReader } from './create-reader.js'
import { belongsToPassword, sessionIn } from './django-signing.js'
import type { PgLike } from './express-store.js'
import { checkOptions, type ReaderOptions, secretsOf, wrongSecrets } from './reader-options.js'
import { MAX_CONTENT, memberOf, type SessionData } from './session-data.js'
import type { OldSecret } from './signed.js'
import type { ReaderRequest, TakeoverReader } from './takeover-reader.js'
import { stringIds, type UserIds } from './user-ids.js'

/** A row of `django_session`. */
export interface DjangoRow {
  /** `session_data` */
  readonly data: string
  /** `expire_date`, as an instant in milliseconds. */
  readonly expiresAt: number
}

/** The rows of `django_session`. Methods reject where the database does not answer. */
export interface DjangoRows {
  find(sessionKey: string): Promise<DjangoRow | null>
  remove(sessionKey: string): Promise<void>
}

/** Options of {@link django}. */
export interface DjangoOptions<Id = string> extends ReaderOptions<Id> {
  /** `SECRET_KEY`, and after it what stands in `SECRET_KEY_FALLBACKS`. */
  readonly secret: OldSecret | readonly OldSecret[]
  /** Where the sessions are; {@link djangoRows} on PostgreSQL. */
  readonly rows: DjangoRows
  /**
   * The `password` column of a user, as it stands there; null where there is no such user or `is_active` is false. A
   * session whose user has another password by now is none, as in Django. A failure must reject.
   */
  readonly passwordOf: (id: Id) => string | null | Promise<string | null>
  /** `SESSION_EXPIRE_AT_BROWSER_CLOSE`. Default: false, as there. */
  readonly expireAtBrowserClose?: boolean
}

/** Session keys are 32 characters of this alphabet. */
const SESSION_KEY = /^[a-z\d]{8,40}$/

/** `set_expiry` leaves its argument in the session: 0 stands for a cookie that ends with the browser. */
const isPersistent = (data: SessionData, byDefault: boolean): boolean => {
  const expiry = memberOf(data, '_session_expiry')
  return expiry === undefined || expiry === null ? byDefault : expiry !== 0
}

const problemsOf = ({ secret, rows, passwordOf }: DjangoOptions<never>): string[] => [
  ...wrongSecrets('secret', secret),
  ...(typeof rows?.find === 'function' ? [] : ['rows must be an object with find and remove']),
  ...(typeof passwordOf === 'function' ? [] : ['passwordOf must be a function']),
]

/**
 * Reads Django's database sessions (`django.contrib.sessions.backends.db` and `cached_db`).
 *
 * @throws AuthError `invalid_options`
 */
export const django = <Id = string>(options: DjangoOptions<Id>): TakeoverReader => {
  checkOptions('django', options, problemsOf(options as unknown as DjangoOptions<never>))
  const { cookie = 'sessionid', rows, passwordOf, expireAtBrowserClose = false } = options
  const ids = (options.ids ?? stringIds) as UserIds<Id>
  const secrets = secretsOf(options.secret)

  const find = async (request: ReaderRequest, now: number) => {
    const key = cookieOf(request, cookie)
    const row = key !== null && SESSION_KEY.test(key) ? await rows.find(key) : null
    if (!row || !(row.expiresAt > now) || row.data.length > MAX_CONTENT) return null
    const data = sessionIn(row.data, secrets)
    const { expiresAt } = row
    return data && { data, key, expiresAt, persistent: isPersistent(data, !expireAtBrowserClose) }
  }
  return createReader(
    {
      name: 'django',
      cookie,
      user: '_auth_user_id',
      find,
      confirm: async ({ data }, subject) => {
        const password = await passwordOf(ids.idOf(subject))
        return password !== null && belongsToPassword(memberOf(data, '_auth_user_hash'), password, secrets)
      },
      remove: async ({ key }) => void (key === null || (await rows.remove(key))),
    },
    options,
  )
}

/**
 * The rows of `django_session` on PostgreSQL, through a `Pool` or `Client` of `pg`. With `USE_TZ = False` the column has no
 * time zone: give rows of your own, which read it as Django's `TIME_ZONE`.
 */
export const djangoRows = (pool: PgLike): DjangoRows => ({
  find: async (sessionKey) => {
    const sql = `SELECT session_data, extract(epoch FROM expire_date) * 1000 AS expires_at
                 FROM django_session WHERE session_key = $1`
    const { rows } = await pool.query(sql, [sessionKey])
    const data = memberOf(rows[0], 'session_data')
    const expiresAt = Number(memberOf(rows[0], 'expires_at'))
    return typeof data === 'string' ? { data, expiresAt } : null
  },
  remove: async (sessionKey) => {
    await pool.query('DELETE FROM django_session WHERE session_key = $1', [sessionKey])
  },
})
