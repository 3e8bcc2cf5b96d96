import { sql } from 'kysely'
import type { Delivery, MessageChannel, MessageKind } from '#contract/domain/message.ts'
import type { Reader } from '../store/query.ts'
import { sentChannels } from './ports.ts'
import { shortened } from './recipient.ts'

export type ByChannel = Delivery & { channel: MessageChannel }

/** What became of the messages of these kinds, by appointment; without those that a later one overtook. */
export async function deliveriesOf(
  db: Reader,
  appointmentIds: readonly string[],
  kinds: readonly MessageKind[],
): Promise<Map<string, ByChannel[]>> {
  const { rows } = await sql<ByChannel & { appointmentId: string }>`
    select m.appointment_id as "appointmentId", m.channel, m.recipient, m.state, m.reason, m.sent_at as "sentAt", m.via
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

/** Whether one has left, or is to leave, for the person: what lies in the outbox has not. */
export const reaches = ({ state, via, channel }: ByChannel): boolean =>
  state === 'sent' ? via !== 'outbox' : state === 'queued' && sentChannels.includes(channel)
