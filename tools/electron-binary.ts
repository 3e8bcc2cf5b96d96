import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { remember, remembered } from './data-folder.ts'

const root = new URL('..', import.meta.url).pathname
const folder = join(root, 'node_modules', 'electron')
const downloadLimitMs = 60_000

/** What a test says that needs it and is skipped. */
export const electronMissing =
  'the Electron binary is not installed (node node_modules/electron/install.js downloads it)'

/** Electron's program where it is installed, else null; downloads nothing. (Importing `electron` would try to.) */
export function installedElectron(): string | null {
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return null
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim())
  return existsSync(binary) ? binary : null
}

/**
 * Electron's program, or why there is none. Its package holds no binary: one bounded attempt to download it, and a failure is
 * remembered for that version so that later starts do not wait for it again.
 */
export function electronBinary(say: (line: string) => void): { binary: string } | { absent: string } {
  const present = installedElectron()
  if (present) return { binary: present }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  const before = remembered<{ version: string; why: string }>('electron-absent.json')
  if (before?.version === version) return { absent: before.why }
  say(`Downloading Electron ${version} (once, at most ${downloadLimitMs / 1000} s)…`)
  const result = spawnSync(process.execPath, [join(folder, 'install.js')], {
    encoding: 'utf8',
    timeout: downloadLimitMs,
  })
  const now = installedElectron()
  if (now) return { binary: now }
  const why = result.error
    ? 'the download took too long'
    : (/^\w*Error: .*$/m.exec(result.stderr)?.[0] ?? `its installer ended with ${result.status}`)
  remember('electron-absent.json', { version, why })
  return { absent: why }
}
