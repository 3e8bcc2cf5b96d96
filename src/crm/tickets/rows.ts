import { sql } from 'kysely'
import type { Delivery, MessageChannel } from '#contract/domain/message.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import { shortened } from '../messages/recipient.ts'
import type { Reader, Sql } from '../store/query.ts'

/** Requests `t` that satisfy `where`; `tail` orders and limits. */
export const selectTickets = (where: Sql, tail: Sql = sql``) => sql<Ticket>`
    select t.id, t.version, t.protocol, t.kind, t.topic_id as "topicId", t.text, t.citizen_id as "citizenId",
      t.contact_id as "contactId", t.status, t.received_at as "receivedAt", t.due_on as "dueOn", t.team, t.rerouted, t.reopened,
      t.assignee_id as "assigneeId", (select u.name from users u where u.id = t.assignee_id) as "assigneeName",
      t.answered_at as "answeredAt", t.met_at as "metAt", t.unsent, t.closed_for as "closedFor", t.reference,
      coalesce((select jsonb_agg(l.contact_id order by l.linked_at, l.contact_id) from ticket_contacts l
        where l.ticket_id = t.id), '[]') as "linkedContacts",
      jsonb_build_object('steps', t.steps,
        'suspensions', coalesce((select jsonb_agg(jsonb_build_object('from', s.from_day, 'to', s.to_day, 'reason', s.reason)
          || case when s.waiting then jsonb_build_object('waiting', true) else '{}' end order by s.position) from ticket_suspensions s where s.ticket_id = t.id), '[]'),
        'extensions', coalesce((select jsonb_agg(jsonb_build_object('on', x.on_day, 'days', x.days, 'reason', x.reason)
          order by x.position) from ticket_extensions x where x.ticket_id = t.id), '[]')) as clock
    from tickets t where ${where} ${tail}`

export async function readTickets(db: Reader, where: Sql, tail?: Sql): Promise<Ticket[]> {
  const { rows } = await selectTickets(where, tail).execute(db)
  return rows
}

/** Entries `e` that satisfy `where`; `tail` orders and limits. */
export async function readEntries(db: Reader, where: Sql, tail: Sql = sql``): Promise<TicketEntry[]> {
  type Row = Omit<TicketEntry, 'delivery'> & Delivery & { channel: MessageChannel | null }
  const { rows } = await sql<Row>`
    select e.id, e.version + case when m.state is null or m.state = 'queued' then 0 else 1 end as version,
      e.ticket_id as "ticketId", e.at, e.author_id as "authorId", u.name as "authorName", e.body as what,
      m.channel, m.recipient, m.state, m.reason, m.sent_at as "sentAt", m.via
    from ticket_entries e left join users u on u.id = e.author_id left join messages m on m.ticket_entry_id = e.id
    where ${where} ${tail}`.execute(db)
  return rows.map(({ channel, recipient, state, reason, sentAt, via, ...entry }) => ({
    ...entry,
    delivery: channel && { recipient: shortened(channel, recipient), state, reason, sentAt, via },
  }))
}
