import { readFile, rmdir, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import { z } from 'zod'
import { Fault } from '#contract/errors.ts'

const Owner = z.object({ pid: z.number().int().positive(), machine: z.string() })

const lockPath = (dir: string) => join(dir, 'host.lock')
/** A holder's sign of life. */
const beatMs = 2_000

const isHeld = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ELOCKED'

/** Who wrote its name there; null when nobody did, or died doing it. */
async function ownerAt(path: string): Promise<z.infer<typeof Owner> | null> {
  try {
    return Owner.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

/** Whether the process that wrote its name is certainly gone: on this machine, and no process of that number runs. */
function isDead(owner: z.infer<typeof Owner> | null): boolean {
  try {
    if (owner?.machine === hostname()) process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** When whoever died with the lock of this folder last gave a sign of life, every two seconds; null when it was freed. Asked before it is taken. */
export async function lastAlive(dir: string): Promise<Date | null> {
  try {
    return (await stat(lockPath(dir))).mtime
  } catch {
    return null
  }
}

/**
 * Takes the data folder for this process alone. The lock of a process that was killed is taken over at once instead of after the
 * ten seconds in which it would go stale. Rejects with `conflict: data-locked` while another process holds it.
 * `onLost`: somebody took it although we hold it (this process was stopped for longer than the lock lives).
 */
export async function lockData(dir: string, onLost: () => void): Promise<() => Promise<void>> {
  const path = lockPath(dir)
  const ownerPath = join(dir, 'host.pid')
  // One start at a time looks whether the owner lives: two that both remove a dead owner's lock would both hold a new one.
  const entry = await lockfile.lock(join(dir, 'host.starting'), {
    realpath: false,
    stale: 2_000,
    retries: { retries: 40, factor: 1, minTimeout: 100, maxTimeout: 100 },
  })
  const take = () =>
    lockfile.lock(dir, { lockfilePath: path, stale: 10_000, update: beatMs, onCompromised: onLost })
  try {
    let release: () => Promise<void>
    try {
      release = await take()
    } catch (error) {
      if (!isHeld(error) || !isDead(await ownerAt(ownerPath))) throw error
      await rmdir(path)
      release = await take()
    }
    await writeFile(ownerPath, JSON.stringify({ pid: process.pid, machine: hostname() }), { mode: 0o600 })
    return release
  } catch (error) {
    if (isHeld(error)) {
      const owner = await ownerAt(ownerPath)
      throw new Fault('conflict', 'data-locked', {
        cause: error,
        ...(owner ? { params: { pid: owner.pid } } : {}),
      })
    }
    throw error
  } finally {
    await entry()
  }
}
