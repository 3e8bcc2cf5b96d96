import { sql } from 'kysely'
import type { Ticket } from '#contract/domain/ticket.ts'
import type { Reader, Sql } from '../store/query.ts'

/** Requests `t` that satisfy `where`; `tail` orders and limits. */
export async function readTickets(db: Reader, where: Sql, tail: Sql = sql``): Promise<Ticket[]> {
  const { rows } = await sql<Ticket>`
    select t.id, t.version, t.protocol, t.kind, t.topic_id as "topicId", t.text, t.citizen_id as "citizenId",
      t.contact_id as "contactId", t.status, t.received_at as "receivedAt", t.due_on as "dueOn", t.team
    from tickets t where ${where} ${tail}`.execute(db)
  return rows
}
