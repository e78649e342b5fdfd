/** Flask while it runs: cookies that it makes now, and cookies that the reader sets again. */

import { describe, expect, test } from 'vitest'
import { flask } from '../src/index.js'
import { missingModule, python } from './python.js'
import { after, type Cookies, MARKER, RETIRED, SECRET, sending } from './request.js'

/** Signs users in, or says whom a cookie belongs to. */
const APPLICATION = `
import json, sys
import flask

request = json.load(sys.stdin)
app = flask.Flask(__name__)
app.secret_key = request["secret"]

@app.route("/login/<user>")
def login(user):
    flask.session.permanent = True
    flask.session.update({"_user_id": user, "authId": request["marker"] + user})
    return "done"

@app.route("/me")
def me():
    return flask.session.get("_user_id", "anonymous")

def cookie_of(response):
    line = response.headers["Set-Cookie"]
    return line.split(";", 1)[0].split("=", 1)[1]

if "users" in request:
    answer = [cookie_of(app.test_client().get(f"/login/{user}")) for user in range(request["users"])]
else:
    answer = app.test_client(use_cookies=False).get("/me", headers={"Cookie": "session=" + request["session"]}).get_data(as_text=True)
json.dump(answer, sys.stdout)
`

const missing = missingModule('flask', 'python3-flask')

describe.skipIf(missing)(`Flask${missing ? `: ${missing}` : ''}`, () => {
  const USERS = 1000
  const login = (users: number) =>
    python(APPLICATION, { secret: SECRET, users, marker: MARKER.slice(0, 20) }) as string[]
  const me = (session: string, secret = SECRET) => python(APPLICATION, { secret, session, marker: '' })

  test(`${USERS} sessions that it makes are read, each with an id of its own`, async () => {
    const reader = flask({ secret: SECRET, marker: 'authId' })
    const sessions = await Promise.all(login(USERS).map((session) => reader.read(sending({ session }))))
    expect(sessions.map((found) => found?.subject)).toEqual(sessions.map((_, user) => String(user)))
    expect(new Set(sessions.map((found) => found?.id)).size).toBe(USERS)
  })

  test('it accepts the cookie that touching sets, signed with the first secret', async () => {
    const [session = ''] = login(1)
    const reader = flask({ secret: [RETIRED, SECRET], marker: 'authId', now: () => Date.now() + 60_000 })
    const cookies: Cookies = { session }
    const found = await reader.read(sending(cookies))
    if (!found) throw new Error('there is no session')
    const lines = (await reader.touch?.(found, sending(cookies))) ?? []
    const renewed = after(cookies, lines)
    expect(renewed).not.toEqual(cookies)
    expect(await reader.read(sending(renewed))).toMatchObject({ id: found.id, subject: '0' })
    expect(me(session)).toBe('0')
    expect(me(renewed.session ?? '')).toBe('anonymous')

    const sameSecret = flask({ secret: [SECRET, RETIRED] })
    const again = await sameSecret.touch?.({ ...found, id: null }, sending(cookies))
    expect(me(after(cookies, again ?? []).session ?? '')).toBe('0')
  })
})
