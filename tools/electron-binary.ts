import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { remember, remembered } from './data-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'node_modules', 'electron')
const downloadLimitMs = 60_000

/** What a test says that needs it and is skipped. */
export const electronMissing =
  'the Electron binary is not installed (node node_modules/electron/install.js downloads it)'

/**
 * Electron's program where it is installed, or a build of one's own where Electron's own variable names its folder; else null.
 * Downloads nothing. (Importing `electron` would try to.)
 */
export function installedElectron(): string | null {
  const own = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (own) return existsSync(join(own, 'electron')) ? join(own, 'electron') : null
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return null
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim())
  return existsSync(binary) ? binary : null
}

/**
 * Electron's program, or why there is none. Its package holds no binary: one bounded attempt to download it, and a failure is
 * remembered for that version so that later starts do not wait for it again. An attempt that was interrupted, by `signal` too, is none.
 */
export async function electronBinary(
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ binary: string } | { absent: string }> {
  const present = installedElectron()
  if (present) return { binary: present }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  const before = remembered<{ version: string; why: string }>('electron-absent.json')
  if (before?.version === version) return { absent: before.why }
  say(`Downloading Electron ${version} (once, at most ${downloadLimitMs / 1000} s)…`)
  const { why, interrupted } = await download(signal)
  const now = installedElectron()
  if (now) return { binary: now }
  if (!interrupted) remember('electron-absent.json', { version, why })
  return { absent: why }
}

async function download(aborted: AbortSignal): Promise<{ why: string; interrupted: boolean }> {
  const installer = spawn(process.execPath, [join(folder, 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  installer.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text
  })
  aborted.addEventListener('abort', () => installer.kill())
  if (aborted.aborted) installer.kill()
  let late = false
  const limit = setTimeout(() => {
    late = true
    installer.kill('SIGKILL')
  }, downloadLimitMs)
  const [code, signal] = await once(installer, 'close')
  clearTimeout(limit)
  const why = late
    ? 'the download took too long'
    : (/^\w*Error: .*$/m.exec(words)?.[0] ?? `its installer ended with ${code ?? signal}`)
  return { why, interrupted: signal !== null && !late }
}
