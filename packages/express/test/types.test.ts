import type { Principal } from '@auth/core'
import express from 'express'
import { expectTypeOf, test } from 'vitest'
import { createAuth, memoryStore } from '../src/index.js'

test('the principal and its claims are typed by inference, through the handler chain', () => {
  const app = express()
  const auth = createAuth({
    environment: 'test',
    store: memoryStore(),
    claims: async (id) => (id === '1' ? { role: 'admin', level: 3 } : null),
  })
  interface Mine {
    role: string
    level: number
  }
  app.get('/me/:id', auth.guard(), (req, res) => {
    expectTypeOf(res.locals.auth).toEqualTypeOf<Principal<Mine>>()
    expectTypeOf(res.locals.auth.claims.role).toEqualTypeOf<string>()
    expectTypeOf(req.params.id).toEqualTypeOf<string>()
    // @ts-expect-error no such claim
    res.locals.auth.claims.rolle
  })
  app.get('/maybe', auth.guard({ optional: true }), (_req, res) => {
    expectTypeOf(res.locals.auth).toEqualTypeOf<Principal<Mine> | null>()
  })
  app.use('/admin', auth.guard(), (_req, res, next) => {
    expectTypeOf(res.locals.auth.claims.level).toEqualTypeOf<number>()
    next()
  })
})
