import { sql } from 'kysely'
import { type Hold, longestHoldInAllMinutes } from '#contract/crm-booking.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { prepared } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import { withRetries } from '../store/transaction.ts'
import { type Outcome, type Place, refusal } from './visits.ts'

type Held = {
  outcome: Outcome | 'held'
  slotIds: [Id, ...Id[]]
  counter: number
  endsAt: string
  heldUntil: string
}

/** Keeps seats for a visit, in one statement. Throws `slot-taken`, `slot-gone` or `input-invalid`. */
export async function hold(
  db: Db,
  wish: Place & { id: Id; serviceIds: readonly string[]; minutes: number; recoveryOf: Id | null },
): Promise<Hold> {
  const { id, officeId, startsAt } = wish
  const { rows } = await withRetries(() =>
    sql<Held>`
      select ${prepared} outcome, to_jsonb(slot_ids) as "slotIds", counter_no as counter, visit_end as "endsAt", until as "heldUntil"
      from hold_visit(${id}, ${officeId}, ${wish.serviceIds}::text[], ${startsAt}, make_interval(mins => ${wish.minutes}),
        ${wish.recoveryOf})`.execute(db),
  )
  const held = rows[0]
  if (held?.outcome !== 'held') throw refusal(held?.outcome ?? 'taken', wish)
  const { slotIds, counter, endsAt, heldUntil } = held
  return { id, heldUntil, officeId, startsAt, endsAt, slotId: slotIds[0], slotIds, counter }
}

/** From now on again, but not beyond the longest in all. Throws `hold-expired` when it is over, whoever has the seats now. */
export async function renewHold(db: Db, id: Id, minutes: number): Promise<{ heldUntil: string }> {
  const { rows } = await withRetries(() =>
    sql<{ heldUntil: string }>`
      with mine as (
        select q.slot_id, q.seat from slot_seats q where q.hold_id = ${id} and q.held_until > clock_timestamp()
        order by q.starts_at for update
      )
      update slot_seats q set held_until = greatest(q.held_until, least(
          (select clock_timestamp()) + make_interval(mins => ${minutes}),
          q.held_since + make_interval(mins => ${longestHoldInAllMinutes})))
        from mine m where q.slot_id = m.slot_id and q.seat = m.seat
      returning q.held_until as "heldUntil"`.execute(db),
  )
  if (!rows[0]) throw new Fault('conflict', 'hold-expired')
  return rows[0]
}

/** The seats are free, if they were still kept. */
export async function releaseHold(db: Db, id: Id): Promise<void> {
  await sql`
    with mine as (select q.slot_id, q.seat from slot_seats q where q.hold_id = ${id} order by q.starts_at for update)
    update slot_seats q set hold_id = null, held_since = null, held_until = null
      from mine m where q.slot_id = m.slot_id and q.seat = m.seat`.execute(db)
}
