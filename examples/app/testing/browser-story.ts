/** The page in a real browser: what people see and what scripts cannot. */

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DEMO } from './client.js'
import { type Env, type Running, start } from './server.js'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGS =
  `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/)
const MISSING = `no Chromium: set CHROMIUM_PATH, or install one at ${CANDIDATES.join(' or ')}`
const SHORT_LIFE = { AUTH_ACCESS_TTL: '2', AUTH_LEEWAY: '0' }
const NEXT = 'another good password'

const executablePath = process.env.CHROMIUM_PATH ?? CANDIDATES.find(existsSync)

export const browserStory = (folder: string): void => {
  if (!executablePath) {
    if (process.env.CI) throw new Error(MISSING)
    console.warn(`The browser tests are skipped: ${MISSING}`)
  }
  describe.skipIf(!executablePath)('the page', () => tell(folder))
}

const tell = (folder: string): void => {
  let chrome: Browser
  let server: Running
  const contexts: BrowserContext[] = []
  const violations: string[] = []

  beforeAll(async () => {
    chrome = await chromium.launch({ executablePath: executablePath as string, args: ARGS })
  })
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()))
    await server.stop()
    expect(violations.splice(0)).toEqual([])
  })
  afterAll(() => chrome.close())

  const serve = async (env: Env = {}): Promise<void> => {
    server = await start(folder, { NODE_ENV: 'development', ...env })
  }
  /** Somebody with a browser of their own. */
  const visitor = async (): Promise<BrowserContext> => {
    const context = await chrome.newContext({ baseURL: server.url })
    context.setDefaultTimeout(10_000)
    contexts.push(context)
    return context
  }
  const open = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    page.on('pageerror', (error) => violations.push(String(error)))
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
    await page.goto('/')
    return page
  }
  const fillIn = async (page: Page, password = DEMO.password): Promise<void> => {
    await page.getByLabel('E-mail').fill(DEMO.email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(page, 'Sign in')
  }
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
  const isSignedIn = (page: Page) => page.getByRole('heading', { name: 'Hello, Demo' }).waitFor()
  const isSignedOut = (page: Page) => page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const says = (page: Page, text: string) => page.getByText(text).waitFor()
  const signedIn = async (context: BrowserContext): Promise<Page> => {
    const page = await open(context)
    await fillIn(page)
    await isSignedIn(page)
    return page
  }
  /** Routes and statuses of the requests from now on. */
  const traffic = (page: Page): string[] => {
    const seen: string[] = []
    page.on('response', (response) => {
      seen.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`)
    })
    return seen
  }
  const tokenOf = (page: Page) => page.locator('#token').textContent()
  const isOver = (page: Page) => page.getByText('Over. The next request').waitFor()

  test('a wrong password is said, and the right one signs in', async () => {
    await serve()
    const page = await open(await visitor())
    await isSignedOut(page)
    await fillIn(page, 'wrong')
    await page.getByRole('alert').getByText('E-mail or password is wrong.').waitFor()
    await fillIn(page)
    await isSignedIn(page)
    await page.getByText('admin').waitFor()
    expect(await page.getByRole('timer').textContent()).toMatch(/^0[78]:\d\d:\d\d$/)
    await page.reload()
    await isSignedIn(page)
  })

  test('no script sees a token', async () => {
    await serve()
    const context = await visitor()
    const page = await signedIn(context)
    expect(await context.cookies(server.url)).toHaveLength(1) // the refresh cookie goes to /auth alone
    expect(await context.cookies(`${server.url}/auth/refresh`)).toHaveLength(2)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  })

  test('without "keep me signed in" the cookies end with the browser', async () => {
    await serve()
    const context = await visitor()
    const page = await open(context)
    await page.getByLabel('Keep me signed in').uncheck()
    await fillIn(page)
    await isSignedIn(page)
    const cookies = await context.cookies(`${server.url}/auth/refresh`)
    expect(cookies.map(({ expires }) => expires)).toEqual([-1, -1])
  })

  test('past the life of the access token the next request renews it, and the one after needs nothing', async () => {
    await serve(SHORT_LIFE)
    const page = await signedIn(await visitor())
    const before = await tokenOf(page)
    await isOver(page)
    const seen = traffic(page)
    await press(page, 'Ask the server again')
    await expect.poll(() => tokenOf(page)).not.toBe(before)
    await isSignedIn(page)
    expect(seen.filter((line) => line.includes('/auth/refresh'))).toEqual(['POST /auth/refresh 200'])
    expect(seen).toContain('GET /me 401')
    expect(seen).toContain('GET /me 200')
  })

  test('a page that is opened again later is still signed in', async () => {
    await serve(SHORT_LIFE)
    const context = await visitor()
    const page = await signedIn(context)
    await isOver(page)
    await page.close()
    await isSignedIn(await open(context))
  })

  test('three tabs that refresh at once stay signed in, again and again', async () => {
    await serve(SHORT_LIFE)
    const context = await visitor()
    const tabs = [await signedIn(context), await open(context), await open(context)]
    const seen = tabs.map(traffic)
    for (let round = 1; round <= 2; round += 1) {
      await Promise.all(tabs.map(isSignedIn))
      await Promise.all(tabs.map(isOver))
      await Promise.all(tabs.map((tab) => press(tab, 'Refresh now')))
      const refreshed = () =>
        seen.map((lines) => lines.filter((line) => line === 'POST /auth/refresh 200').length)
      await expect.poll(refreshed).toEqual([round, round, round])
    }
    for (const tab of tabs) {
      await press(tab, 'Ask the server again')
      await isSignedIn(tab)
    }
    expect(seen.flat().filter((line) => line.startsWith('POST /auth/refresh 4'))).toEqual([])
  })

  test('log out ends the session here and leaves another browser alone', async () => {
    await serve()
    const context = await visitor()
    const [page, other] = [await signedIn(context), await signedIn(await visitor())]
    await press(page, 'Log out')
    await says(page, 'You are signed out.')
    await isSignedOut(page)
    expect(await context.cookies(`${server.url}/auth/refresh`)).toEqual([])
    await page.reload()
    await isSignedOut(page)
    await press(other, 'Ask the server again')
    await isSignedIn(other)
  })

  test('log out everywhere, from another browser, ends this one too', async () => {
    await serve()
    const [page, other] = [await signedIn(await visitor()), await signedIn(await visitor())]
    await press(other, 'Log out everywhere')
    await says(other, 'You are signed out on all devices.')
    await press(page, 'Ask the server again')
    await says(page, 'Your session has ended. Please sign in again.')
    await isSignedOut(page)
    await fillIn(page)
    await isSignedIn(page)
  })

  test('the list of devices names this one and signs out another', async () => {
    await serve()
    const [page, other] = [await signedIn(await visitor()), await signedIn(await visitor())]
    await press(page, 'Ask the server again')
    await expect.poll(() => page.getByRole('listitem').count()).toBe(2)
    expect(await page.getByText('This device', { exact: true }).count()).toBe(1)
    await press(page, 'Sign out Chrome on Linux')
    await says(page, 'The device is signed out.')
    expect(await page.getByRole('listitem').count()).toBe(1)
    await press(other, 'Refresh now')
    await isSignedOut(other)
    await press(page, 'Sign out Chrome on Linux, this device')
    await isSignedOut(page)
  })

  test('a new password keeps this browser and ends the other', async () => {
    await serve()
    const [page, other] = [await signedIn(await visitor()), await signedIn(await visitor())]
    const change = async (current: string): Promise<void> => {
      await page.getByLabel('Current password').fill(current)
      await page.getByLabel('New password').fill(NEXT)
      await press(page, 'Change password')
    }
    await change('wrong')
    await page.getByRole('alert').getByText('The current password is wrong.').waitFor()
    await change(DEMO.password)
    await says(page, 'The password is changed.')
    await press(page, 'Refresh now')
    await page.reload()
    await isSignedIn(page)
    await press(other, 'Ask the server again')
    await says(other, 'Your session has ended.')
    await fillIn(other)
    await other.getByRole('alert').getByText('E-mail or password is wrong.').waitFor()
    await fillIn(other, NEXT)
    await isSignedIn(other)
  })

  test('a server that cannot be reached is no sign-out', async () => {
    await serve()
    const context = await visitor()
    const page = await signedIn(context)
    await context.setOffline(true)
    await press(page, 'Ask the server again')
    await says(page, 'You are still signed in: try again.')
    await context.setOffline(false)
    await press(page, 'Ask the server again')
    await page.getByRole('status').waitFor({ state: 'hidden' })
    await isSignedIn(page)
  })

  test('in production the browser takes the Secure, prefixed cookies', async () => {
    await serve({ NODE_ENV: 'production', SESSION_SECRET: crypto.randomUUID() + crypto.randomUUID() })
    const context = await visitor()
    const page = await signedIn(context)
    const cookies = await context.cookies(`${server.url.replace('http:', 'https:')}/auth/refresh`)
    expect(cookies.map(({ name, secure, httpOnly }) => [name, secure, httpOnly]).sort()).toEqual([
      ['__Host-access_token', true, true],
      ['__Secure-refresh_token', true, true],
    ])
    await press(page, 'Refresh now')
    await isSignedIn(page)
  })
}
