import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import lockfile from 'proper-lockfile'
import { Fault } from '#contract/errors.ts'
import { lockFolder } from '../src/crm/store/lock.ts'
import { lockData } from '../src/main/host/lock.ts'

/** The one folder that `npm start` writes to: `ASCOLTO_DATA`, or `.data` in the project. */
export const dataFolder = resolve(
  process.env.ASCOLTO_DATA ?? fileURLToPath(new URL('../.data', import.meta.url)),
)

/** The CRM's folder in it, and the desk's. */
export const crmFolder = join(dataFolder, 'crm')
export const deskFolder = join(dataFolder, 'desk')

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

/**
 * Takes the folder with what each program keeps there: a CRM started by itself knows nothing of the start's lock, and programs outlive a start
 * that was killed. Returns who has some of it, in words, else null; then nobody opens it until this process ends. A killed desk's lock says
 * when that was last alive, and taking it loses that: only for whoever removes the folder.
 */
export async function claimAllOfIt(): Promise<string | null> {
  const lost = () => {}
  if (!(await claimDataFolder(lost))) return 'Ascolto'
  for (const [name, folder, take] of [
    ['A CRM', crmFolder, lockFolder],
    ['A desk', deskFolder, (dir: string) => lockData(dir, lost)],
  ] as const) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    try {
      await take(realpathSync(folder))
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'data-locked')) throw error
      const { pid } = error.params
      return pid === undefined ? name : `${name} (process ${pid})`
    }
  }
  return null
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

/** Where the practice line of the last start is told to let somebody call. */
export const practiceFile = 'practice.json'

export function sharedSipSecret(): string {
  const kept = remembered<{ secret: string }>('sip-secret.json')
  if (kept) return kept.secret
  const secret = randomBytes(32).toString('base64url')
  remember('sip-secret.json', { secret })
  return secret
}
