import { sql } from 'kysely'
import type { Logger } from 'pino'
import { isFree } from '../appointments/seats.ts'
import { lapse } from '../appointments/visits.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Store } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { cityDay } from '../sync/scope.ts'
import { openClosures, settleClosure } from './settling.ts'
import { horizonDays, makeSlots } from './slots.ts'

const everyMs = 60_000
/** The database says on it that somebody left a seat whose counter may open in other hours now. */
const agendaChannel = 'ascolto_agenda'

/**
 * What the agenda does by itself: slots up to the horizon, once a day and at the start; counters that open again; cancellations that a closure has
 * left to do; proposals that nobody confirmed. Each process does it, and what one has done the others find done.
 */
export async function openAgendaJobs(
  store: Store,
  log: Logger,
  now: () => Date,
): Promise<{ close(): Promise<void> }> {
  const { db } = store
  let running: Promise<void> = Promise.resolve()
  let madeOn: string | null = null
  const runAll = async () => {
    const today = cityDay(now()).toString()
    if (madeOn !== today && (await attempt(log, 'slots', () => extendHorizon(db, now())))) madeOn = today
    await reopen()
    await attempt(log, 'closures', async () => {
      for (const id of await openClosures(db)) await settleClosure({ db, log }, id)
    })
    await attempt(log, 'proposals', () => lapseProposals(db))
  }
  const reopen = () => attempt(log, 'counters', () => reopenCounters(db, now()))
  const run = (work: () => Promise<unknown>) => {
    running = running.then(async () => void (await work()))
    return running
  }
  let asked = false
  const stop = await store.listen(agendaChannel, () => {
    if (asked) return
    asked = true
    void run(() => {
      asked = false
      return reopen()
    })
  })
  await run(runAll)
  const timer = setInterval(() => void run(runAll), everyMs)
  timer.unref()
  return {
    async close() {
      clearInterval(timer)
      await stop()
      await running
    },
  }
}

async function attempt(log: Logger, job: string, run: () => Promise<void>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    log.error({ err: error, job }, 'the agenda’s job failed; it runs again')
    return false
  }
}

/** Slots of every office that has opening rules, or had. */
export async function extendHorizon(db: Db, now: Date): Promise<void> {
  const { rows } = await sql<{ id: string }>`${offices} order by id`.execute(db)
  // It reads the whole agenda: whoever comes first does it for the day.
  if ((await officesWithout(db, now, horizonDays - 1)).length > 0) await forgetShutSeats(db, sql`true`)
  await remake(db, rows, now)
}

/** Slots of the days on which a counter may open again, because who had it in other hours has left it. */
export async function reopenCounters(db: Db, now: Date): Promise<void> {
  // Nobody told that a hold or a lease was over.
  await forgetShutSeats(db, sql`(f.hold_id is not null or f.lease_id is not null)`)
  await remake(db, await officesWithout(db, now, 0), now)
}

/** Offices that miss a day from the `nth` of theirs to the horizon, today being the first with 0. */
async function officesWithout(db: Db, now: Date, nth: number): Promise<{ id: string }[]> {
  const { rows } = await sql<{ id: string }>`
    select i.id from (${offices}) i join offices o on o.id = i.id
      cross join lateral (select (${now.toISOString()}::timestamptz at time zone (o.body->>'zone'))::date as first) today
    where exists (
      select 1 from generate_series(${nth}::integer, ${horizonDays - 1}) nth
      where not exists (select 1 from agenda_days d where d.office_id = i.id and d.day = today.first + nth))
    order by i.id`.execute(db)
  return rows
}

const offices = sql`select office_id as id from opening_rules union select office_id from agenda_days`

/** Of seats `f` those that nobody has any more and that are not open; their days are made again. */
async function forgetShutSeats(db: Db, where: Sql): Promise<void> {
  await sql`
    with shut as (
      select f.slot_id, f.seat from slot_seats f join slots s on s.id = f.slot_id
      where ${where} and f.seat > s.capacity and ${isFree('f')} and f.starts_at > clock_timestamp()
      order by f.starts_at, f.seat for update of f skip locked
    ), gone as (
      delete from slot_seats q using shut where q.slot_id = shut.slot_id and q.seat = shut.seat
      returning q.office_id, q.starts_at
    )
    delete from agenda_days d using gone g, offices o
    where d.office_id = g.office_id and o.id = g.office_id
      and d.day = (g.starts_at at time zone (o.body->>'zone'))::date`.execute(db)
}

async function remake(db: Db, officesToMake: readonly { id: string }[], now: Date): Promise<void> {
  let changed = 0
  for (const { id } of officesToMake) changed += await inTransaction(db, (trx) => makeSlots(trx, id, now))
  if (changed === 0) return
  // PGlite does not do it by itself, and the search for free seats is planned by it.
  await sql`analyze slots, slot_seats, appointments`.execute(db)
  await announceChanges(db)
}

export async function lapseProposals(db: Db): Promise<void> {
  for (;;) {
    const lapsed = await inTransaction(db, (trx) => lapse(trx))
    if (lapsed.length === 0) return
    await announceChanges(db)
  }
}
