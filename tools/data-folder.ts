import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The one folder that `npm start` writes to: `ASCOLTO_DATA`, or `.data` in the project. */
export const dataFolder = resolve(process.env.ASCOLTO_DATA ?? new URL('../.data', import.meta.url).pathname)

const runFile = join(dataFolder, 'run.json')

export function openDataFolder(): void {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function runningInstance(): { pid: number } | null {
  if (!existsSync(runFile)) return null
  const { pid } = JSON.parse(readFileSync(runFile, 'utf8')) as { pid: number }
  return alive(pid) ? { pid } : null
}

/** False when another start holds the folder. */
export function claimDataFolder(): boolean {
  if (runningInstance()) return false
  rmSync(runFile, { force: true })
  try {
    writeFileSync(runFile, JSON.stringify({ pid: process.pid }), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

export function releaseDataFolder(): void {
  rmSync(runFile, { force: true })
}

/** A small value kept from one start to the next (last ports, the secret that CRM and exchange share); unreadable is as good as absent. */
export function remembered<T>(name: string): T | null {
  try {
    return JSON.parse(readFileSync(join(dataFolder, name), 'utf8')) as T
  } catch {
    return null
  }
}

export function remember(name: string, value: unknown): void {
  writeFileSync(join(dataFolder, name), JSON.stringify(value), { mode: 0o600 })
}

export function sharedSipSecret(): string {
  const kept = remembered<{ secret: string }>('sip-secret.json')
  if (kept) return kept.secret
  const secret = randomBytes(32).toString('base64url')
  remember('sip-secret.json', { secret })
  return secret
}
