/** What no client can do to any reader: everything that is not a session of the old application is none, and no error. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SAMPLES, type Sample } from './formats.js'
import { type Cookies, lineOf, requestWith, sending } from './request.js'

const ALPHABET = 'AZaz09-_.~*=+/%: "\u0000\u00e9'

/** Every text that differs from this one in one character: replaced, left out, or one more. */
const neighbours = (text: string): string[] =>
  [...text].flatMap((character, at) => {
    const [head, tail] = [text.slice(0, at), text.slice(at + 1)]
    const flipped = /[a-z]/i.test(character) ? [character.toUpperCase(), character.toLowerCase()] : []
    const next = String.fromCharCode(character.charCodeAt(0) ^ 1)
    const replaced = [...ALPHABET, ...flipped, next].filter((other) => other !== character)
    return [...replaced.map((other) => head + other + tail), head + tail, head + character + character + tail]
  })

/** Blanks around a value are none of it, and a semicolon begins another cookie. */
const isAnother = (value: string, original: string) => value.trim() !== original && !value.includes(';')

const verdicts = async ({ reader }: Sample, all: readonly Cookies[]): Promise<unknown[]> =>
  Promise.all(all.map(async (cookies) => (await reader.read(sending(cookies)))?.subject))

describe.each(Object.entries(SAMPLES))('%s', (_, sample) => {
  const { reader, cookies, subject } = sample
  const names = Object.keys(cookies)

  test('its own session is one', async () => {
    expect(await reader.read(sending(cookies))).toMatchObject({ subject })
  })

  test.each(names)('no text that differs from that of %s in one character is a session', async (name) => {
    const original = cookies[name] ?? ''
    const values = [...new Set(neighbours(original))].filter((value) => isAnother(value, original))
    expect(values.length).toBeGreaterThan(20 * Math.min(original.length, 20))
    const found = await verdicts(
      sample,
      values.map((value) => ({ ...cookies, [name]: value })),
    )
    expect(values.filter((_, at) => found[at] !== undefined)).toEqual([])
  })

  test.each(names)('%s twice is no session, equal or not, in one line or two', async (name) => {
    const twice = `${name}=${cookies[name]}`
    const lines = [
      [`${lineOf(cookies)}; ${twice}`],
      [`${twice}; ${lineOf(cookies)}`],
      [lineOf(cookies), twice],
      [`${lineOf(cookies)}; ${name}=`],
      [`${name}=attacker; ${lineOf(cookies)}`],
    ]
    for (const each of lines) expect(await reader.read(requestWith(...each))).toBeNull()
  })

  test.each(names)('without %s, with an empty one or too long a one there is no session', async (name) => {
    const { [name]: value = '', ...others } = cookies
    const long = 'A'.repeat(5000)
    const all = [
      others,
      { ...others, [name]: '' },
      { ...others, [name]: value + long },
      { ...others, [name]: long },
    ]
    expect(await verdicts(sample, all)).toEqual(all.map(() => undefined))
  })

  test('names are compared letter by letter', async () => {
    const shouted = Object.fromEntries(
      Object.entries(cookies).map(([name, value]) => [name.toUpperCase(), value]),
    )
    const spaced = Object.fromEntries(
      Object.entries(cookies).map(([name, value]) => [`\u00a0${name}`, value]),
    )
    expect(await verdicts(sample, [shouted, spaced])).toEqual([undefined, undefined])
  })

  test('no other text is a session, and none is an error', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.constantFrom(
        ...Object.values(cookies),
        's:',
        's%3A',
        '.',
        '%',
        '%E0%A4%A',
        'Fe26.2*',
        '~2',
        '{}',
        '__proto__',
      ),
    )
    const value = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    const anything = fc.record(Object.fromEntries(names.map((name) => [name, value])))
    await fc.assert(
      fc.asyncProperty(anything, async (tried) => {
        const isOriginal = names.every((name) => tried[name]?.trim() === cookies[name])
        const cut = Object.values(tried).some((text) => text.includes(';'))
        fc.pre(!isOriginal && !cut)
        expect(await reader.read(sending(tried))).toBeNull()
      }),
      { numRuns: 300 },
    )
  })

  test('a cookie header that is none at all is no session', async () => {
    for (const line of ['', ';;;', '=', '='.repeat(10_000), ' '.repeat(20_000), names[0] ?? '']) {
      expect(await reader.read(requestWith(line))).toBeNull()
    }
    expect(await reader.read(requestWith())).toBeNull()
  })

  test('the cookies of every other format are no session', async () => {
    const others = Object.values(SAMPLES).filter((other) => other.reader.name !== reader.name)
    const values = others.flatMap((other) => Object.values(other.cookies))
    const all = values.map((value) => ({ ...cookies, [names[0] ?? '']: value }))
    expect(await verdicts(sample, all)).toEqual(all.map(() => undefined))
  })

  test('a session is ended only by the request that carries it', async () => {
    const session = await reader.read(sending(cookies))
    if (!session) throw new Error('the sample is no session')
    expect(await reader.end?.({ ...session, subject: 'another' }, sending(cookies))).toEqual([])
    expect(await reader.end?.({ ...session, id: 'another' }, sending(cookies))).toEqual([])
    expect(await reader.end?.(session, requestWith())).toEqual([])
  })
})
