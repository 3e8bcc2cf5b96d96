import { sql } from 'kysely'
import type { Language } from '#contract/domain/citizen.ts'
import { MessageChannel, type MessageKind, type MessageReason } from '#contract/domain/message.ts'
import { requestFreeOfHold, visitFreeOfHold } from '../citizens/holds.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { recipientOf } from './recipient.ts'

/** A message that this process alone may send until its lease ends. */
type Claimed = {
  id: string
  channel: MessageChannel
  language: Language
  /** This attempt counted. */
  attempts: number
  worker: string
  /** Where the person is reached now. */
  recipient: string | null
  optedOut: boolean
}
export type AppointmentClaim = Claimed & {
  kind: MessageKind
  appointmentId: string
  startsAt: string
  wasAt: string | null
  officeId: string
}
/** Of a request: a line of its history that says what was told. */
export type ToldClaim = Claimed & {
  kind: 'told'
  entryId: string
  /** Where the person was reached when it was written. */
  writtenTo: string | null
}
export type Claim = AppointmentClaim | ToldClaim

export type Settlement =
  | { state: 'sent'; via: 'smtp' | 'outbox'; recipient: string; at: Date }
  | { state: 'failed' | 'dropped'; reason: MessageReason }
  /** Back into the queue. `uncounted`: nothing was tried. */
  | { state: 'queued'; dueAt: Date; uncounted: boolean }

/**
 * Takes messages of these channels that are due and that no living process has, for `leaseMs` by the database's clock; none that would overtake another of
 * its appointment in its channel. The attempt counts from here: a message that kills its process is given up in the end.
 */
export async function claim(
  db: Db,
  options: {
    worker: string
    now: Date
    leaseMs: number
    limit: number
    channels?: readonly MessageChannel[]
  },
): Promise<Claim[]> {
  const { worker, now, leaseMs, limit, channels = MessageChannel.options } = options
  const due = sql`${now.toISOString()}::timestamptz`
  const { rows } = await sql<Claim>`
    with due as materialized (
      select id from messages n
      where state = 'queued' and due_at <= ${due} and channel = any(${channels}::text[])
        and (claimed_until is null or claimed_until <= clock_timestamp())
        and not exists (
          select 1 from messages o where o.appointment_id = n.appointment_id and o.channel = n.channel and o.state = 'queued' and o.id <> n.id
            and (o.claimed_until > clock_timestamp() or (o.due_at <= ${due} and (o.made_at, o.id) < (n.made_at, n.id))))
      order by due_at limit ${limit} for update skip locked
    ),
    claimed as (
      update messages m set claimed_by = ${worker}, attempts = m.attempts + 1,
        claimed_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000}::double precision)
      from due where m.id = due.id
      returning m.id, m.appointment_id, m.kind, m.channel, m.language, m.starts_at, m.was_at, m.office_id, m.attempts, m.claimed_by, m.due_at,
        m.ticket_entry_id, m.recipient
    )
    select c.id, c.appointment_id as "appointmentId", c.kind, c.channel, c.language, c.starts_at as "startsAt", c.was_at as "wasAt",
      c.office_id as "officeId", c.ticket_entry_id as "entryId", c.attempts, c.claimed_by as worker, c.recipient as "writtenTo",
      ${recipientOf(sql`w`, sql`c.channel`)} as recipient,
      exists (select 1 from channel_opt_outs o where o.citizen_id = w.citizen_id and o.channel = c.channel) as "optedOut"
    from claimed c
    join lateral (
      select a.citizen_id, a.contact_id from appointments a where a.id = c.appointment_id
      union all select t.citizen_id, t.contact_id from ticket_entries e join tickets t on t.id = e.ticket_id
        where e.id = c.ticket_entry_id
    ) w on true
    order by c.due_at`.execute(db)
  return rows
}

/**
 * Says what became of a claim; false when the claim was no longer this process's. Whoever shows the history of a request is to be told of what
 * its end was. An answer that has gone out meets its request's term, unless that was reopened since.
 */
export async function settle(db: Db, claimed: Claim, settlement: Settlement): Promise<boolean> {
  const values =
    settlement.state === 'sent'
      ? sql`state = 'sent', via = ${settlement.via}, recipient = ${settlement.recipient}, sent_at = ${settlement.at.toISOString()}::timestamptz`
      : settlement.state === 'queued'
        ? sql`due_at = ${settlement.dueAt.toISOString()}::timestamptz, attempts = attempts - ${settlement.uncounted ? 1 : 0}`
        : sql`state = ${settlement.state}, reason = ${settlement.reason}`
  const { rows } = await sql`
    with settled as (
      update messages set ${values}, claimed_by = null, claimed_until = null
      where id = ${claimed.id} and state = 'queued' and claimed_by = ${claimed.worker} and attempts = ${claimed.attempts}
      returning id, state, via, sent_at, ticket_entry_id
    ),
    told as (
      insert into change_log (entity, id, version)
      select 'ticket-entry', ticket_entry_id::text, 2 from settled where ticket_entry_id is not null and state <> 'queued'
    ),
    met as (
      update tickets t set met_at = greatest(t.received_at, s.sent_at), unsent = false, version = t.version + 1
      from settled s join ticket_entries e on e.id = s.ticket_entry_id
      where s.state = 'sent' and s.via <> 'outbox' and t.id = e.ticket_id and t.unsent and e.body->>'answered' is not null
        and not exists (select 1 from ticket_entries r where r.ticket_id = t.id and r.did = 'moved'
          and r.recorded_at > e.recorded_at and r.body->>'to' = 'in-progress'
          and r.body->>'from' in ('answered', 'resolved', 'closed'))
      returning t.id, t.version
    ),
    noted as (
      insert into change_log (entity, id, version) select 'ticket', id::text, version from met
    )
    select id from settled`.execute(db)
  return rows.length > 0
}

/** Of these messages those that failed, due now as if nothing had been tried; says which. */
export async function requeue(trx: Trx, ids: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with requeued as (
      update messages set state = 'queued', reason = null, attempts = 0, due_at = ${now.toISOString()}::timestamptz
      where id = any(${ids}::uuid[]) and state = 'failed' and recipient is not null
      returning id, ticket_entry_id
    ),
    told as (
      insert into change_log (entity, id, version)
      select 'ticket-entry', ticket_entry_id::text, 2 from requeued where ticket_entry_id is not null
    )
    select id from requeued`.execute(trx)
  return rows.map(({ id }) => id)
}

/** Addresses and texts of what was settled before `before`; not of who is on legal hold. */
export async function purge(db: Db, before: Date): Promise<void> {
  const limit = sql`${before.toISOString()}::timestamptz`
  const free = (appointment: string, ticket: Sql) => sql`
    ${visitFreeOfHold(sql.ref(appointment))} and ${requestFreeOfHold(ticket)}`
  await sql`delete from message_outbox o
    where o.written_at < ${limit} and ${free('o.appointment_id', sql`o.ticket_id`)}`.execute(db)
  const told = sql`(select e.ticket_id from ticket_entries e where e.id = m.ticket_entry_id)`
  await sql`update messages m set recipient = null
    where m.state <> 'queued' and m.recipient is not null and m.made_at < ${limit}
      and ${free('m.appointment_id', told)}`.execute(db)
}
