import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import { z } from 'zod'
import { Fault } from '#contract/errors.ts'

const Owner = z.object({ pid: z.number().int().positive() })

/**
 * A lock that was not refreshed for this long is given up even when a process has its owner's pid: the pid has been
 * given to another. Long, because PGlite runs in the owner's thread and may keep it from refreshing for seconds.
 */
const staleMs = 60_000

/** Folders that this process holds: a pid alone cannot tell a second opener in this process from an earlier life with the same pid. */
const heldHere = new Set<string>()

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function livingOwner(folder: string): Promise<number | null> {
  try {
    const { pid } = Owner.parse(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')))
    return (pid === process.pid ? heldHere.has(folder) : isAlive(pid)) ? pid : null
  } catch {
    // No owner, or one that died while it wrote its name.
    return null
  }
}

/**
 * Holds `folder` for this process alone until the returned function is called or the process dies. Rejects with
 * `conflict: data-locked` while another holder lives. A dead holder's lock is taken over at once, by the pid that stands
 * beside it; a guard lock makes looking and taking one step.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  // proper-lockfile tells locks apart by the file they guard, so each has a (virtual) file of its own.
  const releaseGuard = await lockfile.lock(join(folder, 'guard'), {
    realpath: false,
    stale: 5_000,
    retries: { retries: 80, factor: 1, minTimeout: 100 },
  })
  try {
    const data = join(folder, 'data')
    const options = { realpath: false, stale: staleMs }
    if (await lockfile.check(data, options)) {
      const pid = await livingOwner(folder)
      if (pid !== null) throw new Fault('conflict', 'data-locked', { params: { folder, pid } })
      await rm(`${data}.lock`, { recursive: true, force: true })
    }
    const release = await lockfile.lock(data, options)
    const owner = join(folder, 'owner.json')
    await writeFile(`${owner}.new`, JSON.stringify({ pid: process.pid }))
    await rename(`${owner}.new`, owner)
    heldHere.add(folder)
    return async () => {
      heldHere.delete(folder)
      await release()
    }
  } finally {
    await releaseGuard()
  }
}
