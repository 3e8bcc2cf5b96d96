import { sql } from 'kysely'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import { type Id, type Instant, newId } from '#contract/domain/ids.ts'
import {
  MessageChannel,
  type MessageKind,
  type MessageReason,
  type MessageState,
} from '#contract/domain/message.ts'
import { Fault } from '#contract/errors.ts'
import { isClosed } from '../appointments/closed.ts'
import { prepared } from '../store/query.ts'
import type { Trx } from '../store/store.ts'
import { recipientOf } from './recipient.ts'

export { queueTold } from './told.ts'

export type Note = {
  appointmentId: string
  /** Reminders are planned by the queue itself. */
  kind: Exclude<MessageKind, 'reminder'>
  /** `known`: those by which the citizen was told of this appointment before; when none of them serves, e-mail, else SMS. */
  channels: readonly (MessageChannel | 'none')[] | 'known'
  /** Of one that has moved: when it was to be. */
  wasAt?: Instant
}

/**
 * Queues what the citizen must be told of an appointment, in the transaction that changes it and after the change is written there.
 * Messages about it that have not gone out are dropped; a change that overtakes the confirmation becomes the confirmation. By whatever channel a change
 * is told, what it overtakes in another still goes, with what is so now: it was promised before.
 * Without an address, or after an opt-out, the message is there as dropped; where that leaves nothing because of an opt-out, another channel that
 * reaches the citizen says it: whoever named the channels need not have known, as a desk does not while the CRM is away.
 */
export async function noteChange(trx: Trx, note: Note): Promise<void> {
  const { appointmentId } = note
  const channels =
    note.channels === 'known'
      ? await knownChannels(trx, appointmentId)
      : [...new Set(note.channels)].filter((channel) => channel !== 'none')
  const noted = await queueNotes(trx, note, channels)
  if (noted.some(({ state }) => state === 'queued')) return
  if (!noted.some(({ reason }) => reason === 'opted-out')) return
  const others = reachable(await waysTo(trx, appointmentId))
  const another = others.find(({ refused }) => !refused) ?? others[0]
  if (another) await queueNotes(trx, note, [another.channel])
}

type Noted = { state: MessageState; reason: MessageReason | null }

/** `asked`: once more, as somebody wished; then in the place only of what waits in that channel to say so. */
async function queueNotes(
  trx: Trx,
  { appointmentId, kind, wasAt }: Omit<Note, 'channels'>,
  channels: readonly MessageChannel[],
  asked?: { id: Id; by: Id },
): Promise<readonly Noted[]> {
  const ids = MessageChannel.options.map((channel) =>
    asked && channels.includes(channel) ? asked.id : newId(),
  )
  const { rows } = await sql<Noted>`
    with ${prepared} dropped as (
      update messages set state = 'dropped', reason = 'superseded', claimed_by = null, claimed_until = null
      where appointment_id = ${appointmentId} and state = 'queued'
        and (claimed_until is null or claimed_until <= clock_timestamp())
        and (${asked === undefined} or channel = any(${channels}::text[]) and kind in ('confirmation', 'change', 'proposal'))
      returning channel, kind, was_at
    )
    insert into messages (id, appointment_id, kind, channel, language, recipient, starts_at, was_at, office_id, due_at, state, reason, asked_by)
    select n.id, a.id,
      case when ${kind} = 'change' and exists (select 1 from dropped d where d.channel = n.channel and d.kind = 'confirmation')
        then 'confirmation' else ${kind} end,
      n.channel, coalesce(p.language, 'it'), r.recipient, a.starts_at,
      least(${wasAt ?? null}::timestamptz, (select min(d.was_at) from dropped d where d.was_at > clock_timestamp())),
      a.office_id, clock_timestamp(),
      case when r.recipient is null or o.citizen_id is not null then 'dropped' else 'queued' end,
      case when r.recipient is null then 'no-address' when o.citizen_id is not null then 'opted-out' end,
      ${asked?.by ?? null}::uuid
    from appointments a
    cross join unnest(${ids}::uuid[], ${MessageChannel.options}::text[]) as n (id, channel)
    left join citizens p on p.id = a.citizen_id
    left join channel_opt_outs o on o.citizen_id = a.citizen_id and o.channel = n.channel
    cross join lateral (select ${recipientOf(sql`a`, sql`n.channel`)} as recipient) r
    where a.id = ${appointmentId} and (n.channel = any(${channels}::text[])
      or (${kind} = 'change' and exists (select 1 from dropped d where d.channel = n.channel and d.kind in ('confirmation', 'change'))))
    returning state, reason`.execute(trx)
  return rows
}

