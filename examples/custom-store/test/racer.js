// @ts-check
/** One of two processes that race on one row: says that it is ready, starts when told, and tells what it won. */

import { setTimeout as sleep } from 'node:timers/promises'
import { sqliteStore } from '../sqlite-store.js'

/** @typedef {{ file: string, id: string, rounds: number }} Task */

process.once('message', async (message) => {
  const { file, id, rounds } = /** @type {Task} */ (message)
  const store = sqliteStore(file)
  const won = []
  for (let round = 0; round < rounds; round += 1) {
    const { record } = await store.find(id)
    if (!record) throw new Error('the row is gone')
    await sleep(Math.random() * 8) // leaves the lock to the other, and a version to lose
    const next = slow({ ...record, version: record.version + 1 })
    if (await store.replace(next, record.version).catch(whenBusy)) won.push(next.version)
  }
  await store.close()
  process.send?.(won, () => process.disconnect())
})
process.send?.('ready')

/**
 * Takes its time to become text: a store that compares and sets in two steps is caught in between.
 *
 * @template {object} R
 * @param {R} record
 */
const slow = (record) => ({
  ...record,
  toJSON: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    return record
  },
})

/** Whoever waited for the lock in vain has changed nothing. @param {{ code?: string }} error */
const whenBusy = (error) => {
  if (error.code !== 'SQLITE_BUSY') throw error
  return false
}
