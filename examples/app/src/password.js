/** Passwords: scrypt with a random salt, compared in constant time. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** OWASP's recommendation for 16 MiB of memory. */
const COST = { N: 2 ** 14, r: 8, p: 5 }
const BYTES = 32

/** @type {(password: string, salt: Buffer, length: number, cost: object) => Promise<Buffer>} */
const derive = promisify(scrypt)

/** Checked where there is no user, so that an unknown e-mail address takes as long as a wrong password. No password fits. */
const NOBODY = `${randomBytes(16).toString('base64url')}.${randomBytes(BYTES).toString('base64url')}`

/** @param {string} password */
export const hashPassword = async (password) => {
  const salt = randomBytes(16)
  const hash = await derive(password.normalize(), salt, BYTES, COST)
  return `${salt.toString('base64url')}.${hash.toString('base64url')}`
}

/**
 * @param {string} password
 * @param {string | undefined} stored what `hashPassword` gave; undefined where there is no such user
 */
export const verifyPassword = async (password, stored) => {
  const [salt = '', expected = ''] = (stored ?? NOBODY).split('.')
  const hash = await derive(password.normalize(), Buffer.from(salt, 'base64url'), BYTES, COST)
  return timingSafeEqual(hash, Buffer.from(expected, 'base64url'))
}
