import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import { CityCalendar } from '#contract/domain/calendar.ts'
import { newId, TimeZone } from '#contract/domain/ids.ts'
import type { Closure, OpeningRule } from '#contract/domain/opening.ts'
import { Fault } from '#contract/errors.ts'
import type { Reader } from '../store/query.ts'
import type { KeptRecovery, OpeningRulesTable } from '../store/schema.ts'
import type { Trx } from '../store/store.ts'
import { readRulebook } from '../tickets/rules.ts'
import type { Hours, PlannedSlot, RecoveryPlan } from './plan.ts'

/** One transaction at a time changes what an office has open; it ends with the transaction. */
export async function lockHours(trx: Trx, officeId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`hours of ${officeId}`}, 0))`.execute(trx)
}

const OfficePart = z.object({ zone: TimeZone })

/** Throws `not-found` for an office that is not there. */
export async function zoneOf(db: Reader, officeId: string): Promise<string> {
  const office = await db.selectFrom('offices').select('body').where('id', '=', officeId).executeTakeFirst()
  if (!office) throw new Fault('not-found', 'record-not-found')
  return OfficePart.parse(office.body).zone
}

export async function readRules(db: Reader, officeId: string): Promise<OpeningRule[]> {
  const rows = await db
    .selectFrom('opening_rules')
    .selectAll()
    .where('office_id', '=', officeId)
    .orderBy('agenda')
    .orderBy('valid_from')
    .orderBy('from_time')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    agenda: row.agenda,
    weekdays: row.weekdays,
    from: row.from_time,
    to: row.to_time,
    stepMinutes: row.step_minutes,
    counters: row.counters,
    validFrom: row.valid_from,
    validTo: row.valid_to,
    onHolidays: row.on_holidays,
  }))
}

export const ruleRow = (officeId: string, rule: OpeningRule, id = newId()): OpeningRulesTable => ({
  id,
  office_id: officeId,
  agenda: rule.agenda,
  weekdays: rule.weekdays,
  from_time: rule.from,
  to_time: rule.to,
  step_minutes: rule.stepMinutes,
  counters: rule.counters,
  valid_from: rule.validFrom,
  valid_to: rule.validTo,
  on_holidays: rule.onHolidays,
})

/**
 * Closures of an office that are not over, and those whose recovery may not be; as they were made, for places are promised to the first. One that
 * was taken back is among them for what it was.
 */
export async function readClosures(
  db: Reader,
  officeId: string,
  since: Date,
): Promise<(Closure & { recovery: KeptRecovery | null; withdrawnAt: string | null })[]> {
  const rows = await db
    .selectFrom('closures')
    .select(['id', 'starts_at', 'ends_at', 'agendas', 'reason', 'recovery', 'withdrawn_at'])
    .where('office_id', '=', officeId)
    .where((eb) => eb.or([eb('ends_at', '>', since.toISOString()), eb('recovery', 'is not', null)]))
    .orderBy('made_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    ...{ id: row.id, officeId, from: row.starts_at, to: row.ends_at },
    ...{ agendas: row.agendas, reason: row.reason, recovery: row.recovery, withdrawnAt: row.withdrawn_at },
  }))
}

export async function readHours(db: Reader, officeId: string, now: Date): Promise<Hours> {
  // Closures of earlier today still explain today's slots.
  const closures = await readClosures(db, officeId, new Date(now.getTime() - 2 * 86_400_000))
  return {
    zone: await zoneOf(db, officeId),
    calendar: CityCalendar.parse((await readRulebook(db)).calendar),
    rules: await readRules(db, officeId),
    closures: closures.flatMap(({ from, to, agendas, withdrawnAt }) => {
      if (withdrawnAt === null || Date.parse(withdrawnAt) >= Date.parse(to)) return [{ from, to, agendas }]
      return Date.parse(withdrawnAt) > Date.parse(from) ? [{ from, to: withdrawnAt, agendas }] : []
    }),
    recoveries: closures.flatMap(({ id, recovery }): RecoveryPlan[] =>
      recovery === null ? [] : [{ closureId: id, ...recovery }],
    ),
  }
}

/** Two plans with the same fingerprint make the same slots. */
export const fingerprint = (plan: readonly PlannedSlot[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        plan.map(({ agenda, startsAt, stepMinutes, counters, kept }) => [
          ...[agenda, startsAt, stepMinutes, counters],
          ...(kept === null ? [] : [kept.closureId, kept.counters]),
        ]),
      ),
    )
    .digest('base64url')
