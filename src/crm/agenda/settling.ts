import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { cancelByOffice } from '../appointments/visits.ts'
import { noteChange } from '../messages/messages.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { type ClosureRow, inPlaceOf, readClosure, standing, takesPlace } from './closure-rows.ts'

const batch = 50
/** One that failed is tried again after this long. */
const retrySeconds = 60

type Settling = { db: Db; log: Logger }

/**
 * Cancels by the office what is booked in the closed time, and tells of a recovery that was added later, in batches of their own transactions; broken
 * off at any moment it is gone on with by calling it again, in whatever process. One that fails does not keep the others. True when nothing is left to do.
 */
export async function settleClosure(
  deps: Settling,
  id: Id,
  until: number = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const { cancels } = await readClosure(deps.db, id)
  if (!cancels) return true
  return (
    (await inBatches(deps, { id, until, left: standing(id), act: cancelSome })) &&
    (await inBatches(deps, { id, until, left: unaware(id), act: tellRecovery }))
  )
}

/** Cancelled appointments `a` whose people may have been told of nothing else, because the recovery came later, and that have nothing in their place. */
const unaware = (id: Id): Sql => sql`
  a.closure_id = ${id} and a.state = 'cancelled-by-office'
  and exists (select 1 from closures c where c.id = ${id} and c.recovered_at is not null)
  and not exists (select 1 from messages m where m.appointment_id = a.id and m.kind = 'recovery')
  and not exists (select 1 from (${inPlaceOf(sql`select a.id`)}) i join appointments r on r.id = i.id where ${takesPlace('r')})`

type Work = {
  id: Id
  until: number
  /** Of appointments `a`, those for which it is still to be done. */
  left: Sql
  act(trx: Trx, closure: ClosureRow, ids: readonly Id[]): Promise<unknown>
}

async function inBatches(deps: Settling, work: Work): Promise<boolean> {
  for (;;) {
    const { rows } = await sql<{ id: Id }>`
      select a.id from appointments a where ${work.left} and not exists (
        select 1 from closure_failures f where f.closure_id = ${work.id} and f.appointment_id = a.id
          and f.last_at > clock_timestamp() - make_interval(secs => ${retrySeconds}))
      order by a.starts_at, a.id limit ${batch}`.execute(deps.db)
    if (rows.length === 0) return true
    if (performance.now() > work.until) return false
    await settleBatch(
      deps,
      work,
      rows.map((row) => row.id),
    )
  }
}

async function settleBatch(deps: Settling, { id: closureId, act }: Work, ids: readonly Id[]): Promise<void> {
  const settle = (some: readonly Id[]) =>
    inTransaction(deps.db, async (trx) => {
      // Who takes it back, or adds a recovery, waits for the batch, and the next one sees it.
      await sql`select 1 from closures where id = ${closureId} for share`.execute(trx)
      await act(trx, await readClosure(trx, closureId), some)
    })
  try {
    await settle(ids)
  } catch (error) {
    deps.log.warn({ err: error, closureId }, 'a batch of a closure failed: one by one')
    for (const id of ids) {
      await settle([id]).catch(async (error: unknown) => {
        deps.log.error({ err: error, closureId, appointmentId: id }, 'not settled; it will be tried again')
        await sql`
          insert into closure_failures (closure_id, appointment_id) values (${closureId}, ${id})
          on conflict (closure_id, appointment_id)
            do update set attempts = closure_failures.attempts + 1, last_at = clock_timestamp()`.execute(
          deps.db,
        )
      })
    }
  }
}

const cancelSome: Work['act'] = (trx, closure, ids) =>
  cancelByOffice(trx, sql`a.id = any(${ids}::uuid[]) and ${standing(closure.id)}`, {
    reason: closure.reason,
    closureId: closure.id,
    message: closure.recovery === null ? 'cancellation' : 'recovery',
  })

const tellRecovery: Work['act'] = async (trx, closure, ids) => {
  await sql`select 1 from appointments a where a.id = any(${ids}::uuid[]) order by a.id for update`.execute(
    trx,
  )
  // Asked after the lock, so that another process that did the same is seen.
  const { rows } = await sql<{ id: Id }>`
    select a.id from appointments a where a.id = any(${ids}::uuid[]) and ${unaware(closure.id)} order by a.id`.execute(
    trx,
  )
  for (const { id } of rows) await noteChange(trx, { appointmentId: id, kind: 'recovery', channels: 'known' })
}

/**
 * Closures that may have something left to do: a lent seat may still become a booking, a cancellation may have failed, and not everybody may have been told
 * of a recovery.
 */
export async function openClosures(db: Db): Promise<Id[]> {
  const rows = await sql<{ id: Id }>`
    select c.id from closures c
    where c.cancels and (c.withdrawn_at is null or c.recovered_at is not null)
      and greatest(c.ends_at, c.made_at, c.recovered_at) > clock_timestamp() - interval '1 day' order by c.made_at`.execute(
    db,
  )
  return rows.rows.map(({ id }) => id)
}
