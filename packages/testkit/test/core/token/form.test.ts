/** security.md A2, A3, A12, A13, I1, I3: one token has one text, and nothing else is looked at. */

import { CompactEncrypt } from 'jose'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { platform } from '../../../../core/src/platform/node.js'
import {
  encode,
  openScene,
  outcomeOf,
  partsOf,
  present,
  refusal,
  refusedFor,
  type Scene,
  sign,
} from './scene.js'

let scene: Scene
let token = ''
let parts = partsOf('')
beforeAll(async () => {
  scene = await openScene()
  token = scene.forge()
  parts = partsOf(token)
})

test('a token made by hand exactly as ours is accepted, or nothing here would prove anything', async () => {
  expect((await present(scene, token)).outcome).toBe('accepted')
  expect((await present(scene, scene.pair.accessToken)).outcome).toBe('accepted')
})

/** Sets the unused low bits of a segment's last character: the bytes stay, the text changes. */
const withUnusedBits = (segment: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(segment.at(-1) ?? '')
  return segment.slice(0, -1) + alphabet[last + 1]
}

type Text = (header: string, payload: string, signature: string) => unknown

const TEXTS: Record<string, Text> = {
  'nothing at all': () => '',
  'one segment': (h) => h,
  'two segments': (h, p) => `${h}.${p}`,
  'four segments': (h, p, s) => `${h}.${p}.${s}.${s}`,
  'five segments': (h, p, s) => `${h}.${p}.${s}.${p}.${s}`,
  'an empty fourth segment': (h, p, s) => `${h}.${p}.${s}.`,
  'an empty first segment': (h, p, s) => `.${h}.${p}.${s}`,
  'no header': (_, p, s) => `.${p}.${s}`,
  'a detached payload': (h, _, s) => `${h}..${s}`,
  'no signature': (h, p) => `${h}.${p}.`,
  'only dots': () => '..',
  'a space before it': (h, p, s) => ` ${h}.${p}.${s}`,
  'a space after it': (h, p, s) => `${h}.${p}.${s} `,
  'a line break after it': (h, p, s) => `${h}.${p}.${s}\n`,
  'a space inside the header': (h, p, s) => `${h.slice(0, 8)} ${h.slice(8)}.${p}.${s}`,
  'a tab inside the payload': (h, p, s) => `${h}.${p.slice(0, 8)}\t${p.slice(8)}.${s}`,
  'a line break inside the signature': (h, p, s) => `${h}.${p}.${s.slice(0, 8)}\n${s.slice(8)}`,
  'padding after the header': (h, p, s) => `${h}=.${p}.${s}`,
  'padding after the payload': (h, p, s) => `${h}.${p}=.${s}`,
  'padding after the signature': (h, p, s) => `${h}.${p}.${s}=`,
  'the signature in plain base64': (h, p, s) => `${h}.${p}.${s.slice(0, -2)}+/`,
  'other unused bits in the signature': (h, p, s) => `${h}.${p}.${withUnusedBits(s)}`,
  'a signature of an impossible length': (h, p, s) => `${h}.${p}.${s}AA`,
  'a full-width letter': (h, p, s) => `${h}.${p}.Ａ${s.slice(1)}`,
  'a zero byte after it': (h, p, s) => `${h}.${p}.${s}\0`,
  'the scheme before it': (h, p, s) => `Bearer ${h}.${p}.${s}`,
  'quotes around it': (h, p, s) => `"${h}.${p}.${s}"`,
  'a flattened JSON serialisation': (h, p, s) => JSON.stringify({ protected: h, payload: p, signature: s }),
  'a general JSON serialisation': (h, p, s) =>
    JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
  'the parsed JSON serialisation': (h, p, s) => ({ protected: h, payload: p, signature: s }),
  'a list with the token': (h, p, s) => [`${h}.${p}.${s}`],
  'a String object': (h, p, s) => new String(`${h}.${p}.${s}`),
  bytes: (h, p, s) => new TextEncoder().encode(`${h}.${p}.${s}`),
  'an object that turns into the token': (h, p, s) => ({ toString: () => `${h}.${p}.${s}` }),
  undefined: () => undefined,
  null: () => null,
  'a number': () => 12345,
  'a symbol': () => Symbol('token'),
}

