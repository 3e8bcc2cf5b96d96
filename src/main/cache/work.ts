import type { Logger } from 'pino'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { Draft, emptyDraft, undecidedSince, Work } from '#contract/desk.ts'
import { Fault } from '#contract/errors.ts'
import { KeptVisit, type WorkStore } from './model.ts'
import { epoch, fromJson } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

type WorkRow = { facts: string; draft: string; revision: number; saved_at: string }

export type WorkSurroundings = {
  now(): Date
  log: Logger
  changed(): void
  /** Accept `requests` and run `remove` in the transaction that does so. */
  closeWith(author: CommandAuthor, requests: readonly CommandRequest[], remove: () => void): void
}

export function openWork(db: Sqlite, surroundings: WorkSurroundings): WorkStore {
  const { now, log, changed } = surroundings
  const ofUser = db.query<WorkRow>(
    'SELECT facts, draft, revision, saved_at FROM work WHERE user_id = ? ORDER BY started_at, contact_id',
  )
  const unended = db.query<WorkRow & { user_id: string }>(
    `SELECT user_id, facts, draft, revision, saved_at FROM work WHERE facts ->> '$.endedAt' IS NULL`,
  )
  const one = db.query<WorkRow>('SELECT facts, draft, revision, saved_at FROM work WHERE contact_id = ?')
  const put = db.query(
    `INSERT INTO work (contact_id, user_id, facts, draft, revision, started_at, saved_at)
     VALUES (?, ?, ?, ?, 0, ?, ?)
     ON CONFLICT (contact_id) DO UPDATE SET facts = excluded.facts`,
  )
  const save = db.query(
    'UPDATE work SET draft = ?, revision = revision + 1, saved_at = ? WHERE contact_id = ? AND revision = ?',
  )
  const remove = db.query('DELETE FROM work WHERE contact_id = ?')
  const visitOf = db.query<{ kept_visit: string | null }>('SELECT kept_visit FROM work WHERE contact_id = ?')
  const keepVisit = db.query('UPDATE work SET kept_visit = ? WHERE contact_id = ?')

  const forgetOld = db.query('DELETE FROM work WHERE saved_at < ?')
  const age = () => void forgetOld.run(undecidedSince(now()))
  age()

  const read = (row: WorkRow): Work | undefined => {
    const parsed = Work.safeParse({
      ...Object(fromJson(row.facts)),
      draft: fromJson(row.draft),
      revision: row.revision,
      savedAt: row.saved_at,
    })
    if (parsed.success) return parsed.data
    log.error({ issues: parsed.error.issues.map((issue) => issue.path.join('.')) }, 'unreadable work')
    return undefined
  }
  const get: WorkStore['get'] = (contactId) => {
    const row = one.get(contactId)
    return (row && read(row)) ?? null
  }
  const gone = () => new Fault('not-found', 'contact-gone')

  return {
    list: (userId) =>
      ofUser
        .all(userId)
        .map(read)
        .filter((work) => work !== undefined),
    unended: () =>
      unended.all().flatMap((row) => {
        const work = read(row)
        return work ? [{ userId: row.user_id, work }] : []
      }),
    get,
    put(userId, facts) {
      put.run(
        facts.contactId,
        userId,
        JSON.stringify(facts),
        JSON.stringify(emptyDraft),
        epoch(facts.startedAt),
        now().toISOString(),
      )
      age()
      changed()
    },
    save(contactId, revision, draft) {
      const checked = Draft.safeParse(draft)
      if (!checked.success) throw new Fault('invalid', 'input-invalid', { cause: checked.error })
      const savedAt = now().toISOString()
      if (save.run(JSON.stringify(checked.data), savedAt, contactId, revision) === 1)
        return { revision: revision + 1, savedAt }
      throw one.get(contactId) ? new Fault('conflict', 'draft-stale') : gone()
    },
    keptVisit(contactId) {
      const text = visitOf.get(contactId)?.kept_visit ?? null
      const kept = KeptVisit.safeParse(text === null ? null : fromJson(text))
      return kept.success ? kept.data : null
    },
    keepVisit(contactId, kept) {
      return keepVisit.run(kept && JSON.stringify(kept), contactId) === 1
    },
    close(contactId, author, requests) {
      surroundings.closeWith(author, requests, () => {
        if (remove.run(contactId) === 0) throw gone()
      })
    },
    discard(contactId) {
      if (remove.run(contactId) > 0) changed()
    },
  }
}
