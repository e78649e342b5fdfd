/** The page: signs in, and shows and ends sessions. It never sees a token; they live in cookies that scripts cannot read. */

import { authFetch } from './auth-fetch.js'

/** @typedef {{ subject: string, sessionId: string, tokenId: string, claims: { name: string, role: string }, expiresAt: number }} Me */
/** @typedef {{ id: string, current: boolean, createdAt: number, lastSeenAt: number, device: string | null }} Session */

/** What a request was answered with, where that is no success. */
class Failure extends Error {
  /** @param {number} status @param {{ error?: string, error_description?: string }} body */
  constructor(status, { error, error_description }) {
    super(error_description ?? `The server answered ${status}${error ? ` (${error})` : ''}.`)
    this.status = status
    this.error = error
  }
}

/** @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

/** @param {string} id */
const findForm = (id) => /** @type {HTMLFormElement} */ (document.getElementById(id))

/**
 * Sends a request and reads the answer.
 * @param {typeof fetch} send `authFetch` where the server wants to know who asks, else plain `fetch`
 * @param {string} route for instance `GET /me`
 * @param {object} [body]
 */
const call = async (send, route, body) => {
  const [method, path] = /** @type {[string, string]} */ (route.split(' '))
  const json = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const response = await send(path, { method, ...json })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Failure(response.status, answer)
  return answer
}

// ---------------------------------------------------------------- what is shown

/** @type {Me | null} */
let me = null

/** @param {string} text */
const notify = (text) => {
  find('notice').textContent = text
  find('notice').hidden = text === ''
}

/** Shows one of the two views, and moves the keyboard's focus there where it is another one than before. */
const show = (/** @type {'signed-in' | 'signed-out'} */ view) => {
  if (!find(view).hidden) return
  find('signed-in').hidden = view !== 'signed-in'
  find('signed-out').hidden = view !== 'signed-out'
  find(view).querySelector('h1')?.focus()
}

const showSignedOut = (text = '') => {
  me = null
  notify(text)
  show('signed-out')
}

const showTimeLeft = () => {
  if (!me) return
  const left = Math.max(0, Math.ceil((me.expiresAt - Date.now()) / 1000))
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60]
  const [hours, ...rest] = parts.map((part) => String(part).padStart(2, '0'))
  find('time-left').textContent = [...(left >= 3600 ? [hours] : []), ...rest].join(':')
  find('time-left').classList.toggle('over', left === 0)
  find('time-note').textContent =
    left > 0
      ? `Good until ${new Date(me.expiresAt).toLocaleTimeString()}.`
      : 'Over. The next request renews it, and you notice nothing.'
}

/** @param {string | null} device a User-Agent, unless the application gave the device a better name */
const deviceName = (device) => {
  const browser = device?.match(/Edg|OPR|Firefox|Chrome|Safari/g)
  const system = device?.match(/Android|iPhone|iPad|Windows|Mac OS X|Linux/)?.[0]
  if (!browser || !system) return device?.slice(0, 40) ?? 'Unknown device'
  const name = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((word) => browser.includes(word))
  const names = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' }
  return [name, system].map((word) => Object(names)[String(word)] ?? word).join(' on ')
}

/** @param {number} instant */
const when = (instant) =>
  new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** @param {Session} session */
const deviceRow = ({ id, current, createdAt, lastSeenAt, device }) => {
  const name = deviceName(device)
  const title = document.createElement('p')
  title.append(name)
  if (current)
    title.append(
      Object.assign(document.createElement('span'), { className: 'badge', textContent: 'This device' }),
    )
  const times = Object.assign(document.createElement('p'), {
    className: 'hint',
    textContent: `Signed in ${when(createdAt)}${lastSeenAt > createdAt ? ` · refreshed ${when(lastSeenAt)}` : ''}`,
  })
  const button = Object.assign(document.createElement('button'), { textContent: 'Sign out' })
  button.setAttribute('aria-label', `Sign out ${name}${current ? ', this device' : ''}`)
  onClick(button, current ? logOut : () => signOutDevice(id))
  const text = document.createElement('div')
  text.append(title, times)
  const row = document.createElement('li')
  row.append(text, button)
  return row
}

