/** Adapters that lose or invent options. */

import type { Options, Saboteurs, Start } from './wire.js'

/** An adapter that loses or invents options. */
const onOptions =
  (meddle: (options: Options) => Options) =>
  (start: Start): Start =>
  (options) =>
    start(meddle(options))

const lost = (...names: (keyof Options)[]) =>
  onOptions(
    (options) =>
      Object.fromEntries(
        Object.entries(options).filter(([name]) => !names.includes(name as never)),
      ) as Options,
  )

/** The methods of a store behind a proxy, as own properties. */
const methodsOf = (store: Options['store']) => ({
  insert: store.insert,
  find: store.find,
  replace: store.replace,
  list: store.list,
  epoch: store.epoch,
  revoke: store.revoke,
  close: store.close,
})

export const optionsSaboteurs: Saboteurs = {
  'the clock is lost': lost('now'),
  'claims are lost': lost('claims'),
  'events are lost': onOptions((options) => ({ ...options, onEvent: () => undefined })),
  'origins are lost': lost('origins'),
  'the path is lost': lost('path'),
  'cookie options are lost': lost('cookies'),
  'endpoints answer under the whole path only': onOptions(({ path = '/auth', ...options }) => ({
    ...options,
    path,
    mountPath: path,
  })),
  'rotation is always lenient': lost('rotation'),
  'rotation is always strict': onOptions((options) => ({ ...options, rotation: 'strict' })),
  'the overlap is endless': onOptions((options) => ({ ...options, overlap: 60 })),
  'renewal is lost': lost('renewal'),
  'renewal is always silent': onOptions((options) => ({ ...options, renewal: 'silent' })),
  'the environment is lost': onOptions((options) => ({
    ...options,
    environment: 'production',
    secret: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5',
  })),
  'tokens live for an hour': onOptions((options) => ({ ...options, accessTtl: 3600 })),
  'sessions live for a year': onOptions((options) => ({
    ...options,
    idle: 365 * 86_400,
    absolute: 365 * 86_400,
  })),
  'every second look-up says not revoked': onOptions((options) => {
    const { store } = options
    let calls = 0
    const isRevoked: typeof store.isRevoked = async (query) => {
      calls += 1
      return calls % 2 === 0 ? false : store.isRevoked(query)
    }
    return { ...options, store: { ...store, ...methodsOf(store), isRevoked } }
  }),
}
