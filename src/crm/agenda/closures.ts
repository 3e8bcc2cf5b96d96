import { isDeepStrictEqual } from 'node:util'
import { type Selectable, sql } from 'kysely'
import type { Logger } from 'pino'
import { Temporal } from 'temporal-polyfill'
import { type Affected, type ClosureOutcome, Recovery, type RecoveryAgenda } from '#contract/crm-agenda.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Closure, OpeningRule } from '#contract/domain/opening.ts'
import { Fault } from '#contract/errors.ts'
import { readAppointments } from '../appointments/rows.ts'
import { cancelByOffice, isClosed } from '../appointments/visits.ts'
import { readCitizens } from '../citizens/rows.ts'
import { deliveriesOf, reachOf } from '../messages/deliveries.ts'
import { noteChange } from '../messages/messages.ts'
import type { Sends } from '../messages/ports.ts'
import type { Reader, Sql } from '../store/query.ts'
import type { ClosuresTable, KeptRecovery } from '../store/schema.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { lockHours, readHours, zoneOf } from './hours.ts'
import { daysOf, type Hours, overlaps, planDay } from './plan.ts'
import { daysFrom, horizonDays, makeSlots } from './slots.ts'

export type Closing = Closure & {
  bookings: 'cancel' | 'keep'
  recovery: Recovery | null
  madeBy: Id | null
}

const batch = 50
/** One that failed is tried again after this long. */
const retrySeconds = 60
/** A failure may be recorded when it is over, but not when what was noted of that day has long been acted on. */
const recordedWithinDays = 7
/** Those that ended longer ago are not listed. */
const listedDays = 31

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

/** Opens a recovery agenda for a closure that cancels and has none. Telling the affected is left to `settleClosure`. */
export async function addRecovery(db: Db, id: Id, recovery: Recovery, now: Date): Promise<void> {
  await inTransaction(db, async (trx) => {
    await lockHours(trx, (await readClosure(trx, id)).office_id)
    const row = await readClosure(trx, id)
    if (isDeepStrictEqual(recoveryShown(row), recovery)) return
    if (!row.cancels || row.recovery !== null) throw refuse('recovery')
    const closure = toClosure(row)
    const kept = JSON.stringify(await keptRecovery(trx, closure, recovery, now))
    await sql`update closures set recovery = ${kept}, recovered_at = clock_timestamp() where id = ${id}`.execute(
      trx,
    )
    await promise(trx, closure, recovery, now)
    await makeSlots(trx, closure.officeId, now)
  })
}

/**
 * The agendas that the recovery is for, each in a step of its own rules that opens no counter twice at once on the recovery's days; what is closed counts
 * as open, for a closure may be taken back.
 */
async function keptRecovery(
  trx: Trx,
  closure: Pick<Closure, 'id' | 'officeId' | 'agendas'>,
  recovery: Recovery,
  now: Date,
): Promise<KeptRecovery> {
  const hours = { ...(await readHours(trx, closure.officeId, now)), closures: [] }
  const days = daysOf(recovery)
  const fits = (agenda: string, stepMinutes: number) => {
    const plan = { ...recovery, closureId: closure.id, steps: { [agenda]: stepMinutes } }
    const then = { ...hours, recoveries: [...hours.recoveries, plan] }
    return !days.some((day) => overlaps(planDay(then, day).filter((slot) => slot.agenda === agenda)))
  }
  const steps: Record<string, number> = {}
  for (const agenda of closure.agendas ?? new Set(hours.rules.map((rule) => rule.agenda))) {
    const own = hours.rules.filter((rule) => rule.agenda === agenda)
    // An agenda that has no hours in those days, or none at all any more, goes by those that it or the office had.
    const rules = [own.filter((rule) => holdsIn(rule, days)), own, hours.rules].find(
      (some) => some.length > 0,
    )
    const step = [...new Set(rules?.map((rule) => rule.stepMinutes))].find((minutes) => fits(agenda, minutes))
    if (step === undefined) throw refuse('recovery.fromTime')
    steps[agenda] = step
  }
  return { ...recovery, steps }
}

const holdsIn = ({ validFrom, validTo }: OpeningRule, days: readonly Temporal.PlainDate[]): boolean =>
  days.some((day) => validFrom <= day.toString() && (validTo === null || day.toString() <= validTo))

/** The counters of a closure's recovery are the affected's; the closure has it already. */
async function promise(
  trx: Trx,
  closure: Pick<Closure, 'id' | 'officeId'>,
  recovery: Recovery,
  now: Date,
): Promise<void> {
  await requireRecovery(trx, closure, recovery, now)
  await trx
    .insertInto('leases')
    .values({ id: closure.id, kind: 'recovery', kept_until: recovery.exclusiveUntil })
    .execute()
}

