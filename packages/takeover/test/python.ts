/** Python with Debian's Flask and Django, for tests that need the real ones while they run. */

import { spawnSync } from 'node:child_process'

/** Runs a program with a JSON request on its standard input; gives the JSON that it prints. */
export const python = (program: string, request: object): unknown => {
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/python3', ['-W', 'ignore', '-c', program], {
    input: JSON.stringify(request),
    encoding: 'utf8',
  })
  if (status !== 0) throw error ?? new Error(stderr)
  return JSON.parse(stdout)
}

/** Why Python cannot import a module here; undefined where it can. In CI it must. */
export const missingModule = (module: string, debianPackage: string): string | undefined => {
  try {
    python(`import ${module}, json; json.dump(1, __import__("sys").stdout)`, {})
    return undefined
  } catch {
    const missing = `/usr/bin/python3 has no ${module} (apt-get install ${debianPackage})`
    if (process.env.CI === 'true') throw new Error(missing)
    console.warn(`\n*** SKIPPED: ${missing} ***\n`)
    return missing
  }
}
