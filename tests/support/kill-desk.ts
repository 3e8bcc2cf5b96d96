import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { expect } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { testKey } from './desk.ts'

const program = fileURLToPath(new URL('./accepting-desk.ts', import.meta.url))

/**
 * Kills (SIGKILL) a desk in the middle of its work, `kills` times on the same folder, and looks after each that everything it
 * had said to be on disk is there, in order and without gaps. The moments are spread by the number of lines it has said.
 */
export async function killDesk(
  kills: number,
): Promise<{ accepted: number; saved: number; reopenMs: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'ascolto-kill-'))
  const userId = newId()
  const accepted: { id: string; n: number; contactId: string }[] = []
  let saves = 0
  let reopenMs = 0
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const child = spawn(process.execPath, [program, dir, userId], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
      const linesToLive = 1 + ((kill * 37) % 60)
      let lines = 0
      let saved: { contactId: string; revision: number } | null = null
      let paged = 0
      for await (const line of createInterface({ input: child.stdout })) {
        const [what, first = '', second = '', third = ''] = line.split(' ')
        if (what === 'accepted') accepted.push({ id: first, n: Number(second), contactId: third })
        if (what === 'saved') saved = { contactId: first, revision: Number(second) }
        if (what === 'paged') paged = Number(first)
        lines += 1
        if (lines === linesToLive) child.kill('SIGKILL')
      }
      await ended
      expect(child.signalCode).toBe('SIGKILL')

      const begin = performance.now()
      const cache = openCache({ dir, key: testKey, log: pino({ level: 'silent' }), now: () => new Date() })
      reopenMs = Math.max(reopenMs, performance.now() - begin)
      expect(cache.state().fault).toBeNull()
      const { streamId } = cache.sync.stream(userId)
      const kept = cache.sync.unsent(streamId, 1_000_000)
      // One more may be on disk than was said: killed between the two.
      expect(kept.map(({ n }) => n)).toEqual(kept.map((_, i) => i + 1))
      expect(kept.slice(0, accepted.length).map(({ id }) => id)).toEqual(accepted.map(({ id }) => id))
      for (const command of kept.slice(accepted.length)) {
        const args = command.args as { id: string }
        accepted.push({ id: command.id, n: command.n, contactId: args.id })
      }
      if (saved) {
        const work = cache.work.get(saved.contactId)
        expect(work?.revision).toBeGreaterThanOrEqual(saved.revision)
        expect(work?.draft.note).toBe(`nota ${(work?.revision ?? 0) - 1}`)
        saves += saved.revision
      }
      expect(Number(cache.sync.cursor() ?? 0)).toBeGreaterThanOrEqual(paged)
      for (const { contactId } of accepted.slice(-20))
        expect(cache.made(contactId).contact?.id).toBe(contactId)
      cache.close()
    }
    return { accepted: accepted.length, saved: saves, reopenMs }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
