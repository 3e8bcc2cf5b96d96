import type { Logger } from 'pino'
import { Call } from '#contract/domain/call.ts'
import { CallRecord } from '#contract/domain/call-record.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { CallRecords } from './model.ts'
import { epoch } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

/** A fortnight: long enough to call everybody back, and no archive of who called whom. */
const keptDays = 14
const keptRows = 2000

/** The desk's own call list, in `outbox.db` since nothing else has it. What is too old goes when something new comes. */
export function openCallRecords(db: Sqlite, log: Logger, now: () => Date): CallRecords {
  const put = db.query(
    'INSERT INTO call_record (call_id, user_id, started_at, record) VALUES (?, ?, ?, ?) ON CONFLICT (call_id) DO NOTHING',
  )
  const page = db.query<{ record: string }>(
    `SELECT record FROM call_record WHERE user_id = ? AND started_at < ? AND started_at > ?
     ORDER BY started_at DESC, call_id DESC LIMIT ?`,
  )
  const dialled = db.query<{ number: string }>(
    `SELECT record ->> '$.remote.number' AS number FROM call_record
     WHERE user_id = ? AND record ->> '$.kind' = 'dialled' AND number IS NOT NULL
     ORDER BY started_at DESC, call_id DESC LIMIT 1`,
  )
  const keep = db.query(
    'INSERT INTO live_call (call_id, user_id, call) VALUES (?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET call = excluded.call',
  )
  const kept = db.query<{ call_id: string; user_id: string; call: string }>(
    'SELECT call_id, user_id, call FROM live_call',
  )
  const release = db.query('DELETE FROM live_call WHERE call_id = ?')
  const age = db.query('DELETE FROM call_record WHERE started_at <= ?')
  const overflow = db.query(
    `DELETE FROM call_record WHERE user_id = ? AND call_id NOT IN
     (SELECT call_id FROM call_record WHERE user_id = ? ORDER BY started_at DESC LIMIT ?)`,
  )
  const oldest = () => now().getTime() - keptDays * 86_400_000

  return {
    keep(userId, call) {
      keep.run(call.id, userId, JSON.stringify(call))
    },
    kept: () =>
      kept.all().flatMap(({ call_id: callId, user_id: userId, call }) => {
        const parsed = Call.safeParse(JSON.parse(call))
        if (parsed.success) return [{ userId, call: parsed.data }]
        log.error('unreadable live call')
        release.run(callId)
        return []
      }),
    add(userId, record) {
      db.transaction(() => {
        release.run(record.callId)
        put.run(record.callId, userId, epoch(record.startedAt), JSON.stringify(record))
        age.run(oldest())
        overflow.run(userId, userId, keptRows)
      })
    },
    list(userId, { before, limit }) {
      const until = before === null ? Number.MAX_SAFE_INTEGER : epoch(before)
      return page.all(userId, until, oldest(), limit).flatMap(({ record }) => {
        const parsed = CallRecord.safeParse(JSON.parse(record))
        if (!parsed.success) log.error('unreadable call record')
        return parsed.success ? [parsed.data] : []
      })
    },
    lastDialled: (userId: Id) => dialled.get(userId)?.number ?? null,
  }
}
