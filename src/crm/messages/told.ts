import { sql } from 'kysely'
import { cityZone, newId } from '#contract/domain/ids.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import type { Reader } from '../store/query.ts'
import type { Trx } from '../store/store.ts'
import type { Judgement } from './judge.ts'
import { afterQuiet } from './local-time.ts'
import type { ToldClaim } from './queue.ts'
import { recipientOf } from './recipient.ts'
import type { Settings } from './templates.ts'

/** What somebody is told of their request, as it was written. `identifiedSince`: whose request it is was said after that. */
export type Told = {
  entryId: string
  ticketId: string
  protocol: string
  text: string
  identifiedSince: boolean
}

/**
 * Queues what was written to the citizen of a request, in the transaction that enters it into the history and after it is there. Without an
 * address, or after an opt-out, it is there as dropped.
 */
export async function queueTold(
  trx: Trx,
  { entryId, channel }: { entryId: string; channel: MessageChannel },
): Promise<void> {
  await sql`
    insert into messages (id, ticket_entry_id, kind, channel, language, recipient, due_at, state, reason)
    select ${newId()}::uuid, e.id, 'told', ${channel}, coalesce(p.language, 'it'), r.recipient, clock_timestamp(),
      case when r.recipient is null or o.citizen_id is not null then 'dropped' else 'queued' end,
      case when r.recipient is null then 'no-address' when o.citizen_id is not null then 'opted-out' end
    from ticket_entries e join tickets t on t.id = e.ticket_id
    left join citizens p on p.id = t.citizen_id
    left join channel_opt_outs o on o.citizen_id = t.citizen_id and o.channel = ${channel}
    cross join lateral (select ${recipientOf(sql`t`, sql`${channel}::text`)} as recipient) r
    where e.id = ${entryId}`.execute(trx)
}

/** Of a line of the history; none of one that retention has emptied. */
export async function readTold(db: Reader, entryId: string): Promise<Told | undefined> {
  const { rows } = await sql<Told>`
    select e.id as "entryId", e.ticket_id as "ticketId", t.protocol, e.body->>'text' as text,
      exists (select from ticket_entries i where i.ticket_id = e.ticket_id and i.did = 'identified'
        and i.recorded_at > e.recorded_at) as "identifiedSince"
    from ticket_entries e join tickets t on t.id = e.ticket_id
    where e.id = ${entryId} and coalesce(e.body->>'text', '') <> ''`.execute(db)
  return rows[0]
}

/** What was written of a request stays true; only where to, and when, is asked again. */
export function judgeTold(
  claim: ToldClaim,
  told: Told | undefined,
  settings: Settings,
  now: Date,
): Judgement<Told> {
  if (!told) return { send: false, drop: 'outdated' }
  // It may say what concerns only the one to whom it was written.
  if (told.identifiedSince && claim.recipient !== claim.writtenTo) return { send: false, drop: 'outdated' }
  if (claim.recipient === null) return { send: false, drop: 'no-address' }
  if (claim.optedOut) return { send: false, drop: 'opted-out' }
  const waitUntil = afterQuiet(now, cityZone, settings.quiet)
  if (waitUntil > now) return { send: false, waitUntil }
  return { send: true, recipient: claim.recipient, of: told }
}
