/** Bounds that several rooms agree on. Durations are seconds. */

/** A day. */
export const DAY = 86_400
/** The longest leeway that can be configured. */
export const MAX_LEEWAY = 300
/** The longest W that can be configured, and the default where the access token lives long enough. */
export const MAX_OVERLAP = 60
export const DEFAULT_OVERLAP = 30
/** The longest life of an access token; verification refuses more, whatever was configured. */
export const maxAccessTtl = (development: boolean): number => (development ? DAY : 3600)
/** Longest accepted token, in characters. */
export const MAX_TOKEN_LENGTH = 8192
/** Longest identifier, in characters. */
export const MAX_IDENTIFIER = 255
/** Longest excerpt of a client's or a driver's words in an event, in characters. */
export const MAX_EXCERPT = 256

/** Whether a value is a string that can be an identifier: 1 to 255 characters, no lone surrogate. */
export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= MAX_IDENTIFIER &&
  !/\p{Surrogate}/u.test(value)
