import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modelStore } from '@auth/contracts'
import * as core from '@auth/core'
import ts from 'typescript'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEmit } from '../../../core/src/audit/emit.js'
import type { EventBody } from '../../../core/src/audit/event.js'
import { jsonLines } from '../../../core/src/audit/sinks.js'
import { AuthError, type AuthErrorCode } from '../../../core/src/errors.js'
import { replyTo } from '../../../core/src/http/reply-to.js'
import { settingsFrom } from '../../../core/src/options.js'

/** The pages of docs/ that name errors and events, held against the types that name them. */
const pageOf = (name: string): string =>
  readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8')
const pages = { errors: pageOf('errors.md'), events: pageOf('events.md') }

const sourceOf = (name: string): string =>
  fileURLToPath(new URL(`../../../core/src/${name}`, import.meta.url))
const files = [
  'errors.ts',
  'audit/event.ts',
  'session/rotation.ts',
  'options.ts',
  'http/http-options.ts',
].map(sourceOf)
const program = ts.createProgram(files, {
  strict: true,
  exactOptionalPropertyTypes: true,
  lib: ['lib.es5.d.ts'],
  types: [],
})
const checker = program.getTypeChecker()

/** The members of an exported union. */
const membersOf = (file: string, name: string): readonly ts.Type[] => {
  const source = program.getSourceFile(sourceOf(file))
  const exported =
    source && checker.getSymbolAtLocation(source)?.exports?.get(ts.escapeLeadingUnderscores(name))
  if (!exported) throw new Error(`${file} exports no ${name}`)
  const type = checker.getDeclaredTypeOfSymbol(exported)
  return type.isUnion() ? type.types : [type]
}
const textOf = (type: ts.Type): string => (type as ts.StringLiteralType).value
const textsOf = (file: string, name: string): string[] => membersOf(file, name).map(textOf).sort()

/** One kind of event as the compiler sees it. */
const shapeOf = (type: ts.Type) => {
  const fields = type.getProperties().map((symbol) => ({
    name: symbol.name,
    optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    types: checker.getTypeOfSymbol(symbol),
  }))
  return { type: textOf(fields.find(({ name }) => name === 'type')?.types as ts.Type), fields }
}
const shapes = membersOf('audit/event.ts', 'EventBody').map(shapeOf)
const eventTypes = [...new Set(shapes.map(({ type }) => type))].sort()
const codes = textsOf('errors.ts', 'AuthErrorCode') as AuthErrorCode[]

/** The sections of a page by their heading. */
const sectionsOf = (page: string): Map<string, string> =>
  new Map(
    page.split(/^(?=#{2,3} )/m).flatMap((section) => {
      const heading = /^### ([a-z_]+)\n/.exec(section)?.[1]
      return heading ? [[heading, section] as const] : []
    }),
  )
const words = (page: string, pattern: RegExp): string[] =>
  [...page.matchAll(pattern)].map(([, word]) => `${word}`)

