import { sql } from 'kysely'
import type { Logger } from 'pino'
import { isFree } from '../appointments/seats.ts'
import { lapse } from '../appointments/visits.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { cityDay } from '../sync/scope.ts'
import { openClosures, settleClosure } from './closures.ts'
import { makeSlots } from './slots.ts'

const everyMs = 60_000

/**
 * What the agenda does by itself: slots up to the horizon, once a day and at the start; cancellations that a closure has left to do; proposals
 * that nobody confirmed. Each process does it, and what one has done the others find done.
 */
export async function openAgendaJobs(
  db: Db,
  log: Logger,
  now: () => Date,
): Promise<{ close(): Promise<void> }> {
  let running: Promise<void> = Promise.resolve()
  let madeOn: string | null = null
  const runAll = async () => {
    const today = cityDay(now()).toString()
    if (madeOn !== today && (await attempt(log, 'slots', () => extendHorizon(db, now())))) madeOn = today
    await attempt(log, 'closures', async () => {
      for (const id of await openClosures(db)) await settleClosure({ db, log }, id)
    })
    await attempt(log, 'proposals', () => lapseProposals(db))
  }
  const run = () => {
    running = running.then(runAll)
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
  const { rows } = await sql<{ id: string }>`
    select office_id as id from opening_rules union select office_id from agenda_days order by id`.execute(db)
  // Nobody told that a hold or a lease was over. Where such a seat goes, the counter may open in other hours.
  await sql`
    with shut as (
      select f.slot_id, f.seat from slot_seats f join slots s on s.id = f.slot_id
      where f.seat > s.capacity and ${isFree('f')} and f.starts_at > clock_timestamp()
      order by f.starts_at, f.seat for update of f skip locked
    ), gone as (
      delete from slot_seats q using shut where q.slot_id = shut.slot_id and q.seat = shut.seat
      returning q.office_id, q.starts_at
    )
    delete from agenda_days d using gone g, offices o
    where d.office_id = g.office_id and o.id = g.office_id
      and d.day = (g.starts_at at time zone (o.body->>'zone'))::date`.execute(db)
  let changed = 0
  for (const { id } of rows) changed += await inTransaction(db, (trx) => makeSlots(trx, id, now))
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
