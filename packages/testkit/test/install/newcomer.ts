/** A newcomer: an empty project, programs that run in it as a README prints them, and a client that keeps cookies. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createProject, freePort, root } from '../../../../scripts/machine.mjs'

/** A project with some lines in its `.npmrc`, and what is started in it. */
export const openProject = (npmrc: string) => {
  const project = createProject()
  project.write('.npmrc', npmrc)
  const children: { kill(signal: 'SIGKILL'): boolean }[] = []
  /** Starts a program, and waits until it answers. */
  const serve = async (file: string, env: NodeJS.ProcessEnv) => {
    const port = await freePort()
    const all = { ...process.env, ...project.env, PORT: String(port), ...env }
    const child = spawn(process.execPath, [file], {
      cwd: project.folder,
      env: all,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const base = `http://127.0.0.1:${port}`
    while (!(await fetch(base).catch(() => null))) {
      if (child.exitCode !== null) throw new Error(`${file} ended. It printed:\n${output}`)
      await pause(50)
    }
    return { base, stop: () => child.kill('SIGKILL') }
  }
  const end = () => {
    for (const child of children) child.kill('SIGKILL')
    project.remove()
  }
  return { ...project, serve, end }
}

/** An open project. */
export type Project = ReturnType<typeof openProject>

/** The text of a named block of a package's README. */
export const printed = (name: string, recipe: string): string => {
  const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
  const start = readme.indexOf(`<!-- recipe: ${recipe} -->`)
  const [, text] = /^<!--.*-->\n```\w+\n([\s\S]*?)```/.exec(readme.slice(Math.max(0, start))) ?? []
  if (start < 0 || !text)
    throw new Error(`packages/${name}/README.md has no block "${recipe}" with code below it`)
  return text
}
