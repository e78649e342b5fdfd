/** The core as it is bound where there is no `node:crypto`: on WebCrypto, which answers in promises. */

import { vi } from 'vitest'

/** Loads a second copy of the core, on the portable platform. */
export const loadPortableCore = async (): Promise<typeof import('@auth/core')> => {
  vi.resetModules()
  vi.doMock('../../../core/src/platform/node.js', () => vi.importActual('../../../core/src/platform/web.js'))
  try {
    return await import('@auth/core')
  } finally {
    vi.doUnmock('../../../core/src/platform/node.js')
    vi.resetModules()
  }
}
