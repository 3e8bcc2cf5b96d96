import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { Recovery } from '#contract/crm-agenda.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Closure } from '#contract/domain/opening.ts'
import { Fault } from '#contract/errors.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import {
  type ClosureRow,
  readClosure,
  readClosureRows,
  recoveryShown,
  refuse,
  toClosure,
} from './closure-rows.ts'
import { lockHours, zoneOf } from './hours.ts'
import { keptRecovery, promise } from './recoveries.ts'
import { makeSlots } from './slots.ts'

export type Closing = Closure & {
  bookings: 'cancel' | 'keep'
  recovery: Recovery | null
  madeBy: Id | null
}

/** A failure may be recorded when it is over, but not when what was noted of that day has long been acted on. */
const recordedWithinDays = 7

/**
 * Takes the closed time out of the office's agenda, with the holds on it when its bookings are to be cancelled, and opens the recovery agenda. The bookings
 * themselves are left to `settleClosure`. The same id again changes nothing; with anything else in it, it is refused.
 */
export async function closeOffice(db: Db, closing: Closing, now: Date): Promise<void> {
  const { id, officeId, from, to, agendas, reason } = closing
  if (closing.recovery && closing.bookings === 'keep') throw refuse('recovery')
  await inTransaction(db, async (trx) => {
    await zoneOf(trx, officeId)
    await lockHours(trx, officeId)
    const [known] = await readClosureRows(trx, sql`id = ${id}`)
    if (known) {
      if (!isAsked(known, closing)) throw refuse('id')
      return
    }
    await trx
      .insertInto('closures')
      .values({
        ...{ id, office_id: officeId, starts_at: from, ends_at: to, agendas, reason },
        cancels: closing.bookings === 'cancel',
        recovery: closing.recovery && JSON.stringify(await keptRecovery(trx, closing, closing.recovery, now)),
        made_by: closing.madeBy,
      })
      .execute()
    if (Date.parse(from) < now.getTime() - recordedWithinDays * 86_400_000) {
      throw new Fault('invalid', 'closure-too-old', { params: { days: recordedWithinDays } })
    }
    if (closing.recovery) await promise(trx, closing, closing.recovery, now)
    await makeSlots(trx, officeId, now)
    if (closing.bookings === 'cancel') await dropHolds(trx, closing)
  })
}

/**
 * Opens what is left of a closure's time. Its bookings that are cancelled stay so, and from when this is done no more are; its recovery is kept for
 * the affected.
 */
export async function withdrawClosure(db: Db, id: Id, now: Date): Promise<void> {
  await inTransaction(db, async (trx) => {
    const { office_id: officeId } = await readClosure(trx, id)
    await lockHours(trx, officeId)
    await sql`update closures set withdrawn_at = clock_timestamp() where id = ${id} and withdrawn_at is null`.execute(
      trx,
    )
    await makeSlots(trx, officeId, now)
  })
}

/** Whether that is what was closed; a recovery that was added later was not yet asked for. */
function isAsked(row: ClosureRow, closing: Closing): boolean {
  const plain = ({ from, to, ...rest }: Omit<Closing, 'madeBy'>) => ({
    ...{ ...rest, from: Date.parse(from), to: Date.parse(to) },
  })
  const { madeBy: _, ...asked } = closing
  const recovery = row.recovered_at === null ? recoveryShown(row) : null
  const was = { ...toClosure(row), bookings: row.cancels ? 'cancel' : 'keep', recovery } as const
  return isDeepStrictEqual(plain(was), plain(asked))
}

/** An operator who holds a seat there is told that it is gone before the citizen is told that it is confirmed. */
async function dropHolds(trx: Trx, { officeId, from, to }: Closing): Promise<void> {
  await sql`
    update slot_seats q set hold_id = null, held_since = null, held_until = null
    from (
      select h.slot_id, h.seat from slot_seats h
      where h.hold_id in (
        select f.hold_id from slot_seats f join slots s on s.id = f.slot_id
        where f.office_id = ${officeId} and f.starts_at > ${from}::timestamptz - interval '4 hours' and f.starts_at < ${to}
          and f.hold_id is not null and f.seat > s.capacity)
      order by h.starts_at, h.seat for update skip locked
    ) held
    where q.slot_id = held.slot_id and q.seat = held.seat`.execute(trx)
}
