import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import lockfile from 'proper-lockfile'

/** The one folder that `npm start` writes to: `ASCOLTO_DATA`, or `.data` in the project. */
export const dataFolder = resolve(
  process.env.ASCOLTO_DATA ?? fileURLToPath(new URL('../.data', import.meta.url)),
)

export function openDataFolder(): void {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
}

const lock = { lockfilePath: join(dataFolder, 'start.lock'), stale: 10_000, update: 2_000 }

/**
 * Takes the folder for this start. Null when another start has it; the lock of one that was killed goes stale in ten seconds.
 * `lost`: the lock could not be kept (the folder was removed, the computer stood still), so another start may have it.
 */
export async function claimDataFolder(lost: () => void): Promise<(() => Promise<void>) | null> {
  try {
    return await lockfile.lock(dataFolder, { ...lock, onCompromised: lost })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') return null
    throw error
  }
}

export const isDataFolderInUse = (): Promise<boolean> => lockfile.check(dataFolder, lock)

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

/** Where the practice line of the last start is told to let somebody call. */
export const practiceFile = 'practice.json'

export function sharedSipSecret(): string {
  const kept = remembered<{ secret: string }>('sip-secret.json')
  if (kept) return kept.secret
  const secret = randomBytes(32).toString('base64url')
  remember('sip-secret.json', { secret })
  return secret
}
