import { setImmediate } from 'node:timers/promises'
import { type SystemTruth, undecidedSince, WaitingFile } from '#contract/desk.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault, type FaultData } from '#contract/errors.ts'
import { fromJson } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

type Counts = SystemTruth['outbox']

/** Files for requests that the CRM cannot take yet, in `outbox.db`: nobody else has them. Those that it has refused stay until their author decides. */
export interface WaitingFiles {
  /** Whole on the disk when it resolves. Throws `conflict: files-full` where the others leave no room. */
  keep(userId: Id, file: { id: Id; ticketId: Id; name: string }, content: Buffer): Promise<void>
  /** Oldest first. */
  of(userId: Id): WaitingFile[]
  content(userId: Id, id: Id): Promise<Buffer | null>
  refuse(userId: Id, id: Id, fault: FaultData): void
  remove(userId: Id, id: Id): void
  counts(userId: Id | null): Counts
}

/** Of all who work at the desk, together. */
export const mostWaitingBytes = 50 * 1024 * 1024
/** What the thread that answers a screen pop can encrypt and flush in one go. */
const partBytes = 384 * 1024

type Row = { id: string; ticket_id: string; name: string; size: number; at: string; fault: string | null }

export function openWaitingFiles(db: Sqlite, now: () => Date, changed: () => void): WaitingFiles {
  const begin = db.query(
    'INSERT INTO waiting_file (id, user_id, ticket_id, name, size, at, whole) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )
  const addPart = db.query('INSERT INTO waiting_part (file_id, position, content) VALUES (?, ?, ?)')
  const end = db.query('UPDATE waiting_file SET whole = 1 WHERE id = ?')
  const taken = db.query<{ bytes: number }>('SELECT coalesce(sum(size), 0) AS bytes FROM waiting_file')
  const all = db.query<Row>(
    'SELECT id, ticket_id, name, size, at, fault FROM waiting_file WHERE user_id = ? AND whole = 1 ORDER BY at, id',
  )
  const isThere = db.query<{ id: string }>(
    'SELECT id FROM waiting_file WHERE user_id = ? AND id = ? AND whole = 1',
  )
  const part = db.query<{ content: Uint8Array }>(
    'SELECT content FROM waiting_part WHERE file_id = ? AND position = ?',
  )
  const setFault = db.query('UPDATE waiting_file SET fault = ? WHERE user_id = ? AND id = ?')
  const drop = db.query('DELETE FROM waiting_file WHERE id = ? AND user_id = ?')
  const dropParts = db.query('DELETE FROM waiting_part WHERE file_id NOT IN (SELECT id FROM waiting_file)')
  const broken = db.query('DELETE FROM waiting_file WHERE whole = 0')
  const old = db.query('DELETE FROM waiting_file WHERE at < ?')
  const counts = db.query<{ refused: number; mine: number; count: number }>(
    `SELECT fault IS NOT NULL AS refused, user_id IS ? AS mine, count(1) AS count FROM waiting_file
     WHERE whole = 1 GROUP BY 1, 2`,
  )
  const age = () => {
    old.run(undecidedSince(now()))
    dropParts.run()
  }
  const remove = (userId: Id, id: Id) =>
    db.transaction(() => {
      drop.run(id, userId)
      dropParts.run()
    })
  db.transaction(() => {
    // The program ended while they were written: whoever chose them was not told that they wait.
    broken.run()
    age()
  })

  return {
    async keep(userId, { id, ticketId, name }, content) {
      if (isThere.get(userId, id)) return
      const size = content.byteLength
      db.transaction(() => {
        age()
        if ((taken.get()?.bytes ?? 0) + size > mostWaitingBytes) throw new Fault('conflict', 'files-full')
        begin.run(id, userId, ticketId, name, size, now().toISOString())
      })
      try {
        for (let position = 0; position * partBytes < size; position += 1) {
          addPart.run(id, position, content.subarray(position * partBytes, (position + 1) * partBytes))
          await setImmediate()
        }
        end.run(id)
      } catch (error) {
        remove(userId, id)
        throw error
      }
      changed()
    },
    of: (userId) =>
      all.all(userId).flatMap(({ ticket_id: ticketId, fault, ...row }) => {
        const file = WaitingFile.safeParse({
          ...{ ...row, ticketId },
          fault: fault === null ? null : (fromJson(fault) ?? new Fault('internal', 'unexpected').toData()),
        })
        return file.success ? [file.data] : []
      }),
    async content(userId, id) {
      if (!isThere.get(userId, id)) return null
      const parts: Uint8Array[] = []
      for (let position = 0; ; position += 1) {
        const found = part.get(id, position)
        if (!found) return Buffer.concat(parts)
        parts.push(found.content)
        await setImmediate()
      }
    },
    refuse(userId, id, fault) {
      setFault.run(JSON.stringify(fault), userId, id)
      changed()
    },
    remove(userId, id) {
      remove(userId, id)
      changed()
    },
    counts(userId) {
      const found: Counts = { pending: 0, refused: 0, others: 0, othersRefused: 0 }
      for (const { refused, mine, count } of counts.all(userId)) {
        const [waits, lost] = mine
          ? (['pending', 'refused'] as const)
          : (['others', 'othersRefused'] as const)
        found[refused ? lost : waits] += count
      }
      return found
    },
  }
}
