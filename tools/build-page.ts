import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'out', '.built-from')

/** What the build depends on, cheaply: names, sizes and times of the sources and of the lock file. */
function sources(): string {
  const hash = createHash('sha256')
  const files = globSync(['src/**/*', 'package-lock.json', 'electron.vite.config.ts'], { cwd: root }).sort()
  for (const file of files) {
    const stat = statSync(join(root, file))
    if (stat.isFile()) hash.update(`${file}:${stat.size}:${stat.mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** Builds the page and the shells unless what lies in `out/` was made from these sources. Rejects with the builder's words. */
export async function buildPage(say: (line: string) => void): Promise<void> {
  const now = sources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  say('Building the page…')
  const began = performance.now()
  try {
    await promisify(execFile)('electron-vite', ['build', '--logLevel', 'warn'], { cwd: root })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`the page could not be built\n${stdout}\n${stderr}`.trim(), { cause: error })
  }
  writeFileSync(stamp, now)
  say(`Page built in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}
