/** A real browser for the stories of the page: what people see and press. */

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { DEMO } from './client.js'
import { type Env, type Running, start } from './server.js'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGS =
  `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/)
const MISSING = `no Chromium: set CHROMIUM_PATH, or install one at ${CANDIDATES.join(' or ')}`

const executablePath = process.env.CHROMIUM_PATH ?? CANDIDATES.find(existsSync)

/** An access token that is over before one gets bored. */
export const SHORT_LIFE = { AUTH_ACCESS_TTL: '2', AUTH_LEEWAY: '0' }

/** Tells a story about the page, where there is a browser; a CI without one fails. */
export const describePage = (tell: () => void): void => {
  if (!executablePath) {
    if (process.env.CI) throw new Error(MISSING)
    console.warn(`The browser tests are skipped: ${MISSING}`)
  }
  describe.skipIf(!executablePath)('the page', tell)
}

export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
export const says = (page: Page, text: string) => page.getByText(text).waitFor()
export const isSignedIn = (page: Page) => page.getByRole('heading', { name: 'Hello, Demo' }).waitFor()
export const isSignedOut = (page: Page) => page.getByRole('heading', { name: 'Sign in' }).waitFor()
export const isOver = (page: Page) => page.getByText('Over. The next request').waitFor()

/** Does something and waits until the page shows another access token than before. */
export const hasNewToken = async (page: Page, act: () => Promise<void>): Promise<void> => {
  const before = await page.locator('#token').textContent()
  await act()
  const token = () => page.locator('#token').textContent()
  await expect.poll(token, { timeout: 10_000 }).not.toBe(before)
}

export const fillIn = async (page: Page, password = DEMO.password): Promise<void> => {
  await page.getByLabel('E-mail').fill(DEMO.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await press(page, 'Sign in')
}

/** Routes and statuses of the requests from now on. */
export const traffic = (page: Page): string[] => {
  const seen: string[] = []
  page.on('response', (response) => {
    seen.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`)
  })
  return seen
}

/** One browser for all tests of a file, and a server for each; scripts that fail or are refused fail the test. */
export const useBrowser = (folder: string) => {
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

  const open = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    page.on('pageerror', (error) => violations.push(String(error)))
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
    await page.goto('/')
    return page
  }
  return {
    /** Starts the server; gives its address. */
    serve: async (env: Env = {}): Promise<string> => {
      server = await start(folder, { NODE_ENV: 'development', ...env })
      return server.url
    },
    /** Somebody with a browser of their own. */
    visitor: async (): Promise<BrowserContext> => {
      const context = await chrome.newContext({ baseURL: server.url })
      context.setDefaultTimeout(10_000)
      contexts.push(context)
      return context
    },
    open,
    signedIn: async (context: BrowserContext): Promise<Page> => {
      const page = await open(context)
      await fillIn(page)
      await isSignedIn(page)
      return page
    },
  }
}