export type Again = { id: Id; appointmentId: Id; channel: MessageChannel; askedBy: Id }

/**
 * Queues once more what there is to say of an appointment to come, in the place of what waits in that channel to say so. An id that is there already is the
 * same wish again. Throws `record-not-found`, `appointment-begun`, `appointment-settled`, and
 * `office-closed-then`: nobody is invited to a closed door.
 */
export async function sendAgain(trx: Trx, { id, appointmentId, channel, askedBy }: Again): Promise<void> {
  const { rows } = await sql<{ state: AppointmentState; begun: boolean; shut: boolean; isKnown: boolean }>`
    select a.state, a.starts_at <= clock_timestamp() as begun,
      exists (select 1 from closures c where ${isClosed}) as shut,
      exists (select 1 from messages m where m.id = ${id} and m.appointment_id = a.id) as "isKnown"
    from appointments a where a.id = ${appointmentId} for update of a`.execute(trx)
  const [found] = rows
  if (!found) throw new Fault('not-found', 'record-not-found')
  if (found.isKnown) return
  if (found.state !== 'confirmed' && found.state !== 'proposed')
    throw new Fault('conflict', 'appointment-settled')
  if (found.begun) throw new Fault('conflict', 'appointment-begun')
  if (found.shut) throw new Fault('conflict', 'office-closed-then')
  const kind = found.state === 'confirmed' ? 'confirmation' : 'proposal'
  await queueNotes(trx, { appointmentId, kind }, [channel], { id, by: askedBy })
}

type Way = {
  channel: MessageChannel
  told: boolean
  addressed: boolean
  unwanted: boolean
  refused: boolean
  takenAway: boolean
}

async function waysTo(trx: Trx, appointmentId: string): Promise<Way[]> {
  const { rows } = await sql<Way>`
    select n.channel, a.state in ('cancelled-by-office', 'lapsed') as "takenAway",
      exists (select 1 from messages m where m.appointment_id = a.id and m.channel = n.channel
        and (m.reason is null or m.reason not in ('no-address', 'opted-out'))) as told,
      r.recipient is not null as addressed, exists (
        select 1 from channel_opt_outs o where o.citizen_id = a.citizen_id and o.channel = n.channel) as unwanted,
      coalesce((
        select m.state = 'failed' from messages m join appointments b on b.id = m.appointment_id
        where (b.id = a.id or b.citizen_id = a.citizen_id) and m.channel = n.channel and m.recipient = r.recipient
          and (m.state = 'sent' or m.reason = 'refused')
        order by m.made_at desc, m.id desc limit 1), false) as refused
    from appointments a
    cross join unnest(${MessageChannel.options}::text[]) with ordinality as n (channel, position)
    cross join lateral (select ${recipientOf(sql`a`, sql`n.channel`)} as recipient) r
    where a.id = ${appointmentId} order by n.position`.execute(trx)
  return rows
}

const reachable = (ways: readonly Way[]) => ways.filter(({ addressed, unwanted }) => addressed && !unwanted)

/**
 * Those by which the citizen was told before and is reached still. What the office takes away goes by e-mail too, which costs nothing: whoever
 * misses it stands before a closed door. Where none is left another is tried, at last one whose address has refused.
 */
async function knownChannels(trx: Trx, appointmentId: string): Promise<MessageChannel[]> {
  const ways = await waysTo(trx, appointmentId)
  const reached = reachable(ways)
  const open = reached.filter(({ refused }) => !refused)
  const chosen = [
    open.filter(({ channel, told, takenAway }) => told || (takenAway && channel === 'email')),
    open.slice(0, 1),
    reached.filter(({ told }) => told),
    reached.slice(0, 1),
    ways.filter(({ told }) => told),
    ways.filter(({ addressed }) => addressed).slice(0, 1),
  ].find((some) => some.length > 0)
  return chosen?.map(({ channel }) => channel) ?? ['sms']
}
