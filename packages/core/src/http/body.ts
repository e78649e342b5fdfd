/** Request bodies: JSON or form, small, parsed here only where the framework has not done so. */

import { AuthError } from '../errors.js'
import { type AuthRequest, singleHeader } from './message.js'

const MAX_BODY_BYTES = 8192

const unreadable = (): AuthError =>
  new AuthError('invalid_request', 'The body must be a JSON object or a form.', { reason: 'bad_request' })

const parse = (text: string, type: string): unknown => {
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(text))
  if (type !== 'application/json') throw unreadable()
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable()
  }
}

/**
 * Reads one string field of the body; undefined where body or field is absent.
 *
 * @throws AuthError `invalid_request` where the body or the field is of another kind, `request_too_large`
 */
export const bodyField = async (request: AuthRequest, field: string): Promise<string | undefined> => {
  const body = await request.body(MAX_BODY_BYTES)
  if (body === undefined || body === null || body === '') return undefined
  const type = (singleHeader(request, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const parsed = typeof body === 'string' ? parse(body, type) : body
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unreadable()
  const value: unknown = Object.hasOwn(parsed, field) ? (parsed as Record<string, unknown>)[field] : undefined
  if (value !== undefined && typeof value !== 'string') throw unreadable()
  return value
}