describe('a text that is not the one text of a token is malformed', () => {
  test.each(Object.entries(TEXTS))('%s', async (_, text) => {
    expect(await present(scene, text(...parts))).toEqual(refusal(scene, 'malformed'))
  })

  test('unused bits in header and payload, correctly signed as they stand', async () => {
    // One byte of JSON white space at a time moves the length until the last character has unused bits.
    const loose = (json: string): string => {
      const padded = [json, `${json} `, `${json}  `].map(encode).find((text) => text.length % 4 !== 0)
      return withUnusedBits(padded ?? '')
    }
    const [header, payload] = [JSON.stringify(scene.header), JSON.stringify(scene.payload)]
    for (const forged of [sign(loose(header), parts[1]), sign(parts[0], loose(payload))]) {
      expect(await present(scene, forged)).toEqual(refusal(scene, 'malformed'))
    }
  })

  test('padding and white space, correctly signed as they stand', async () => {
    for (const end of ['=', ' ', '\n', '\t', '%3D']) {
      expect(await present(scene, sign(parts[0] + end, parts[1]))).toEqual(refusal(scene, 'malformed'))
      expect(await present(scene, sign(parts[0], parts[1] + end))).toEqual(refusal(scene, 'malformed'))
    }
  })

  test('an encrypted token is not opened', async () => {
    const key = Buffer.alloc(32, 7)
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(scene.payload)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: String(scene.header.kid), typ: 'at+jwt' })
      .encrypt(key)
    expect(jwe.split('.')).toHaveLength(5)
    expect(await present(scene, jwe)).toEqual(refusal(scene, 'malformed'))
  })
})

const NOT_AN_OBJECT: Record<string, string | Uint8Array> = {
  'bytes that are no UTF-8': new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
  'an overlong encoding': new Uint8Array([0xc1, 0xbb, 0x7d]),
  'a lone surrogate in UTF-8': new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'UTF-16': new Uint8Array(Buffer.from('{"a":1}', 'utf16le')),
  'no JSON': 'sub=alice',
  'JSON with a comment': '{} // {}',
  'two objects': '{}{}',
  'an array': '[{}]',
  'a text': '"{}"',
  'a number': '1',
  null: 'null',
  true: 'true',
  '2000 levels of arrays': `${'['.repeat(2000)}${']'.repeat(2000)}`,
}

describe('header and payload are JSON objects in UTF-8', () => {
  test.each(Object.entries(NOT_AN_OBJECT))('%s as header', async (_, header) => {
    expect(await present(scene, scene.forge({ header }))).toEqual(refusal(scene, 'malformed'))
  })
  test.each(Object.entries(NOT_AN_OBJECT))('%s as payload', async (_, payload) => {
    expect(await present(scene, scene.forge({ payload }))).toEqual(refusal(scene, 'malformed'))
  })

  test('a byte that is no UTF-8 inside a text of a sound object', async () => {
    const broken = (json: string, text: string): Uint8Array => {
      const bytes = Buffer.from(json)
      bytes[bytes.indexOf(text)] = 0xff
      return bytes
    }
    const payload = broken(JSON.stringify(scene.payload), 'alice')
    expect(await present(scene, scene.forge({ payload }))).toEqual(refusal(scene, 'malformed'))
    const header = broken(JSON.stringify({ ...scene.header, cty: 'x' }), 'x')
    expect(await present(scene, scene.forge({ header }))).toEqual(refusal(scene, 'malformed'))
  })

  test('deep objects, as deep as the size allows, are refused or carried, never a fault', async () => {
    const deep = `${'{"a":'.repeat(900)}1${'}'.repeat(900)}`
    expect((await present(scene, scene.forge({ payload: deep }))).outcome).toEqual(refusedFor('bad_claims'))
    const json = JSON.stringify(scene.payload)
    const carried = scene.forge({ payload: `${json.slice(0, -1)},"deep":${deep}}` })
    expect((await present(scene, carried)).outcome).toBe('accepted')
  })
})

describe('a token of more than 8192 characters is refused unread', () => {
  const sized = (length: number): string => {
    const room = (length - parts[0].length - 43 - 2) * 0.75
    const json = JSON.stringify({ ...scene.payload, pad: '' })
    const text = scene.forge({ payload: { pad: 'x'.repeat(Math.floor(room) - json.length) } })
    return text.length === length
      ? text
      : scene.forge({ payload: { pad: 'x'.repeat(Math.ceil(room) - json.length) } })
  }

  test('8192 pass, one more does not, and no signature is computed for it', async () => {
    const longest = sized(8192)
    expect(longest).toHaveLength(8192)
    expect((await present(scene, longest)).outcome).toBe('accepted')
    const decoded = vi.spyOn(platform, 'decode')
    try {
      for (const text of [`${longest}A`, 'A'.repeat(8193), '.'.repeat(5_000_000)]) {
        expect(await present(scene, text)).toEqual(refusal(scene, 'oversized'))
      }
      expect(decoded).not.toHaveBeenCalled()
      const [, payload, signature] = partsOf(scene.forge({ payload: { jti: 'seen for the first time' } }))
      await scene.auth.authenticate(`${parts[0]}.${payload}.${signature}`)
      expect(decoded.mock.calls).toEqual([[signature], [payload]])
    } finally {
      decoded.mockRestore()
    }
  })

  test('claims that would make a longer token are refused when it is issued', async () => {
    const { auth } = await openScene()
    expect(await outcomeOf(auth.login({ subject: 'bob' }))).toBe('accepted')
    const opened = openScene({ claims: () => ({ pad: 'x'.repeat(8192) }) })
    expect(await outcomeOf(opened)).toMatchObject({ code: 'claims_invalid', status: 500 })
  })
})
