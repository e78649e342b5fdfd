/** Which saboteurs each clause of the HTTP contract must reject, by name. */

/** A saboteur stands where it breaks least besides; every clause has one. */
export const REJECTED: Readonly<Record<string, readonly string[]>> = {
  'login sets both cookies with every attribute': ['the body of a login holds the token'],
  'login gives a bearer client tokens and no cookie': [
    'refresh_expires_in is lost',
    'the overlap is endless',
    'sessions live for a year',
  ],
  'a guarded route knows the principal': ['claims are lost', 'tokens live for an hour'],
  'a login that is not remembered ends with the browser': ['every cookie is remembered'],
  'a new login ends the session it replaces': ['the body hides the cookie'],
  'login from another site is refused and opens nothing': ['other sites are trusted'],
  'a disabled subject cannot sign in': ['cookies are set on 403', 'claims are lost'],
  'cookies of a domain are shared and prefixed accordingly': ['Domain is dropped', 'the path is lost'],
  'development works over plain http': ['Max-Age is dropped', 'the environment is lost'],
  'retired cookies are expired at login and at logout': [
    'Domain is dropped',
    'logout only clears cookies',
    'cookie options are lost',
  ],
  'a refresh renews an expired access token': ['cookies are cleared on every 401', 'Cache-Control is lost'],
  'three tabs refreshing at once stay signed in': [
    'rotation is always strict',
    'refresh answers without refreshing',
  ],
  'a lost response, retried after 1 s, keeps the session': [
    'rotation is always strict',
    'refresh answers without refreshing',
  ],
  'a lost response, retried after 3600 s, keeps the session': [
    'rotation is always strict',
    'refresh answers without refreshing',
  ],
  'an old refresh token ends its session and no other': [
    'cookies are cleared on every 401',
    'events are lost',
  ],
  'an orphaned refresh token ends its session': ['events are lost', 'renewal is always silent'],
  'many replays at once raise one alarm': ['events are lost', 'renewal is always silent'],
  'idle and absolute lifetimes end a session': ['sessions live for a year', 'reasons are told'],
  'a subject that was disabled since the login is signed out by the next refresh': [
    'claims are lost',
    'cookies are cleared on every 401',
  ],
  'a fault in claims or store ends no session': ['cookies are cleared on 503', 'Retry-After is lost'],
  'a refused refresh clears no cookie': ['cookies are cleared on every 401', 'sessions live for a year'],
  'strict rotation ends the session at every repetition': ['rotation is always lenient'],
  'inside the overlap a browser gets an access token and keeps its refresh token': [
    'a refresh cookie is set inside the overlap',
  ],
  'a late answer of the overlap leaves the jar as it is': ['one of two Set-Cookie lines is dropped'],
  'inside the overlap a bearer client gets back what it presented': [
    'refresh_expires_in is always what a login says',
    'a new refresh token never leaves',
  ],
  'a bearer client that refreshes one at a time and stores what it gets stays signed in': [
    'bodies are not read',
    'no refresh token is given back inside the overlap',
    'rotation is always strict',
  ],
  'concurrent bearer refreshes that store by compare-and-set stay signed in': [
    'no refresh token is given back inside the overlap',
    'bodies are not read',
  ],
  'a bearer client refreshes by RFC 6749': ['forms are not read'],
  'a token works only on its own transport': ['bodies are not read', 'renewal is always silent'],
  'a refresh from another site is refused, unconsumed': ['cookies are set on 403', 'other sites are trusted'],
  'a refused page load keeps the cookies that it renewed': [
    'dead cookies are never expired',
    'renewal is lost',
  ],
  'silent renewal keeps page loads signed in': ['a spent cookie is refused everywhere', 'renewal is lost'],
  'logout ends access and refresh token at once': [
    'logout leaves the refresh cookie',
    "the application's own cookie is overwritten",
  ],
  'logout answers 204 to expired, spent and malformed tokens': ['events are lost', 'no content is 200'],
  'logout by any refresh token that a session ever had ends it': [
    'renewal is always silent',
    'no content is 200',
  ],
  'a bearer client logs out by header or by body': ['no content is 200'],
  'a logout from another site changes nothing': ['cookies are set on 403', 'other sites are trusted'],
  'a logout during an outage is a 503 and changes nothing': ['cookies are cleared on 503'],
  'log out everywhere ends every session of the subject': ['log out everywhere logs out here'],
  'a change of password keeps this session only': [
    'a change of password changes nothing',
    'bodies are not read',
  ],
  'a bearer client that changes its password refreshes': ['a change of password changes nothing'],
  'devices are listed and signed out one by one': [
    'logout leaves the refresh cookie',
    'DELETE is not routed',
  ],
  'every bad token gets the same refusal': [
    'the challenge is lost',
    'events are lost',
    'tokens live for an hour',
  ],
  'bad cookies are refused like bad headers': [
    'reasons are told',
    'every POST is cross-site',
    'renewal is always silent',
  ],
  'two Authorization headers are refused': ['the last Authorization wins'],
  'the scheme is read in any case': ['the scheme is case-sensitive', 'a token may stand in the query'],
  'an optional route admits requests without a credential': [
    'Vary is lost',
    'a spent cookie is no credential, whatever the method',
  ],
  'maxAuthAge refuses an old login, however fresh its token is': [
    'the challenge is lost',
    'a bad token is a 500',
  ],
  'only an access cookie that was never one of ours is expired': [
    'cookies are cleared on every 401',
    'dead cookies are never expired',
  ],
  'a late 401 leaves the renewed cookies alone': [
    'refresh answers without refreshing',
    'one of two Set-Cookie lines is dropped',
  ],
  'two cookies of one name are refused': ['the last cookie wins'],
  'cookie names are compared to the byte': ['a bad token is a 500', 'cookies are normalised'],
  'unsafe requests with cookies must come from a page of the site': ['a POST is a GET'],
  'a request without Origin and Sec-Fetch-Site is no browser, and passes': [
    'Set-Cookie lines are joined',
    'Secure is dropped',
    'Origin alone is looked at',
  ],
  'a configured origin may use the cookies': ['origins are lost'],
  'bearer requests need no origin': ['Authorization is not read', 'the clock is lost'],
  'an outage of the store is a 503 and not a bad token': [
    'every second look-up says not revoked',
    'cookies are cleared on 503',
  ],
  'a strict route needs a live session': ['every second look-up says not revoked'],
  'a fault inside a handler is a 503': ['an outage is a 500', 'an outage is a 401', 'Retry-After is lost'],
  'a body that cannot be read is a 400 or a 413': ['large bodies are cut'],
  'the public keys are published, and nothing else of them': [
    'the private part of a key is published',
    'the key set is for callers without cookies',
    'Cache-Control is lost',
  ],
  'the endpoints answer their own paths and methods only': [
    'unknown methods are not found',
    'a list of no keys is published',
    'refresh answers without refreshing',
  ],
  'an Authorization header of another scheme is no credential': ['another scheme hides the cookie'],
  'a Bearer header decides over the cookies, well-formed or not': [
    'a header falls back to the cookie',
    'a malformed Bearer header is ignored',
  ],
  'a refresh token in the body decides over the cookies beside it': ['the cookie hides the body'],
  'a logout that answers 2xx has ended what was presented': ['four cookies are read'],
  'a public page stays public when the session of its visitor has ended': [
    'a spent cookie is refused everywhere',
  ],
  'an unsafe request never becomes anonymous': [
    'a spent cookie is no credential, whatever the method',
    'logout only clears cookies',
  ],
  'OPTIONS is judged like any request': ['preflights pass'],
  'the endpoints answer with a slash at the end': ['a slash at the end is another path'],
  'the endpoints answer behind a gateway that strips the front of the path': [
    'the path is lost',
    'endpoints answer under the whole path only',
  ],
  'a response that a handler makes by itself carries the cookies of its login': [
    'a response of the handler’s own loses the cookies',
    "the application's own cookie is overwritten",
  ],
  'silent renewal reaches the client whatever the handler of /raw does with the response': [
    'renewal is lost',
  ],
  'silent renewal reaches the client whatever the handler of /cached does with the response': [
    'a page that carries tokens can be cached',
  ],
  'silent renewal reaches the client whatever the handler of /broken does with the response': [
    'a response of the handler’s own loses the cookies',
    'renewal is lost',
  ],
  'a page that carries no tokens keeps its own caching': ['no page can be cached', 'Cache-Control is lost'],
}