describe('docs/errors.md', () => {
  const sections = sectionsOf(pages.errors)

  test('has a section for every code, and for nothing else', () => {
    expect([...sections.keys()].sort()).toEqual(codes)
  })
  test('lists every code with its status', () => {
    const rows = [...pages.errors.matchAll(/^\| \[`([a-z_]+)`\]\(#([a-z_]+)\) \| (\d{3}) \|/gm)]
    const listed = rows.map(([, code, anchor, status]) => [code, anchor, Number(status)])
    expect(listed.sort()).toEqual(codes.map((code) => [code, code, new AuthError(code, '').status]))
  })
  test.each(codes)('%s: says when, what the client sees, and what to do', (code) => {
    const section = sections.get(code) ?? ''
    for (const part of ['When', 'Client sees', 'Do']) expect(section).toContain(`**${part}** `)
    if (code === 'invalid_options') return
    const { body, headers } = replyTo(new AuthError(code, '…'), 'app')
    expect(section).toContain(`\`${JSON.stringify(body)}\``)
    for (const [name, value] of headers) {
      if (name !== 'Cache-Control') expect(section).toContain(`${name}: ${value}`)
    }
  })
})

describe('docs/events.md', () => {
  const sections = sectionsOf(pages.events)
  const examplesOf = (type: string): string[] => words(sections.get(type) ?? '', /^(\{"type".*\})$/gm)

  test('has a section for every event, and for nothing else', () => {
    expect([...sections.keys()].sort()).toEqual(eventTypes)
  })
  test.each(eventTypes)('%s: names every field and no other', (type) => {
    const table = words(sections.get(type) ?? '', /^\| (`[^|]*`) \|/gm).flatMap((cell) =>
      words(cell, /`(\w+)`/g),
    )
    const fields = shapes.filter((shape) => shape.type === type).flatMap((shape) => shape.fields)
    const wanted = fields.map(({ name }) => name).filter((name) => name !== 'type')
    expect([...new Set(table)].sort()).toEqual([...new Set(wanted)].sort())
  })
  test.each(eventTypes)('%s: every shape has an example, just as it would be logged', (type) => {
    const wanted = shapes.filter((shape) => shape.type === type)
    const examples = examplesOf(type).map((line) => ({ line, event: JSON.parse(line) }))
    expect(examples.length).toBeGreaterThanOrEqual(wanted.length)
    const shown = new Set(examples.flatMap(({ event }) => Object.keys(event)))
    const fields = wanted.flatMap((shape) => shape.fields.map(({ name }) => name))
    expect(fields.filter((name) => !shown.has(name))).toEqual([])
    for (const { line, event } of examples) {
      const { id, at, severity, result, ip, requestId, userAgent, ...body } = event
      const lines: string[] = []
      const emit = createEmit(
        jsonLines((text) => lines.push(text)),
        () => Date.parse(at),
      )
      emit(body as EventBody, { ip, requestId, userAgent })
      expect(id).toMatch(/^[\w-]{22}$/)
      expect(lines.map((text) => ({ ...JSON.parse(text), id }))).toEqual([event])
      expect(sections.get(type)).toMatch(new RegExp(`Severity\\s\`${severity}\``))
      const keys = Object.keys(body)
      const fitting = wanted.some(({ fields }) => {
        const names = fields.map(({ name }) => name)
        const needed = fields.filter(({ optional }) => !optional).map(({ name }) => name)
        return keys.every((key) => names.includes(key)) && needed.every((name) => keys.includes(name))
      })
      expect(fitting, `${line} has the fields of no ${type}`).toBe(true)
    }
  })
  test.each(['outcome', 'transport', 'scope', 'actor', 'cause', 'severity', 'result'])(
    'explains every value of %s',
    (name) => {
      const values = shapes
        .flatMap(({ fields }) => fields.filter((field) => field.name === name))
        .flatMap(({ types }) => (types.isUnion() ? types.types : [types]).map(textOf))
      const common: Record<string, string> = { severity: 'Severity', result: 'EventOutcome' }
      const wanted = common[name] ? textsOf('audit/event.ts', common[name]) : values
      const rows = words(pages.events, new RegExp(`^\\| \`${name}\` \\| (.*) \\|$`, 'gm')).join('\n')
      expect([...new Set(words(rows, /`(\w+)`/g))]).toEqual(expect.arrayContaining([...new Set(wanted)]))
    },
  )
  test('lists every reason, and nothing else', () => {
    const table = pages.events.split('## Reasons')[1] ?? ''
    const listed = words(table, /^\| (`[^|]*`) \|/gm).flatMap((cell) => words(cell, /`(\w+)`/g))
    expect(listed.sort()).toEqual(textsOf('errors.ts', 'RejectionReason'))
  })
  test('names every cause of reuse', () => {
    for (const cause of textsOf('session/rotation.ts', 'ReuseCause')) {
      expect(sections.get('reuse_detected')).toContain(`\`${cause}\``)
    }
  })
})

describe('the READMEs', () => {
  const readme = (name: string) => pageOf(`../packages/${name}/README.md`)
  const optionsOf = (file: string, name: string) =>
    (membersOf(file, name)[0] as ts.Type).getProperties().map((symbol) => symbol.name)
  const rowsOf = (name: string) =>
    [...(readme(name).split('## Options')[1] ?? '').matchAll(/^\| (`[^|]*`) \| ([^|]*) \|/gm)].flatMap(
      ([, cell, value]) => words(`${cell}`, /`([\w.]+)`/g).map((option) => ({ option, value: `${value}` })),
    )
  afterEach(() => vi.unstubAllEnvs())

  test('core: lists every option, with its default', () => {
    const rows = rowsOf('core')
    expect(rows.map(({ option }) => option).sort()).toEqual(optionsOf('options.ts', 'AuthOptions').sort())
    const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
    for (const environment of ['production', 'development'] as const) {
      const settings: Record<string, unknown> = {
        ...settingsFrom({ secret, store: modelStore(), environment }),
      }
      for (const { option, value } of rows.filter((row) => /^\d/.test(row.value))) {
        const other = environment === 'development' ? /development: (\d+)/.exec(value)?.[1] : undefined
        expect([option, settings[option]]).toEqual([option, Number(other ?? /^\d+/.exec(value)?.[0])])
      }
    }
  })
  test('express: lists every option that HTTP adds', () => {
    const wanted = optionsOf('http/http-options.ts', 'HttpOptions').flatMap((name) =>
      name === 'cookies'
        ? optionsOf('http/http-options.ts', 'CookieOptions').map((own) => `cookies.${own}`)
        : [name],
    )
    const listed = rowsOf('express').map(({ option }) => option)
    expect(listed.filter((option) => wanted.includes(option)).sort()).toEqual(wanted.sort())
  })
  test('core: the program runs as printed', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SESSION_SECRET', 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5')
    const quiet = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const printed = /<!-- recipe: core -->\n```js\n([\s\S]*?)```/.exec(readme('core'))?.[1] ?? ''
    const modules = { '@auth/core': core, '@auth/store-memory': { memoryStore: modelStore } }
    const body = printed.replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = modules[$2]')
    const names = 'pair, principal, next, devices'
    const run = new Function('modules', `return (async () => {\n${body}\nreturn { ${names} }\n})()`)
    const { pair, principal, next, devices } = await run(modules)
    expect(principal).toMatchObject({ subject: '42', claims: { role: 'admin' }, transport: 'bearer' })
    expect([next.refreshToken === pair.refreshToken, devices.length, devices[0].device]).toEqual([
      true,
      1,
      'command line',
    ])
    quiet.mockRestore()
  })
})

describe('links', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const written = [
    ...readdirSync(join(root, 'docs')).map((name) => join(root, 'docs', name)),
    ...['core', 'contracts', 'express', 'store-memory'].map((name) =>
      join(root, 'packages', name, 'README.md'),
    ),
  ].filter((file) => file.endsWith('.md'))
  /** The anchor that a heading gets. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')

  test.each(written)('of %s lead somewhere', (file) => {
    const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '')
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, anchor] = `${link}`.split('#') as [string, string?]
      const target = path === '' ? file : join(file, '..', path)
      const page = readFileSync(target, 'utf8')
      if (anchor) expect(words(page, /^#+ (.*)$/gm).map(anchorOf), `${link}`).toContain(anchor)
    }
  })
})
