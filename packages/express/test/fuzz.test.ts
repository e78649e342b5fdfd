import { fakeClock, modelStore } from '@auth/contracts'
import type { serve } from '@auth/testkit'
import express from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contractApp } from './contract-app.js'

const RUNS = 10_000
const clock = fakeClock()
let server: Awaited<ReturnType<typeof serve>>
let access = ''
let refresh = ''

beforeAll(async () => {
  server = await contractApp(express)({
    secret: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5',
    environment: 'production',
    store: modelStore(clock.now),
    now: clock.now,
    onEvent: () => undefined,
  })
  const body = JSON.stringify({ subject: 'alice' })
  const headers = { 'content-type': 'application/json' }
  const cookies = (await server.fetch('/login', { method: 'POST', body, headers })).headers.getSetCookie()
  const tokenOf = (name: string) => cookies.find((line) => line.startsWith(name))?.split(/[=;]/)[1] ?? ''
  access = tokenOf('__Host-access_token')
  refresh = tokenOf('__Secure-refresh_token')
})
afterAll(() => server.close())

/** Any character that a header may carry. */
const character = fc
  .integer({ min: 0x20, max: 0xff })
  .filter((code) => code !== 0x7f && (code < 0x80 || code > 0x9f))
const piece = fc.array(character, { maxLength: 12 }).map((codes) => String.fromCharCode(...codes))

/** What may be done to a text: replace, insert, cut, double, swap the case of, or append to a stretch of it. */
const mutation = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'cut', 'double', 'case', 'append'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 40 }),
  piece,
})
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never

const mutate = (text: string, { kind, at, length, piece: given }: Mutation): string => {
  const from = Math.floor(at * text.length)
  const [head, stretch, tail] = [
    text.slice(0, from),
    text.slice(from, from + length),
    text.slice(from + length),
  ]
  const swapped = stretch.replace(/[a-z]/gi, (c) =>
    c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  )
  const results = {
    replace: head + given + tail,
    insert: head + given + stretch + tail,
    cut: head + tail,
    double: head + stretch + stretch + tail,
    case: head + swapped + tail,
    append: text + given,
  }
  return results[kind as keyof typeof results]
}

/** Spaces and tabs at the ends are no part of a header's or a cookie's value, and `;` ends a cookie. */
const seen = (text: string) => text.split(';')[0]?.replace(/^[ \t]+|[ \t]+$/g, '')

test(`${RUNS} mutations of tokens, cookies and bodies: no acceptance, no 500`, async () => {
  const place = fc.constantFrom(
    'bearer',
    'access cookie',
    'refresh cookie',
    'json body',
    'form body',
    'raw body',
  )
  let refused = 0
  await fc.assert(
    fc.asyncProperty(place, fc.array(mutation, { minLength: 1, maxLength: 3 }), async (where, mutations) => {
      const original = where === 'bearer' || where === 'access cookie' ? access : refresh
      const text = mutations.reduce(mutate, original)
      fc.pre(seen(text) !== original && seen(text) !== '')
      const json = { 'content-type': 'application/json' }
      const requests: Record<string, () => Promise<Response>> = {
        bearer: () => server.fetch('/me', { headers: { authorization: `Bearer ${text}` } }),
        'access cookie': () => server.fetch('/me', { headers: { cookie: `__Host-access_token=${text}` } }),
        'refresh cookie': () =>
          server.fetch('/auth/refresh', {
            method: 'POST',
            headers: { cookie: `__Secure-refresh_token=${text}` },
          }),
        'json body': () => {
          const body = JSON.stringify({ refresh_token: text })
          return server.fetch('/auth/refresh', { method: 'POST', headers: json, body })
        },
        'form body': () => {
          return server.fetch('/auth/refresh', {
            method: 'POST',
            body: new URLSearchParams({ refresh_token: text }),
          })
        },
        'raw body': () => {
          const body = mutations.reduce(mutate, JSON.stringify({ refresh_token: refresh }))
          return server.fetch('/auth/refresh', { method: 'POST', headers: json, body })
        },
      }
      const response = await requests[where]?.()
      refused += 1
      expect([400, 401, 413]).toContain(response?.status)
    }),
    { numRuns: RUNS },
  )
  expect(refused).toBe(RUNS)
  const headers = { cookie: `__Host-access_token=${access}; __Secure-refresh_token=${refresh}` }
  expect((await server.fetch('/me', { headers })).status).toBe(200)
  expect((await server.fetch('/auth/refresh', { method: 'POST', headers })).status).toBe(200)
}, 120_000)