/** Whoever is told of a recovery finds places in it, at once, and finds them kept, also those of days that get theirs later. */
async function requireRecovery(
  trx: Trx,
  closure: Pick<Closure, 'id' | 'officeId'>,
  recovery: Recovery,
  now: Date,
): Promise<void> {
  if (Date.parse(recovery.exclusiveUntil) <= now.getTime()) throw refuse('recovery.exclusiveUntil')
  const hours = await readHours(trx, closure.officeId, now)
  const days = daysOf(recovery).filter((day) => placesOn(hours, day, closure.id, now) > 0)
  const [first, last] = [days[0], days.at(-1)]
  if (!first || !last) throw refuse('recovery.from')
  const today = daysFrom(now, hours.zone).first
  if (Temporal.PlainDate.compare(first, today.add({ days: horizonDays })) >= 0) {
    throw new Fault('invalid', 'recovery-too-far', { params: { days: horizonDays } })
  }
  const keptAtLeast = last.subtract({ days: horizonDays - 2 })
  if (
    Temporal.PlainDate.compare(keptAtLeast, today.add({ days: 1 })) > 0 &&
    Date.parse(recovery.exclusiveUntil) < keptAtLeast.toZonedDateTime(hours.zone).epochMilliseconds
  ) {
    throw new Fault('invalid', 'recovery-too-brief', { params: { day: keptAtLeast.toString() } })
  }
}

const placesOn = (hours: Hours, day: Temporal.PlainDate, closureId: Id, now: Date): number =>
  planDay(hours, day)
    .filter(({ kept, startsAt }) => kept?.closureId === closureId && startsAt > now.getTime())
    .reduce((places, { kept }) => places + (kept?.counters ?? 0), 0)

const refuse = (field: string): Fault => new Fault('invalid', 'input-invalid', { params: { field } })

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

type ClosureRow = Selectable<ClosuresTable>

const readClosureRows = (db: Reader, where: Sql): Promise<ClosureRow[]> =>
  db
    .selectFrom('closures')
    .selectAll()
    .where(sql<boolean>`${where}`)
    .orderBy('starts_at', 'desc')
    .orderBy('id')
    .execute()

async function readClosure(db: Reader, id: Id): Promise<ClosureRow> {
  const [row] = await readClosureRows(db, sql`id = ${id}`)
  if (!row) throw new Fault('not-found', 'record-not-found')
  return row
}

const toClosure = (row: ClosureRow): Closure => ({
  ...{ id: row.id, officeId: row.office_id, from: row.starts_at, to: row.ends_at },
  ...{ agendas: row.agendas, reason: row.reason },
})

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

/** As it was asked for. */
const recoveryShown = ({ recovery }: ClosureRow): Recovery | null => Recovery.nullable().parse(recovery)

/** That appointment `alias` is, or was, really to take place. */
const takesPlace = (alias: string): Sql =>
  sql`${sql.ref(`${alias}.state`)} in ('confirmed', 'proposed', 'attended', 'no-show')`

/** `lost` of these and the appointments `id` that make up for it, be it for one that did and was lost too. */
const inPlaceOf = (ids: Sql): Sql => sql`
  with recursive instead (lost, id) as (
    select o.id, o.id from (${ids}) o (id)
    union select i.lost, r.id from instead i join appointments r on r.recovery_of = i.id)
  select lost, id from instead where id <> lost`

const canStand = sql`a.state in ('confirmed', 'proposed', 'no-show')`

/** Appointments `a` that stand in the closed time, with those who were noted as not having come before the closure was recorded. */
const standing = (id: Id): Sql => sql`
  ${canStand} and exists (
    select 1 from closures c where c.id = ${id} and c.withdrawn_at is null and ${isClosed})`

/** Cancelled appointments `a` whose people may have been told of nothing else, because the recovery came later, and that have nothing in their place. */
const unaware = (id: Id): Sql => sql`
  a.closure_id = ${id} and a.state = 'cancelled-by-office'
  and exists (select 1 from closures c where c.id = ${id} and c.recovered_at is not null)
  and not exists (select 1 from messages m where m.appointment_id = a.id and m.kind = 'recovery')
  and not exists (select 1 from (${inPlaceOf(sql`select a.id`)}) i join appointments r on r.id = i.id where ${takesPlace('r')})`

