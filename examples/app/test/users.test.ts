import { afterEach, describe, expect, test } from 'vitest'
import { openUsers } from '../src/users.js'

const PASSWORD = 'correct horse battery staple'
const DEMO = { id: 'u-1', email: 'demo@example.com', name: 'Demo', role: 'admin', active: true }

describe('users', () => {
  const opened: { close(): void }[] = []
  const open = async () => {
    const users = await openUsers(':memory:')
    opened.push(users)
    return users
  }
  afterEach(() => {
    for (const users of opened.splice(0)) users.close()
  })

  test('are found by id and e-mail, and nothing of the password comes along', async () => {
    const users = await open()
    expect(users.byId('u-1')).toEqual(DEMO)
    expect(users.byEmail('Demo@Example.com')).toEqual(DEMO)
    expect(users.byId('u-9')).toBeUndefined()
  })

  test('are recognised by their password alone', async () => {
    const users = await open()
    expect(await users.check('demo@example.com', PASSWORD)).toEqual(DEMO)
    expect(await users.check('demo@example.com', `${PASSWORD} `)).toBeUndefined()
    expect(await users.check('nobody@example.com', PASSWORD)).toBeUndefined()
  })

  test('an unknown e-mail costs as much work as a wrong password', async () => {
    const users = await open()
    const time = async (email: string) => {
      const start = process.cpuUsage()
      await users.check(email, 'wrong')
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    await time('demo@example.com')
    const [known, unknown] = [await time('demo@example.com'), await time('nobody@example.com')]
    expect(unknown).toBeGreaterThan(known / 4)
  })

  test('change their password, knowing the old one', async () => {
    const users = await open()
    expect(await users.changePassword('u-1', 'wrong', 'new password')).toBe(false)
    expect(await users.changePassword('u-9', PASSWORD, 'new password')).toBe(false)
    expect(await users.changePassword('u-1', PASSWORD, 'new password')).toBe(true)
    expect(await users.check('demo@example.com', PASSWORD)).toBeUndefined()
    expect(await users.check('demo@example.com', 'new password')).toEqual(DEMO)
  })

  test('of two changes at once one wins', async () => {
    const users = await open()
    const changes = ['first password', 'other password'].map((next) =>
      users.changePassword('u-1', PASSWORD, next),
    )
    expect((await Promise.all(changes)).sort()).toEqual([false, true])
  })
})
