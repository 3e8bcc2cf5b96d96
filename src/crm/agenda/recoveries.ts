import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Recovery, RecoveryAgenda } from '#contract/crm-agenda.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Closure, OpeningRule } from '#contract/domain/opening.ts'
import { Fault } from '#contract/errors.ts'
import type { Reader } from '../store/query.ts'
import type { KeptRecovery } from '../store/schema.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { readClosure, recoveryShown, refuse, toClosure } from './closure-rows.ts'
import { lockHours, readHours, zoneOf } from './hours.ts'
import { daysOf, type Hours, overlaps, planDay } from './plan.ts'
import { daysFrom, horizonDays, makeSlots } from './slots.ts'

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
export async function keptRecovery(
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
export async function promise(
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

export const placesOn = (hours: Hours, day: Temporal.PlainDate, closureId: Id, now: Date): number =>
  planDay(hours, day)
    .filter(({ kept, startsAt }) => kept?.closureId === closureId && startsAt > now.getTime())
    .reduce((places, { kept }) => places + (kept?.counters ?? 0), 0)

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
