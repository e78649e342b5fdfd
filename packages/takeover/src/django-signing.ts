/** Django's signatures, version 3.1 and later: of session rows, and of the password that a session belongs to. */

import { createHash } from 'node:crypto'
import { inflated, parseData, type SessionData } from './session-data.js'
import { isMacOf, type MacForm, macOf, type OldSecret, splitLast } from './signed.js'

type Encoding = MacForm['encoding']

/** Django's `salted_hmac` with SHA-256. */
const saltedMac = (
  salt: string,
  text: string,
  [secret, encoding]: readonly [OldSecret, Encoding],
): string => {
  const key = createHash('sha256').update(salt).update(secret).digest()
  return macOf(key, text, { hash: 'sha256', encoding })
}

const SESSION_SALT = 'django.contrib.sessions.SessionStoresigner'

/** The session that a row's `session_data` holds; null where no secret signed it, or it is no JSON. */
export const sessionIn = (signed: string, secrets: readonly OldSecret[]): SessionData | null => {
  const outer = splitLast(signed, ':')
  const inner = outer && splitLast(outer[0], ':')
  if (!outer || !inner) return null
  const [text, mac] = outer
  const macs = secrets.map((secret) => saltedMac(SESSION_SALT, text, [secret, 'base64url']))
  if (!isMacOf(mac, macs)) return null
  const [payload] = inner
  const packed = payload.startsWith('.')
  const bytes = Buffer.from(packed ? payload.slice(1) : payload, 'base64url')
  const content = packed ? inflated(bytes) : bytes
  return content && parseData(content)
}

const PASSWORD_SALT = 'django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash'

/** Whether a session's `_auth_user_hash` was made of this password, as the users table holds it. */
export const belongsToPassword = (hash: unknown, password: string, secrets: readonly OldSecret[]): boolean =>
  typeof hash === 'string' &&
  isMacOf(
    hash,
    secrets.map((secret) => saltedMac(PASSWORD_SALT, password, [secret, 'hex'])),
  )
