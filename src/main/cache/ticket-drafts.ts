import type { Logger } from 'pino'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { undecidedSince } from '#contract/desk.ts'
import { emptyTicketDraft, isWriting, KeptTicketDraft, TicketDraft } from '#contract/desk-tickets.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { fromJson } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

/**
 * What is typed for requests, in `outbox.db`, by author: what becomes of a request in the CRM leaves it alone. Retention reaches it by its
 * age: a draft of a request that this desk holds no more, be it purged or another team's, goes when it has not been touched for half a year.
 */
export interface TicketDrafts {
  get(userId: Id, ticketId: Id): KeptTicketDraft
  /** Those with something typed whose request this desk does not hold, the last touched first. */
  left(userId: Id): { ticketId: Id; draft: TicketDraft; savedAt: Instant }[]
  /** Throws `conflict: draft-stale` when `revision` is not the stored one. */
  save(userId: Id, ticketId: Id, revision: number, draft: TicketDraft): KeptTicketDraft
  /** Accepts the commands and what they leave of the draft in one transaction. */
  send(
    author: CommandAuthor,
    ticketId: Id,
    requests: readonly CommandRequest[],
    rest: { revision: number; draft: TicketDraft } | null,
  ): KeptTicketDraft
}

type Row = { draft: string; revision: number; saved_at: string }

export function openTicketDrafts(
  db: Sqlite,
  surroundings: {
    now(): Date
    log: Logger
    /** Whether the desk has the request, or cannot say. */
    holds(ticketId: Id): boolean
    acceptWith(author: CommandAuthor, requests: readonly CommandRequest[], alongside: () => void): void
  },
): TicketDrafts {
  const { now, log } = surroundings
  const one = db.query<Row>(
    'SELECT draft, revision, saved_at FROM ticket_draft WHERE user_id = ? AND ticket_id = ?',
  )
  const ofUser = db.query<{ ticket_id: string }>(
    'SELECT ticket_id FROM ticket_draft WHERE user_id = ? ORDER BY saved_at DESC, ticket_id',
  )
  const first = db.query(
    `INSERT INTO ticket_draft (user_id, ticket_id, draft, revision, saved_at) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO NOTHING`,
  )
  const later = db.query(
    `UPDATE ticket_draft SET draft = ?, revision = revision + 1, saved_at = ?
     WHERE user_id = ? AND ticket_id = ? AND revision = ?`,
  )

  const old = db.query<{ user_id: string; ticket_id: string }>(
    'SELECT user_id, ticket_id FROM ticket_draft WHERE saved_at < ?',
  )
  const remove = db.query('DELETE FROM ticket_draft WHERE user_id = ? AND ticket_id = ?')
  const age = () => {
    for (const { user_id, ticket_id } of old.all(undecidedSince(now())))
      if (!surroundings.holds(ticket_id)) remove.run(user_id, ticket_id)
  }
  age()

  const get: TicketDrafts['get'] = (userId, ticketId) => {
    const row = one.get(userId, ticketId)
    if (!row) return { draft: emptyTicketDraft, revision: 0, savedAt: null }
    const kept = KeptTicketDraft.safeParse({
      ...{ draft: fromJson(row.draft), revision: row.revision, savedAt: row.saved_at },
    })
    if (kept.success) return kept.data
    log.error({ issues: kept.error.issues.map((issue) => issue.path.join('.')) }, 'unreadable draft')
    return { draft: emptyTicketDraft, revision: row.revision, savedAt: null }
  }
  const left: TicketDrafts['left'] = (userId) =>
    ofUser.all(userId).flatMap(({ ticket_id: ticketId }) => {
      if (surroundings.holds(ticketId)) return []
      const { draft, savedAt } = get(userId, ticketId)
      return savedAt !== null && isWriting(draft) ? [{ ticketId, draft, savedAt }] : []
    })
  const save: TicketDrafts['save'] = (userId, ticketId, revision, draft) => {
    const checked = TicketDraft.safeParse(draft)
    if (!checked.success) throw new Fault('invalid', 'input-invalid', { cause: checked.error })
    const text = JSON.stringify(checked.data)
    const savedAt = now().toISOString()
    const saved =
      revision === 0
        ? first.run(userId, ticketId, text, savedAt)
        : later.run(text, savedAt, userId, ticketId, revision)
    if (saved === 0) throw new Fault('conflict', 'draft-stale')
    age()
    return { draft: checked.data, revision: revision + 1, savedAt }
  }

  return {
    get,
    left,
    save,
    send(author, ticketId, requests, rest) {
      const userId = author.user.id
      surroundings.acceptWith(author, requests, () => {
        if (rest) save(userId, ticketId, rest.revision, rest.draft)
      })
      return get(userId, ticketId)
    },
  }
}
