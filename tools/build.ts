import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleProgram, programNames } from './programs.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the build depends on, cheaply: names, sizes and times. */
function fingerprint(patterns: string[]): string {
  const hash = createHash('sha256')
  const files = globSync([...patterns, 'package-lock.json'], { cwd: root }).sort()
  for (const file of files) {
    const stat = statSync(join(root, file))
    if (stat.isFile()) hash.update(`${file}:${stat.size}:${stat.mtimeMs}\n`)
  }
  return hash.digest('hex')
}

type Step = { name: string; stamp: string; sources: string[]; make: () => Promise<unknown> }

/** Does the step unless what it left in `out/` was made from these sources. Rejects with the builder's words. */
async function unlessMade({ name, stamp, sources, make }: Step, say: (line: string) => void): Promise<void> {
  const file = join(root, 'out', stamp)
  const now = fingerprint(sources)
  if (existsSync(file) && readFileSync(file, 'utf8') === now) return
  say(`Building the ${name}…`)
  const began = performance.now()
  try {
    await make()
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const words = `${stdout}\n${stderr}`.trim() || (error instanceof Error ? error.message : error)
    throw new Error(`the ${name} could not be built\n${words}`, { cause: error })
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, now)
  say(`Built the ${name} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** The page and the shells. */
export const buildPage = (say: (line: string) => void): Promise<void> =>
  unlessMade(
    {
      name: 'page',
      stamp: '.page-built-from',
      sources: ['src/**/*', 'electron.vite.config.ts'],
      make: () => promisify(execFile)('electron-vite', ['build', '--logLevel', 'warn'], { cwd: root }),
    },
    say,
  )

/** The programs that run in processes of their own, each as `programFile` names it. */
export const buildPrograms = (say: (line: string) => void): Promise<void> =>
  unlessMade(
    {
      name: 'programs',
      stamp: '.programs-built-from',
      sources: ['src/{contract,crm,main,practice}/**/*.ts', 'tools/programs.ts'],
      make: () => Promise.all(programNames.map(bundleProgram)),
    },
    say,
  )

/** All that a desk and its city are started from. */
export const build = async (say: (line: string) => void): Promise<void> => {
  await Promise.all([buildPage(say), buildPrograms(say)])
}
