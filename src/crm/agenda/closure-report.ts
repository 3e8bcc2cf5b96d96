import { sql } from 'kysely'
import type { Affected, ClosureOutcome, Standing } from '#contract/crm-agenda.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Closure } from '#contract/domain/opening.ts'
import { isClosed } from '../appointments/closed.ts'
import { readAppointments } from '../appointments/rows.ts'
import { readCitizens } from '../citizens/rows.ts'
import { deliveriesOf, reachOf } from '../messages/deliveries.ts'
import type { Sends } from '../messages/ports.ts'
import type { Reader } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import {
  type ClosureRow,
  canStand,
  inPlaceOf,
  readClosure,
  readClosureRows,
  recoveryShown,
  standing,
  takesPlace,
  toClosure,
} from './closure-rows.ts'
import { readHours, zoneOf } from './hours.ts'
import { daysOf, type Hours } from './plan.ts'
import { placesOn } from './recoveries.ts'

/** Those that ended longer ago are not listed. */
const listedDays = 31

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

/** In the order in which their appointments would have been, or are. */
export async function affectedBy(
  { db, sends }: { db: Db; sends: Sends },
  id: Id,
  now: Date,
): Promise<{ closure: Closure; affected: Affected[]; standing: Standing[] }> {
  const closure = toClosure(await readClosure(db, id))
  const inOrder = sql`order by a.starts_at, a.id`
  const cancelled = await readAppointments(db, sql`a.closure_id = ${id}`, inOrder)
  const still = await readAppointments(db, standing(id), inOrder)
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
  const whose = await personsBehind(db, [...cancelled, ...still])
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
        ...{ cancelled: appointment, ...whose(appointment), rebooked: inPlace(appointment.id) },
        told: deliveries,
        reach: reachOf(deliveries, { sends, before: appointment.startsAt, now }),
      }
    }),
    standing: still.map((appointment) => ({ appointment, ...whose(appointment) })),
  }
}

/** Who is to be called of each of these appointments. */
async function personsBehind(
  db: Db,
  appointments: readonly Appointment[],
): Promise<(appointment: Appointment) => Pick<Standing, 'citizen' | 'hasCaller'>> {
  const known = (ids: readonly (Id | null)[]) => ids.filter((id) => id !== null)
  const contactIds = known(appointments.map(({ contactId }) => contactId))
  const { rows: callers } = await sql<{ id: Id }>`
    select id from contacts where id = any(${contactIds}::uuid[]) and caller_number is not null`.execute(db)
  const withNumber = new Set(callers.map((contact) => contact.id))
  const ids = known(appointments.map(({ citizenId }) => citizenId))
  const citizens = await readCitizens(db, sql`c.id = any(${ids}::uuid[])`)
  const persons = new Map(citizens.map((citizen) => [citizen.id, citizen]))
  return ({ citizenId, contactId }) => ({
    citizen: (citizenId && persons.get(citizenId)) || null,
    hasCaller: contactId !== null && withNumber.has(contactId),
  })
}
