import { sql } from 'kysely'
import type { Instant } from '#contract/domain/ids.ts'
import type { Delivery, MessageChannel, MessageKind, Reach } from '#contract/domain/message.ts'
import type { Reader } from '../store/query.ts'
import type { Sends } from './ports.ts'
import { shortened } from './recipient.ts'

export type ByChannel = Delivery & { channel: MessageChannel; dueAt: Instant }

/** What became of the messages of these kinds, by appointment; without those that a later one overtook. */
export async function deliveriesOf(
  db: Reader,
  appointmentIds: readonly string[],
  kinds: readonly MessageKind[],
): Promise<Map<string, ByChannel[]>> {
  const { rows } = await sql<ByChannel & { appointmentId: string }>`
    select m.appointment_id as "appointmentId", m.channel, m.recipient, m.state, m.reason, m.sent_at as "sentAt", m.due_at as "dueAt",
      m.via
    from messages m where m.appointment_id = any(${appointmentIds}::uuid[]) and m.kind = any(${kinds}::text[])
      and m.reason is distinct from 'superseded'
    order by m.made_at, m.channel`.execute(db)
  const found = new Map<string, ByChannel[]>()
  for (const { appointmentId, ...row } of rows) {
    const delivery = { ...row, recipient: shortened(row.channel, row.recipient) }
    found.set(appointmentId, [...(found.get(appointmentId) ?? []), delivery])
  }
  return found
}

/**
 * Whether the person hears by these messages before that moment. What lies in the outbox has reached nobody; nor does what comes or came too late, be it
 * that the morning is waited for or that the mail server does not answer.
 */
export function reachOf(
  deliveries: readonly ByChannel[],
  { sends, before, now }: { sends: Sends; before: Instant; now: Date },
): Reach {
  const hasCome = ({ state, via, sentAt }: ByChannel) =>
    state === 'sent' && via !== 'outbox' && sentAt !== null && Date.parse(sentAt) < Date.parse(before)
  if (deliveries.some(hasCome)) return 'sent'
  const inTime = ({ dueAt }: ByChannel) => Math.max(Date.parse(dueAt), now.getTime()) < Date.parse(before)
  return deliveries.some((one) => one.state === 'queued' && sends(one.channel) && inTime(one))
    ? 'waiting'
    : 'none'
}
