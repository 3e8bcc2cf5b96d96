import { sql } from 'kysely'
import type { Logger } from 'pino'
import { Temporal } from 'temporal-polyfill'
import type { Db, Trx } from '../store/store.ts'
import { announceChanges } from './changes.ts'
import { cityDay, dayStart, recentDays, slotDays } from './scope.ts'

const everyMs = 10 * 60_000
/** After a longer pause there is nothing older on any desk that is still in use. */
const mostDays = 100

/**
 * Scopes move with time: each day slots enter and leave, contacts, requests and appointments grow old, delegations end. Once a day, whichever
 * process comes first writes to the change log what that day moves, so that desks hear of it as of any other change.
 */
export async function openAgeing(db: Db, log: Logger, now: () => Date): Promise<{ close(): Promise<void> }> {
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    running = age(db, cityDay(now())).catch((error) => {
      log.error({ err: error }, 'the day’s change of scope is not in the log yet')
    })
    return running
  }
  await run()
  const timer = setInterval(run, everyMs)
  timer.unref()
  return {
    async close() {
      clearInterval(timer)
      await running
    },
  }
}

export async function age(db: Db, today: Temporal.PlainDate): Promise<void> {
  const wrote = await db.transaction().execute(async (trx) => {
    await sql`lock table scope_days in exclusive mode`.execute(trx)
    const { last } = await trx
      .selectFrom('scope_days')
      .select((eb) => eb.fn.max('day').as('last'))
      .executeTakeFirstOrThrow()
    // A CRM that is new has no desk that could hold anything.
    let day = last === null ? today : Temporal.PlainDate.from(last).add({ days: 1 })
    if (Temporal.PlainDate.compare(day, today) > 0) return false
    const earliest = today.subtract({ days: mostDays })
    if (Temporal.PlainDate.compare(day, earliest) < 0) day = earliest
    if (last !== null) {
      for (; Temporal.PlainDate.compare(day, today) <= 0; day = day.add({ days: 1 })) await writeDay(trx, day)
    }
    await trx.deleteFrom('scope_days').execute()
    await trx.insertInto('scope_days').values({ day: today.toString() }).execute()
    return last !== null
  })
  if (wrote) await announceChanges(db)
}

async function writeDay(trx: Trx, day: Temporal.PlainDate): Promise<void> {
  const start = (days: number) => dayStart(day.add({ days }))
  await sql`
    insert into change_log (entity, id, version)
    select 'slot', id::text, version from slots
    where (starts_at >= ${start(slotDays - 1)} and starts_at < ${start(slotDays)})
      or (starts_at >= ${start(-1)} and starts_at < ${start(0)})`.execute(trx)
  const [old, older] = [start(-recentDays), start(-recentDays - 1)]
  await sql`
    with aged as (
      select 'contact' as entity, id, version, citizen_id from contacts where started_at >= ${older} and started_at < ${old}
      union all
      select 'contact', id, version, on_behalf_of from contacts
      where started_at >= ${older} and started_at < ${old} and on_behalf_of is not null
      union all
      select 'ticket', id, version, citizen_id from tickets
      where received_at >= ${older} and received_at < ${old} and status = 'closed'
      union all
      select 'ticket-entry', e.id, e.version, null from ticket_entries e join tickets t on t.id = e.ticket_id
      where t.received_at >= ${older} and t.received_at < ${old} and t.status = 'closed'
      union all
      select 'appointment', id, version, citizen_id from appointments where starts_at >= ${older} and starts_at < ${old}
    )
    insert into change_log (entity, id, version)
    select entity, id::text, version from aged
    union
    select 'citizen', c.id::text, c.version from citizens c join aged a on a.citizen_id = c.id
    union
    select 'citizen', c.id::text, c.version from citizens c join citizen_delegations d on d.for_id = c.id
    join aged a on a.citizen_id = d.citizen_id
    union
    select 'citizen', c.id::text, c.version from citizens c join citizen_delegations d on d.for_id = c.id
    where d.until = ${day.subtract({ days: 1 }).toString()}::date`.execute(trx)
}
