/** The public surface, name by name: adding one is a decision, removing one is a major release. */

import { expect, test } from 'vitest'
import { publicExports } from './budgets/public-exports.mjs'
import { readWorkspace } from './budgets/workspace.mjs'
import { root } from './machine/run.mjs'

const surface = publicExports(readWorkspace(root))

const PINNED: Record<string, { values: string; types: string }> = {
  '@auth/contracts': {
    values: 'fakeClock httpContract modelStore storeContract unmetNeeds',
    types: `
      BrowserJar ContractServer FakeClock HttpClause HttpUnderTest ModelStore StoreClause StoreNeed
      StoreUnderTest
    `,
  },
  '@auth/core': {
    values: 'AuthError createAuth isAuthError jsonLines loggerSink parseSessionRecord partitionOf',
    types: `
      Access Auth AuthenticateOptions AuthErrorCode AuthErrorDetails AuthErrorHeaders AuthEvent
      AuthOptions ClaimsContext Environment EventBody EventSink EventSubject FeedMark FeedPage
      FoundSession Json Logger LoginInput LogoutInput Pair Principal RefreshOptions RejectionReason
      RequestOrigin ReuseCause Revocation RevocationMark RevocationQuery RevokeTarget SessionInfo
      SessionMark SessionRecord Severity SubjectMark SubjectState TokenMark TokenOwner TokenStore
      Transport
    `,
  },
  '@auth/core/http': {
    values: 'createHttpAuth fromFetchRequest fromNodeRequest NO_STORE',
    types: `
      AuthReply AuthRequest CookieOptions FetchRequestDetails GuardOptions GuardOutcome Header
      HttpAuth HttpAuthOptions HttpLoginInput HttpOptions NodeRequest NodeRequestDetails
      RetiredCookie SignedIn TokenResponse WithHeaders
    `,
  },
  '@auth/express': {
    values: 'AuthError createAuth isAuthError jsonLines loggerSink memoryStore',
    types: 'AuthEvent ExpressAuth Guard MemoryStoreOptions Principal',
  },
  '@auth/hono': {
    values: 'AuthError createAuth isAuthError jsonLines loggerSink memoryStore',
    types: 'AuthEvent Guard HonoAuth MemoryStoreOptions Principal',
  },
  '@auth/koa': {
    values: 'AuthError createAuth isAuthError jsonLines loggerSink memoryStore',
    types: 'AuthEvent KoaAuth MemoryStoreOptions Principal',
  },
  '@auth/store-memory': {
    values: 'memoryStore',
    types: 'MemoryStoreOptions',
  },
  '@auth/store-redis': {
    values: 'clusterOptions redisOptions redisStore',
    types: 'RedisPort RedisSource RedisStoreOptions',
  },
  '@auth/takeover': {
    values: `
      authJs connectPgSimple connectRedis cookieSession django djangoRows expressSession flask
      flaskSession ironSession koaGenericSession koaSession nextAuth numericIds stringIds
    `,
    types: `
      BinaryRedisLike ConnectPgSimpleOptions ConnectRedisOptions CookieSessionOptions DjangoOptions
      DjangoRow DjangoRows ExpressSessionOptions ExpressStore FlaskOptions FlaskSessionOptions
      IronSessionOptions KoaGenericSessionOptions KoaSessionOptions KoaStore MarkerOptions
      NextAuthOptions OldSecret OldSession PgLike Place ReaderOptions ReaderRequest RedisLike
      SessionData TakeoverReader UserIds
    `,
  },
}

test('the entry points are these', () => {
  expect([...surface.keys()].sort()).toEqual(Object.keys(PINNED).sort())
})

for (const [entry, pinned] of Object.entries(PINNED)) {
  const names = (isType: boolean) =>
    (surface.get(entry) ?? []).filter((each) => each.isType === isType).map(({ name }) => name)

  test(`${entry} exports these values`, () => {
    expect(names(false).sort()).toEqual(pinned.values.trim().split(/\s+/).sort())
  })

  test(`${entry} exports these types`, () => {
    expect(names(true).sort()).toEqual(pinned.types.trim().split(/\s+/).sort())
  })
}