/** How many appointments a closure would cancel if it were made now. */
export async function concernedBy(
  db: Db,
  {
    officeId,
    from,
    to,
    agendas,
  }: { officeId: string; from: string; to: string; agendas?: string[] | undefined },
): Promise<number> {
  await zoneOf(db, officeId)
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from appointments a cross join (
      select ${officeId}::text as office_id, ${from}::timestamptz as starts_at, ${to}::timestamptz as ends_at,
        clock_timestamp() as made_at, null::timestamptz as withdrawn_at, ${agendas ?? null}::text[] as agendas) c
    where ${canStand} and ${isClosed}`.execute(db)
  return rows[0]?.count ?? 0
}

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

export async function closureOutcome(db: Db, id: Id, now: Date): Promise<ClosureOutcome> {
  const row = await readClosure(db, id)
  return outcomeOf(db, row, await readHours(db, row.office_id, now), now)
}

/** The latest first. */
export async function closuresOf(db: Db, officeId: string, now: Date): Promise<ClosureOutcome[]> {
  const hours = await readHours(db, officeId, now)
  const since = new Date(now.getTime() - listedDays * 86_400_000).toISOString()
  const rows = await readClosureRows(db, sql`office_id = ${officeId} and ends_at > ${since}`)
  const outcomes: ClosureOutcome[] = []
  for (const row of rows) outcomes.push(await outcomeOf(db, row, hours, now))
  return outcomes
}

async function outcomeOf(db: Db, row: ClosureRow, hours: Hours, now: Date): Promise<ClosureOutcome> {
  const { id } = row
  const recovery = hours.recoveries.find(({ closureId }) => closureId === id)
  const { rows } = await sql<{ cancelled: number; conflicts: number }>`
    select (select count(*) from appointments a where a.closure_id = ${id}) as cancelled,
      (select count(*) from appointments a where ${standing(id)}) as conflicts`.execute(db)
  return {
    closure: toClosure(row),
    bookings: row.cancels ? 'cancel' : 'keep',
    recovery: recoveryShown(row),
    withdrawnAt: row.withdrawn_at,
    cancelled: rows[0]?.cancelled ?? 0,
    conflicts: rows[0]?.conflicts ?? 0,
    recoveryPlaces: recovery
      ? daysOf(recovery).reduce((places, day) => places + placesOn(hours, day, id, now), 0)
      : null,
  }
}

/** Bookings to come that sit on a counter which is not open any more. */
export const conflictsOf = (db: Reader, officeId: string): Promise<Appointment[]> =>
  readAppointments(
    db,
    sql`a.office_id = ${officeId} and a.starts_at > clock_timestamp() and exists (
      select 1 from slot_seats q join slots s on s.id = q.slot_id where q.appointment_id = a.id and q.seat > s.capacity)`,
    sql`order by a.starts_at, a.id`,
  )

export async function recoveryOf(db: Reader, appointmentId: Id, now: Date): Promise<RecoveryAgenda | null> {
  const row = await db
    .selectFrom('appointments as a')
    .leftJoin('closures as c', 'c.id', 'a.closure_id')
    .select(['a.office_id', 'c.recovery'])
    .where('a.id', '=', appointmentId)
    .executeTakeFirst()
  if (!row) throw new Fault('not-found', 'record-not-found')
  const { office_id: officeId, recovery } = row
  if (!recovery) return null
  const { from, fromTime, toTime, exclusiveUntil } = recovery
  const zone = await zoneOf(db, officeId)
  const last = Temporal.PlainDate.from(from).add({ days: recovery.days - 1 })
  const at = (day: Temporal.PlainDate, time: string) =>
    day.toZonedDateTime({ timeZone: zone, plainTime: time }).toInstant()
  if (at(last, toTime).epochMilliseconds <= now.getTime()) return null
  const opensAt = at(Temporal.PlainDate.from(from), fromTime).toString()
  return { officeId, opensAt, from, to: last.toString(), fromTime, toTime, exclusiveUntil }
}

/** In the order in which their appointments would have been. */
export async function affectedBy(
  { db, sends }: { db: Db; sends: Sends },
  id: Id,
  now: Date,
): Promise<{ closure: Closure; affected: Affected[] }> {
  const closure = toClosure(await readClosure(db, id))
  const cancelled = await readAppointments(db, sql`a.closure_id = ${id}`, sql`order by a.starts_at, a.id`)
  const { rows: instead } = await sql<{ lost: Id; id: Id }>`
    select lost, id from (${inPlaceOf(sql`select o.id from appointments o where o.closure_id = ${id}`)}) i`.execute(
    db,
  )
  const rebooked = await readAppointments(
    db,
    sql`${takesPlace('a')} and a.id = any(${instead.map((one) => one.id)}::uuid[])`,
    sql`order by a.starts_at`,
  )
  const inPlace = (lost: Id) =>
    rebooked.find((one) => instead.some((known) => known.lost === lost && known.id === one.id)) ?? null
  const contactIds = cancelled.map((appointment) => appointment.contactId).filter((one) => one !== null)
  const { rows: callers } = await sql<{ id: Id }>`
    select id from contacts where id = any(${contactIds}::uuid[]) and caller_number is not null`.execute(db)
  const withNumber = new Set(callers.map((contact) => contact.id))
  const ids = cancelled.map((appointment) => appointment.citizenId).filter((one) => one !== null)
  const citizens = await readCitizens(db, sql`c.id = any(${ids}::uuid[])`)
  const persons = new Map(citizens.map((citizen) => [citizen.id, citizen]))
  const messages = await deliveriesOf(
    db,
    cancelled.map((appointment) => appointment.id),
    ['cancellation', 'recovery'],
  )
  return {
    closure,
    affected: cancelled.map((appointment) => {
      const deliveries = messages.get(appointment.id) ?? []
      return {
        cancelled: appointment,
        citizen: (appointment.citizenId && persons.get(appointment.citizenId)) || null,
        hasCaller: appointment.contactId !== null && withNumber.has(appointment.contactId),
        rebooked: inPlace(appointment.id),
        told: deliveries,
        reach: reachOf(deliveries, { sends, before: appointment.startsAt, now }),
      }
    }),
  }
}
