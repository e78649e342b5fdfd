/** @type {Promise<Response> | undefined} */
let refreshing

/** No answer within 5 s is no answer. Tabs need no lock: the server copes with several at once. */
const refresh = () => fetch('/auth/refresh', { method: 'POST', signal: AbortSignal.timeout(5000) })

/**
 * `fetch` for routes behind `guard`. A 401 refreshes the session and sends the request again, once; all requests of
 * this tab that meet a 401 together share one refresh. What then is still a 401 means: signed out. Anything else, such
 * as a 503 or a network error, means: try again later, still signed in.
 *
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
export async function authFetch(input, init) {
  const request = new Request(input, init)
  const response = await fetch(request.clone())
  if (response.status !== 401) return response

  refreshing ??= refresh().finally(() => {
    refreshing = undefined
  })
  const refreshed = await refreshing
  return refreshed.ok ? fetch(request) : refreshed.clone()
}
