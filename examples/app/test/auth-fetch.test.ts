import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const HERE = 'https://app.example.com'

/** A server with one session: what it answers, and what it was asked, one line a request. */
const server = () => {
  const state = {
    signedIn: false,
    refresh: (): Response | Promise<Response> => new Response(null),
    log: [''],
  }
  state.log = []
  vi.stubGlobal('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
    const request =
      typeof input === 'string' ? new Request(new URL(input, HERE), init) : new Request(input, init)
    state.log.push([request.method, new URL(request.url).pathname, await request.text()].join(' ').trim())
    await new Promise(setImmediate)
    const isRefresh = request.url.endsWith('/auth/refresh')
    const answer = isRefresh
      ? await state.refresh()
      : new Response(null, { status: state.signedIn ? 200 : 401 })
    if (request.signal.aborted) throw request.signal.reason
    return answer
  })
  return state
}

describe('authFetch', () => {
  let authFetch: typeof fetch
  let state: ReturnType<typeof server>
  beforeEach(async () => {
    vi.resetModules()
    state = server()
    state.refresh = () => {
      state.signedIn = true
      return Response.json({ expires_in: 600 })
    }
    const file = '../public/auth-fetch.js'
    authFetch = (await import(file)).authFetch
  })
  afterEach(() => vi.unstubAllGlobals())

  test('leaves an answer alone that is no 401', async () => {
    state.signedIn = true
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
    expect(state.log).toEqual(['GET /me'])
  })

  test('refreshes after a 401 and sends the request again', async () => {
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
    expect(state.log).toEqual(['GET /me', 'POST /auth/refresh', 'GET /me'])
  })

  test.each<[string, () => Parameters<typeof fetch>]>([
    ['a text', () => [`${HERE}/notes`, { method: 'POST', body: 'hello' }]],
    ['parameters', () => [new URL(`${HERE}/notes`), { method: 'POST', body: new URLSearchParams('hello') }]],
    ['a blob', () => [`${HERE}/notes`, { method: 'POST', body: new Blob(['hello']) }]],
    ['a Request', () => [new Request(`${HERE}/notes`, { method: 'POST', body: 'hello' })]],
    ['a Request and more', () => [new Request(`${HERE}/notes`), { method: 'POST', body: 'hello' }]],
    [
      'a stream',
      () => [
        `${HERE}/notes`,
        { method: 'POST', body: new Blob(['hello']).stream(), duplex: 'half' } as RequestInit,
      ],
    ],
  ])('sends the whole body twice: %s', async (_title, args) => {
    expect((await authFetch(...args())).status).toBe(200)
    const [first, , second] = state.log
    expect(first).toMatch(/^POST \/notes hello=?$/)
    expect(second).toBe(first)
  })

  test('requests that meet a 401 together share one refresh', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((path) => authFetch(`${HERE}/${path}`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(state.log.filter((line) => line === 'POST /auth/refresh')).toHaveLength(1)
  })

  test('the next 401 refreshes anew', async () => {
    await authFetch(`${HERE}/me`)
    state.signedIn = false
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
    expect(state.log.filter((line) => line === 'POST /auth/refresh')).toHaveLength(2)
  })

  test('a refresh that is refused leaves a 401, for everybody who waited, and nothing is sent again', async () => {
    state.refresh = () => Response.json({ error: 'invalid_token' }, { status: 401 })
    const answers = await Promise.all(['a', 'b'].map((path) => authFetch(`${HERE}/${path}`)))
    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(await answer.json()).toEqual({ error: 'invalid_token' })
    }
    expect(state.log).toHaveLength(3)
  })

  test('does not loop where the refresh helps nothing', async () => {
    state.refresh = () => Response.json({})
    expect((await authFetch(`${HERE}/me`)).status).toBe(401)
    expect(state.log).toEqual(['GET /me', 'POST /auth/refresh', 'GET /me'])
  })

  test('a server in trouble is no sign-out: 503 and Retry-After come through, and later all is well', async () => {
    const { refresh } = state
    state.refresh = () => new Response(null, { status: 503, headers: { 'Retry-After': '1' } })
    const answer = await authFetch(`${HERE}/me`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    state.refresh = refresh
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
  })

  test('no network is no sign-out: it rejects as fetch does, and later all is well', async () => {
    const { refresh } = state
    state.refresh = () => Promise.reject(new TypeError('Failed to fetch'))
    const answers = await Promise.allSettled(['a', 'b'].map((path) => authFetch(`${HERE}/${path}`)))
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) })
    state.refresh = refresh
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
  })

  test('one request that is aborted takes neither the refresh nor the others along', async () => {
    const controller = new AbortController()
    const aborted = authFetch(`${HERE}/a`, { signal: controller.signal })
    const other = authFetch(`${HERE}/b`)
    const { refresh } = state
    state.refresh = () => {
      controller.abort()
      return refresh()
    }
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    expect((await other).status).toBe(200)
  })

  test('a refresh without an answer is given up, and another tab does not wait for it', async () => {
    const stuck = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(stuck.signal)
    const { refresh } = state
    const asked = new Promise<void>((resolve) => {
      state.refresh = () => {
        resolve()
        return new Promise((_resolve, reject) => {
          stuck.signal.addEventListener('abort', () => reject(stuck.signal.reason))
        })
      }
    })
    const waiting = authFetch(`${HERE}/me`)
    await asked
    expect(timeout).toHaveBeenCalledWith(5000)
    state.refresh = refresh
    vi.resetModules()
    const file = '../public/auth-fetch.js'
    const otherTab: typeof fetch = (await import(file)).authFetch
    expect((await otherTab(`${HERE}/b`)).status).toBe(200)
    stuck.abort(new DOMException('no answer in time', 'TimeoutError'))
    await expect(waiting).rejects.toThrow('no answer in time')
    expect((await authFetch(`${HERE}/me`)).status).toBe(200)
  })
})