// ---------------------------------------------------------------- what can be done

const load = async () => {
  const [principal, { sessions }] = await Promise.all([
    call(authFetch, 'GET /me'),
    call(authFetch, 'GET /auth/sessions'),
  ])
  me = /** @type {Me} */ (principal)
  find('hello').textContent = `Hello, ${me.claims.name}`
  find('name').textContent = me.claims.name
  find('role').textContent = me.claims.role
  find('subject').textContent = me.subject
  find('session').textContent = me.sessionId
  find('token').textContent = me.tokenId
  find('devices').replaceChildren(.../** @type {Session[]} */ (sessions).map(deviceRow))
  showTimeLeft()
  notify('')
  show('signed-in')
}

const signIn = async (/** @type {FormData} */ form) => {
  await call(fetch, 'POST /login', {
    email: form.get('email'),
    password: form.get('password'),
    remember: form.has('remember'),
  })
  await load()
}

const refresh = async () => {
  await call(fetch, 'POST /auth/refresh')
  await load()
}

const logOut = async () => {
  await call(fetch, 'POST /auth/logout')
  showSignedOut('You are signed out.')
}

const logOutEverywhere = async () => {
  await call(authFetch, 'POST /auth/logout-all')
  showSignedOut('You are signed out on all devices.')
}

const signOutDevice = async (/** @type {string} */ id) => {
  await call(authFetch, `DELETE /auth/sessions/${id}`)
  await load()
  notify('The device is signed out.')
}

const changePassword = async (/** @type {FormData} */ form) => {
  await call(authFetch, 'POST /password', { current: form.get('current'), next: form.get('next') })
  await load()
  notify('The password is changed. All other devices are signed out.')
}

// ---------------------------------------------------------------- how it is wired

/** @param {unknown} error */
const explain = (error) => {
  const later = me ? 'You are still signed in: try again.' : 'Try again.'
  if (!(error instanceof Failure)) return `The server cannot be reached. ${later}`
  if (error.status === 503) return `The server is busy. ${later}`
  if (error.error !== 'invalid_credentials') return error.message
  return error.status === 401 ? 'E-mail or password is wrong.' : 'The current password is wrong.'
}

/** A 401 that comes through `authFetch` or a refresh means: no longer signed in. @param {unknown} error */
const isSignedOut = (error) =>
  error instanceof Failure && error.status === 401 && error.error !== 'invalid_credentials'

/** @param {() => Promise<void>} work @param {(text: string) => void} [tell] */
const attempt = async (work, tell = notify) => {
  try {
    await work()
  } catch (error) {
    if (isSignedOut(error)) showSignedOut(me ? 'Your session has ended. Please sign in again.' : '')
    else tell(explain(error))
  }
}

/** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
const onClick = (button, work) => {
  button.addEventListener('click', async () => {
    button.disabled = true
    await attempt(work)
    button.disabled = false
  })
}

/** @param {string} id @param {(form: FormData) => Promise<void>} work */
const onSubmit = (id, work) => {
  const form = findForm(id)
  const error = /** @type {HTMLElement} */ (form.querySelector('.error'))
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    error.textContent = ''
    button.disabled = true
    await attempt(
      async () => {
        await work(new FormData(form))
        form.reset()
      },
      (text) => {
        error.textContent = text
      },
    )
    button.disabled = false
  })
}

onSubmit('sign-in', signIn)
onSubmit('change', changePassword)
/** @type {[string, () => Promise<void>][]} */
const buttons = [
  ['ask', load],
  ['refresh', refresh],
  ['log-out', logOut],
  ['log-out-all', logOutEverywhere],
]
for (const [id, work] of buttons) onClick(/** @type {HTMLButtonElement} */ (find(id)), work)

setInterval(showTimeLeft, 1000)
// Another tab may have signed out, or in, while this one was hidden.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) attempt(load)
})
attempt(load)
