/** The page in a real browser: what people see and what scripts cannot. */

import { expect, test } from 'vitest'
import {
  describePage,
  fillIn,
  hasNewToken,
  isOver,
  isSignedIn,
  isSignedOut,
  press,
  SHORT_LIFE,
  says,
  traffic,
  useBrowser,
} from './browser.js'
import { DEMO } from './client.js'

const NEXT = 'another good password'

/** The main road, for a framework whose page is the one that another framework has been asked everything about. */
export const shortBrowserStory = (folder: string): void => describePage(() => tellShort(folder))

export const browserStory = (folder: string): void => describePage(() => tell(folder))

const tellShort = (folder: string): void => {
  const { serve, visitor, signedIn } = useBrowser(folder)

  test('signs in, refreshes in silence, and logs out', async () => {
    const url = await serve(SHORT_LIFE)
    const context = await visitor()
    const page = await signedIn(context)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    await isOver(page)
    const seen = traffic(page)
    await hasNewToken(page, () => press(page, 'Ask the server again'))
    expect(seen.filter((line) => line.includes('/auth/refresh'))).toEqual(['POST /auth/refresh 200'])
    await press(page, 'Log out')
    await says(page, 'You are signed out.')
    expect(await context.cookies(`${url}/auth/refresh`)).toEqual([])
    await page.reload()
    await isSignedOut(page)
  })
}

const tell = (folder: string): void => {
  const { serve, visitor, open, signedIn } = useBrowser(folder)

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
    const url = await serve()
    const context = await visitor()
    const page = await signedIn(context)
    expect(await context.cookies(url)).toHaveLength(1) // the refresh cookie goes to /auth alone
    expect(await context.cookies(`${url}/auth/refresh`)).toHaveLength(2)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  })

  test('without "keep me signed in" the cookies end with the browser', async () => {
    const url = await serve()
    const context = await visitor()
    const page = await open(context)
    await page.getByLabel('Keep me signed in').uncheck()
    await fillIn(page)
    await isSignedIn(page)
    const cookies = await context.cookies(`${url}/auth/refresh`)
    expect(cookies.map(({ expires }) => expires)).toEqual([-1, -1])
  })

  test('past the life of the access token the next request renews it, and the one after needs nothing', async () => {
    await serve(SHORT_LIFE)
    const page = await signedIn(await visitor())
    await isOver(page)
    const seen = traffic(page)
    await hasNewToken(page, () => press(page, 'Ask the server again'))
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
      await Promise.all(tabs.map((tab) => hasNewToken(tab, () => press(tab, 'Refresh now'))))
    }
    for (const lines of seen) {
      // One for each press, and on a slow machine one more for a token that ended meanwhile.
      expect(lines.filter((line) => line === 'POST /auth/refresh 200').length).toBeGreaterThanOrEqual(2)
    }
    for (const tab of tabs) {
      await press(tab, 'Ask the server again')
      await isSignedIn(tab)
    }
    expect(seen.flat().filter((line) => line.startsWith('POST /auth/refresh 4'))).toEqual([])
  })

  test('log out ends the session here and leaves another browser alone', async () => {
    const url = await serve()
    const context = await visitor()
    const [page, other] = [await signedIn(context), await signedIn(await visitor())]
    await press(page, 'Log out')
    await says(page, 'You are signed out.')
    await isSignedOut(page)
    expect(await context.cookies(`${url}/auth/refresh`)).toEqual([])
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
    await page.getByRole('listitem').nth(1).waitFor()
    expect(await page.getByRole('listitem').count()).toBe(2)
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
    const url = await serve({
      NODE_ENV: 'production',
      SESSION_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    })
    const context = await visitor()
    const page = await signedIn(context)
    const cookies = await context.cookies(`${url.replace('http:', 'https:')}/auth/refresh`)
    expect(cookies.map(({ name, secure, httpOnly }) => [name, secure, httpOnly]).sort()).toEqual([
      ['__Host-access_token', true, true],
      ['__Secure-refresh_token', true, true],
    ])
    await press(page, 'Refresh now')
    await isSignedIn(page)
  })
}
