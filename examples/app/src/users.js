/** The users table: an SQLite database that the application had before, and that the library never touches. */

import Database from 'libsql'
import { hashPassword, verifyPassword } from './password.js'
import { SettingsError } from './settings.js'

/**
 * @typedef {object} User
 * @property {string} id
 * @property {string} email
 * @property {string} name
 * @property {string} role
 * @property {boolean} active
 */

const TABLE = `
  CREATE TABLE IF NOT EXISTS users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    active        INTEGER NOT NULL DEFAULT 1,
    password_hash TEXT NOT NULL
  )`

/** Their ids are fixed, so that several processes with a database each know the same people. */
const DEMO_USERS = [
  { id: 'u-1', email: 'demo@example.com', name: 'Demo', role: 'admin' },
  { id: 'u-2', email: 'second@example.com', name: 'Second', role: 'member' },
]
const DEMO_PASSWORD = 'correct horse battery staple'

/** @param {string} file */
const openDatabase = (file) => {
  try {
    const database = new Database(file)
    database.exec(TABLE)
    return database
  } catch (error) {
    throw new SettingsError(
      `DATABASE_FILE: cannot open ${file} (${error instanceof Error ? error.message : error})`,
    )
  }
}

/** @param {any} row @returns {User | undefined} */
const toUser = (row) =>
  row && { id: row.id, email: row.email, name: row.name, role: row.role, active: row.active === 1 }

/** What a client may see of a user. @param {User} user */
export const profile = ({ id, email, name, role }) => ({ id, email, name, role })

/** @param {string} file a path, or `:memory:` */
export const openUsers = async (file) => {
  const database = openDatabase(file)
  const selectById = database.prepare('SELECT * FROM users WHERE id = ?')
  const selectByEmail = database.prepare('SELECT * FROM users WHERE email = ?')
  // The old hash is part of the condition: of two changes at once, one wins.
  const updatePassword = database.prepare(
    'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?',
  )
  const insert = database.prepare(
    'INSERT OR IGNORE INTO users (id, email, name, role, password_hash) VALUES (?, ?, ?, ?, ?)',
  )
  for (const { id, email, name, role } of DEMO_USERS) {
    if (!selectById.get(id)) insert.run(id, email, name, role, await hashPassword(DEMO_PASSWORD))
  }
  return {
    /** @param {string} id */
    byId: (id) => toUser(selectById.get(id)),

    /** @param {string} email */
    byEmail: (email) => toUser(selectByEmail.get(email)),

    /**
     * Finds the user with this password; undefined where there is none, after the same time.
     * @param {string} email
     * @param {string} password
     */
    check: async (email, password) => {
      /** @type {any} */
      const row = selectByEmail.get(email)
      return (await verifyPassword(password, row?.password_hash)) ? toUser(row) : undefined
    },

    /**
     * Gives a user a new password; false where the current one is wrong.
     * @param {string} id
     * @param {string} current
     * @param {string} next
     */
    changePassword: async (id, current, next) => {
      /** @type {any} */
      const row = selectById.get(id)
      if (!(await verifyPassword(current, row?.password_hash))) return false
      return updatePassword.run(await hashPassword(next), id, row.password_hash).changes === 1
    },

    close: () => {
      database.close()
    },
  }
}
