import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
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

/** Builds the page and the shells unless what lies in `out/` was made from these sources. False when the build failed. */
export function buildPage(say: (line: string) => void): boolean {
  const now = sources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return true
  say('Building the page…')
  const began = performance.now()
  const { status, stderr, stdout } = spawnSync('electron-vite', ['build', '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) {
    say(`${stdout}\n${stderr}`)
    return false
  }
  writeFileSync(stamp, now)
  say(`Page built in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return true
}
