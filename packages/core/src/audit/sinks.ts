/** Sinks: JSON lines, loggers, and the console where none was given. */

import type { EventSink } from './emit.js'
import type { Severity } from './event.js'

/** What JSON leaves as it is though a reader may take it for a line break or a terminal for a command. */
const UNSAFE_IN_A_LINE = /[\u007f-\u009f\u2028\u2029]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * A sink that writes one JSON object a line, ready for any log collector. Control characters inside values are
 * escaped, so a value cannot forge a line; `at` is an RFC 3339 time in UTC.
 *
 * @param write - takes one line without its line break. Default: `console.log`.
 * @example
 * createAuth({ onEvent: jsonLines((line) => process.stdout.write(`${line}\n`)) })
 */
export const jsonLines =
  (write: (line: string) => unknown = (line) => console.log(line)): EventSink =>
  (event) =>
    write(
      JSON.stringify({ ...event, at: new Date(event.at).toISOString() }).replace(UNSAFE_IN_A_LINE, escaped),
    )

/** What `loggerSink` needs of a logger: pino, bunyan and `console` have it. Fields come first, the message second. */
export type Logger = Record<Severity, (fields: object, message: string) => unknown>

/**
 * A sink for a pino-shaped logger: severity picks the method, the event's type becomes the message.
 *
 * @example
 * createAuth({ onEvent: loggerSink(pino()) })
 */
export const loggerSink =
  (logger: Logger): EventSink =>
  ({ severity, ...event }) =>
    logger[severity](event, event.type)

/** The sink where none was given: what is wrong goes to the console, in development also why a request was turned away. */
export const defaultSink = (development: boolean): EventSink => {
  const print = jsonLines((line) => console.warn(line))
  return (event) => {
    const wanted = development
      ? event.severity !== 'info' || event.type === 'request_rejected'
      : event.severity !== 'info'
    if (wanted) print(event)
  }
}
