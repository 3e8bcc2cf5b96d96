import { sql } from 'kysely'
import type { Logger } from 'pino'
import { Temporal } from 'temporal-polyfill'
import { Fault } from '#contract/errors.ts'
import { auditor, personsOf } from '../citizens/router.ts'
import { os, requireUser } from '../http/context.ts'
import type { Sends } from '../messages/ports.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { assign } from './assign.ts'
import { affectedBy, closureOutcome, closuresOf, concernedBy, conflictsOf } from './closure-report.ts'
import { closeOffice, withdrawClosure } from './closures.ts'
import { lockHours, readClosures, readHours, readRules, ruleRow, zoneOf } from './hours.ts'
import { daysOf, overlaps, planDay } from './plan.ts'
import { addRecovery, recoveryOf } from './recoveries.ts'
import { nearestFree, nextFree, visitOf, weekOf } from './search.ts'
import { settleClosure } from './settling.ts'
import { daysFrom, makeSlots } from './slots.ts'

/** A mass cancellation answers after this long, and goes on by itself. */
const patienceMs = 20_000

export function agendaRouter(deps: { db: Db; log: Logger; now(): Date; sends: Sends }) {
  const { db, now } = deps
  const audit = auditor(deps)
  return {
    nextFree: os.agenda.nextFree.handler(async ({ input }) => {
      const visit = await visitOf(db, input.serviceIds)
      const officeIds = await officesOf(db, input)
      const { near, ...where } = { ...input, officeIds }
      const offers = await (near === undefined
        ? nextFree(db, visit, where)
        : nearestFree(db, visit, { ...where, near }))
      return { offers }
    }),

    week: os.agenda.week.handler(async ({ input }) => {
      const visit = await visitOf(db, input.serviceIds)
      return { slots: await weekOf(db, visit, { ...input, day: input.monday }) }
    }),

    rules: os.agenda.rules.handler(async ({ input }) => {
      await zoneOf(db, input.officeId)
      const closures = await readClosures(db, input.officeId, now())
      return {
        rules: await readRules(db, input.officeId),
        closures: closures
          .filter(({ to, withdrawnAt }) => withdrawnAt === null && Date.parse(to) > now().getTime())
          .map(({ recovery: _, withdrawnAt: __, ...closure }) => closure)
          .toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from)),
      }
    }),

    setRules: os.agenda.setRules.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const { officeId, rules } = input
      await inTransaction(db, async (trx) => {
        await zoneOf(trx, officeId)
        await lockHours(trx, officeId)
        await trx.deleteFrom('opening_rules').where('office_id', '=', officeId).execute()
        if (rules.length > 0) {
          await trx
            .insertInto('opening_rules')
            .values(rules.map((rule) => ruleRow(officeId, rule)))
            .execute()
        }
        await requireFit(trx, officeId, now())
        await makeSlots(trx, officeId, now())
      })
      await announceChanges(db)
      const conflicts = await conflictsOf(db, officeId)
      await audit(user.id, personsOf(conflicts), { kind: 'search' })
      return { conflicts }
    }),

    conflicts: os.agenda.conflicts.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const appointments = await conflictsOf(db, input.officeId)
      await audit(user.id, personsOf(appointments), { kind: 'search' })
      return { appointments }
    }),

    closeDay: os.agenda.closeDay.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await closeOffice(db, { ...input, madeBy: user.id }, now())
      await settleClosure(deps, input.id, performance.now() + patienceMs)
      await announceChanges(db)
      return closureOutcome(db, input.id, now())
    }),

    closures: os.agenda.closures.handler(async ({ input }) => ({
      closures: await closuresOf(db, input.officeId, now()),
    })),

    concerned: os.agenda.concerned.handler(async ({ input }) => ({ count: await concernedBy(db, input) })),

    withdraw: os.agenda.withdraw.handler(async ({ input }) => {
      await withdrawClosure(db, input.id, now())
      await announceChanges(db)
      return closureOutcome(db, input.id, now())
    }),

    recover: os.agenda.recover.handler(async ({ input }) => {
      await addRecovery(db, input.id, input.recovery, now())
      await settleClosure(deps, input.id, performance.now() + patienceMs)
      await announceChanges(db)
      return closureOutcome(db, input.id, now())
    }),

    affected: os.agenda.affected.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const found = await affectedBy(deps, input.id, now())
      const appointments = [
        ...found.affected.map(({ cancelled }) => cancelled),
        ...found.standing.map(({ appointment }) => appointment),
      ]
      await audit(user.id, personsOf(appointments), { kind: 'search' })
      return found
    }),

    recovery: os.agenda.recovery.handler(async ({ input }) => ({
      recovery: await recoveryOf(db, input.id, now()),
    })),

    assign: os.agenda.assign.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const outcome = await assign(deps, input, now())
      await announceChanges(db)
      await audit(user.id, personsOf(outcome.proposed), { kind: 'search' })
      return outcome
    }),
  }
}

/** New hours open no counter between the steps of a recovery that is still to come. */
async function requireFit(trx: Trx, officeId: string, now: Date): Promise<void> {
  const hours = await readHours(trx, officeId, now)
  const { first } = daysFrom(now, hours.zone)
  const days = hours.recoveries.flatMap(daysOf).filter((day) => Temporal.PlainDate.compare(day, first) >= 0)
  if (days.some((day) => overlaps(planDay(hours, day)))) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'rules' } })
  }
}

/** Both together: the offices that were named and are in the district. */
async function officesOf(
  db: Db,
  asked: { officeIds?: string[] | undefined; municipio?: number | undefined },
): Promise<string[] | undefined> {
  if (asked.municipio === undefined) return asked.officeIds
  const inDistrict = await db
    .selectFrom('offices')
    .select('id')
    .where(sql<boolean>`(body->>'municipio')::integer = ${asked.municipio}`)
    .execute()
  return inDistrict.map(({ id }) => id).filter((id) => asked.officeIds?.includes(id) ?? true)
}
