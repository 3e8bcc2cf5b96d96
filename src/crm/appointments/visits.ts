import { sql } from 'kysely'
import type { Notify, Seen } from '#contract/commands/appointment.ts'
import { type AppointmentState, mayBecome } from '#contract/domain/appointment.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { type DocumentCheck, requireEligible } from '#contract/domain/eligibility.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import { Service } from '#contract/domain/reference.ts'
import { Fault } from '#contract/errors.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { requireContact } from '../contacts/commands.ts'
import { noteChange } from '../messages/messages.ts'
import { prepared } from '../store/query.ts'
import type { AppointmentsTable } from '../store/schema.ts'
import type { Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import { isClosed } from './closed.ts'
import { newCodes } from './code.ts'

/** What the SQL functions that take seats answer; see the migration that makes them. */
export type Outcome =
  | 'free'
  | 'taken'
  | 'gone'
  | 'invalid'
  | 'channel'
  | 'late'
  | 'begun'
  | 'settled'
  | 'unknown'

export type Place = { officeId: string; startsAt: Instant }

/** The refusal in the words of the contract. The parameters name the place, and nobody. */
export function refusal(outcome: Outcome, { officeId, startsAt }: Place): Fault {
  const params = { officeId, startsAt }
  switch (outcome) {
    case 'gone':
      return new Fault('conflict', 'slot-gone', { params })
    case 'invalid':
      return new Fault('invalid', 'input-invalid', { params: { field: 'serviceIds' } })
    case 'channel':
      return new Fault('invalid', 'input-invalid', { params: { field: 'channel' } })
    case 'late':
      return new Fault('conflict', 'proposal-expired')
    case 'begun':
      return new Fault('conflict', 'appointment-begun')
    case 'settled':
      return new Fault('conflict', 'appointment-settled')
    case 'unknown':
      return new Fault('not-found', 'record-not-found')
    default:
      return new Fault('conflict', 'slot-taken', { params })
  }
}

export type Booking = Place & {
  id: Id
  serviceIds: readonly string[]
  citizenId: Id | null
  contactId: Id | null
  /** Its seats are taken when it is live; else any free ones of that moment. */
  holdId: Id | null
  /** Its seats are taken, and no others. */
  leaseId: Id | null
  /** The one cancelled by the office that this one makes up for: its recovery agenda is open to it. */
  recoveryOf: Id | null
  channel: AppointmentsTable['channel']['__select__']
  notify: Notify | 'known'
  /** Of one that the office assigns: the moment by which it is to be confirmed. */
  confirmBy?: Instant
  /** What was asked of a document, on the day on which it was. */
  checked?: DocumentCheck | undefined
  at?: Instant
}

/**
 * Makes an appointment on its seats. An id that is there already is left as it is: the same booking again. Throws `slot-taken`, `slot-gone`,
 * `input-invalid`, `renewal-too-early`, `lease-expired`, `appointment-settled` (what it makes up for has been made up for), `citizen-gone` or `contact-gone`.
 */
export async function book(trx: Trx, booking: Booking): Promise<void> {
  const citizenId = await survivingCitizen(trx, booking.citizenId)
  await requireContact(trx, booking.contactId)
  if (booking.checked) await requireChecked(trx, booking)
  const { id, confirmBy = null } = booking
  const { rows } = await sql<{ outcome: Outcome | 'booked' | 'known' }>`
    select ${prepared} outcome from book_visit(${id}, ${newCodes()}::text[], ${booking.serviceIds}::text[], ${booking.officeId},
      ${booking.startsAt}, ${citizenId}, ${booking.contactId}, ${booking.channel},
      ${confirmBy === null ? 'confirmed' : 'proposed'}, ${confirmBy}, ${booking.holdId}, ${booking.leaseId},
      ${booking.recoveryOf})`.execute(trx)
  const outcome = rows[0]?.outcome ?? 'taken'
  if (outcome === 'known') {
    await repeatChange(trx, id)
    return
  }
  if (outcome !== 'booked') {
    if (outcome === 'taken' && booking.leaseId !== null) throw new Fault('conflict', 'lease-expired')
    throw refusal(outcome, booking)
  }
  // A new one has no messages that would have to go.
  if (booking.notify === 'known' || booking.notify.some((channel) => channel !== 'none')) {
    await noteChange(trx, {
      appointmentId: id,
      kind: confirmBy === null ? 'confirmation' : 'proposal',
      channels: booking.notify,
    })
  }
  await appendCitizens(trx, citizenId)
}

async function requireChecked(trx: Trx, { serviceIds, checked, at }: Booking): Promise<void> {
  const services = await trx.selectFrom('services').select('body').where('id', 'in', serviceIds).execute()
  const rules = services.map(({ body }) => Service.pick({ rule: true }).parse(body).rule)
  requireEligible(rules, checked, cityDayOf(at ?? new Date().toISOString()))
}

/**
 * When a desk was asked, which the CRM may hear of later; at this moment when it is not said. `seen`: how the appointment stood for who asks; what
 * somebody else has wished since is not undone.
 */
type Asked = { at?: Instant; seen?: Seen }

/** To another time or place, or from proposed to confirmed at another: the old seats are free when the new ones are taken. Not once it has begun. */
export async function reschedule(
  trx: Trx,
  move: Place & Asked & { appointmentId: Id; holdId: Id | null; notify: Notify | 'known' },
): Promise<void> {
  const { appointmentId } = move
  // In the order in which `move_visit` locks.
  await lockVisit(trx, appointmentId)
  const before = await lockAppointment(trx, appointmentId, move.at)
  const isThere =
    before.officeId === move.officeId && Date.parse(before.startsAt) === Date.parse(move.startsAt)
  if (!isThere && !isCancelled(before)) requireUnchanged(before, move.seen)
  if (before.state === 'lapsed' && before.citizenId !== null)
    await requireUnbooked(trx, before.serviceIds, before.citizenId)
  const { rows } = await sql<{ outcome: Outcome | 'moved' | 'same' }>`
    select outcome from move_visit(${appointmentId}, ${move.officeId}, ${move.startsAt}, ${move.holdId}, ${move.at ?? null})`.execute(
    trx,
  )
  const outcome = rows[0]?.outcome ?? 'unknown'
  if (outcome === 'same') await repeatChange(trx, appointmentId)
  else if (outcome !== 'moved') throw refusal(outcome, move)
  else {
    const { startsAt: wasAt } = before
    await noteChange(trx, { appointmentId, kind: 'change', channels: move.notify, wasAt })
  }
}

/**
 * By the citizen, until it begins, or the office. One that is cancelled stays as the first who cancelled it said.
 */
export async function cancel(
  trx: Trx,
  what: Asked & {
    appointmentId: Id
    by: 'citizen' | 'office'
    reason: string | null
    notify: Notify | 'known'
  },
): Promise<void> {
  const { appointmentId: id } = what
  const before = await lockAppointment(trx, id, what.at)
  const state = what.by === 'citizen' ? 'cancelled-by-citizen' : 'cancelled-by-office'
  if (isCancelled(before)) {
    await repeatChange(trx, id)
    return
  }
  requireUnchanged(before, what.seen)
  // Who said so before it began did not fail to come, whatever was noted until the CRM heard of it.
  const inTime = what.by === 'citizen' && before.state === 'no-show' && !before.begun
  if (!inTime) requireMove(before.state, state)
  if (what.by === 'citizen' && before.begun) throw new Fault('conflict', 'appointment-begun')
  await tellWhen(trx, what.at)
  await leaveSeats(trx, [id], { state, reason: what.reason, closureId: null })
  await noteChange(trx, { appointmentId: id, kind: 'cancellation', channels: what.notify })
}

/**
 * The citizen takes what the office proposed. Taken in time by what the desk says, it is confirmed also when the CRM hears of it after it has
 * lapsed, if its place is still free.
 */
export async function confirm(trx: Trx, appointmentId: Id, at?: Instant): Promise<void> {
  await lockVisit(trx, appointmentId)
  await tellWhen(trx, at)
  const before = await lockAppointment(trx, appointmentId, at)
  if ((before.state === 'lapsed' || before.state === 'proposed') && before.late)
    throw new Fault('conflict', 'proposal-expired')
  if (before.state === 'lapsed') {
    const { officeId, startsAt, serviceIds, citizenId } = before
    if (citizenId !== null) await requireUnbooked(trx, serviceIds, citizenId)
    const { rows } = await sql<{ outcome: Outcome | 'moved' }>`
      select outcome from move_visit(${appointmentId}, ${officeId}, ${startsAt}, null, ${at ?? null})`.execute(
      trx,
    )
    const outcome = rows[0]?.outcome ?? 'unknown'
    if (outcome !== 'moved') throw refusal(outcome, { officeId, startsAt })
    await noteChange(trx, { appointmentId, kind: 'confirmation', channels: 'known' })
  } else if (await become(trx, appointmentId, before.state, 'confirmed')) {
    await noteChange(trx, { appointmentId, kind: 'confirmation', channels: 'known' })
  }
}

const lockVisit = (trx: Trx, id: Id) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${id}::text, 0))`.execute(trx)

/** What the database judges a change of state by; see the migration that says so. */
const tellWhen = (trx: Trx, at: Instant | undefined) =>
  sql`select set_config('ascolto.said_at', ${at ?? ''}, true)`.execute(trx)

/** That the person has nothing to come for any of these services. */
export async function requireUnbooked(trx: Trx, serviceIds: readonly string[], citizenId: Id): Promise<void> {
  const [other] = await bookedFor(trx, { citizenId, serviceIds, besides: [] })
  if (other) throw new Fault('conflict', 'service-booked')
}

/** Where the person is to come first for any of these services, `besides` apart. One question after the other: two at once would both find nothing. */
export async function bookedFor(
  trx: Trx,
  asked: { citizenId: Id; serviceIds: readonly string[]; besides: readonly Id[] },
): Promise<Place[]> {
  const survivor = await survivingCitizen(trx, asked.citizenId)
  await sql`select 1 from citizens where id = ${survivor} for no key update`.execute(trx)
  const { rows } = await sql<Place>`
    select a.office_id as "officeId", a.starts_at as "startsAt" from appointments a
    where a.citizen_id = ${survivor} and a.service_ids && ${asked.serviceIds}::text[]
      and a.state in ('confirmed', 'proposed') and a.starts_at > clock_timestamp() and a.id <> all(${asked.besides}::uuid[])
    order by a.starts_at limit 1`.execute(trx)
  return rows
}

/** Nobody came. Only once it has begun: before, nobody can know. Whoever finds a closed office has not failed to come. */
export async function noteNoShow(trx: Trx, appointmentId: Id): Promise<void> {
  const before = await lockAppointment(trx, appointmentId)
  requireMove(before.state, 'no-show')
  if (!before.begun) throw new Fault('conflict', 'appointment-to-come')
  const { rows: closures } = await sql`
    select 1 from appointments a join closures c on ${isClosed} where a.id = ${appointmentId} limit 1`.execute(
    trx,
  )
  if (closures.length > 0) throw new Fault('conflict', 'office-was-closed')
  await become(trx, appointmentId, before.state, 'no-show')
}

/** They came. On its day, for some come early, and after. */
export async function noteAttended(trx: Trx, appointmentId: Id): Promise<void> {
  const before = await lockAppointment(trx, appointmentId)
  requireMove(before.state, 'attended')
  if (before.dayToCome) throw new Fault('conflict', 'appointment-to-come')
  await become(trx, appointmentId, before.state, 'attended')
}

type Ending = { reason: string | null; closureId: Id | null; message: 'cancellation' | 'recovery' }

/**
 * Cancels by the office every appointment `a` that satisfies `where` and was not attended, and says which: never a no-show, and one that was noted
 * as such is none any more. In one transaction; whoever has thousands cuts them into pieces.
 */
export async function cancelByOffice(
  trx: Trx,
  where: ReturnType<typeof sql>,
  { reason, closureId, message }: Ending,
): Promise<Id[]> {
  const ids = await lockAll(trx, sql`a.state in ('confirmed', 'proposed', 'no-show') and ${where}`)
  await leaveSeats(trx, ids, { state: 'cancelled-by-office', reason, closureId })
  for (const appointmentId of ids) await noteChange(trx, { appointmentId, kind: message, channels: 'known' })
  return ids
}

/** Takes back what nobody confirmed in time, among the appointments `a` that satisfy `where`, and says which. */
export async function lapse(trx: Trx, where: ReturnType<typeof sql> = sql`true`): Promise<Id[]> {
  const ids = await lockAll(
    trx,
    sql`a.state = 'proposed' and a.confirm_by <= clock_timestamp() and ${where}`,
    sql`limit 500`,
  )
  await leaveSeats(trx, ids, { state: 'lapsed', reason: null, closureId: null })
  for (const appointmentId of ids) await noteChange(trx, { appointmentId, kind: 'lapse', channels: 'known' })
  return ids
}

async function lockAll(trx: Trx, where: ReturnType<typeof sql>, tail = sql``): Promise<Id[]> {
  const { rows } = await sql<{ id: Id }>`
    select a.id from appointments a where ${where} order by a.id ${tail} for update`.execute(trx)
  return rows.map(({ id }) => id)
}

/** Where it is by the last wish, and whose that was. */
type Wished = Place & { wishedSequence: number; wishedBy: Id | null }

type Standing = Wished & {
  state: AppointmentState
  serviceIds: string[]
  citizenId: Id | null
  begun: boolean
  dayToCome: boolean
  late: boolean
}

async function lockAppointment(trx: Trx, id: Id, at?: Instant): Promise<Standing> {
  const { rows } = await sql<Standing>`
    select a.state, a.office_id as "officeId", a.starts_at as "startsAt", a.service_ids as "serviceIds", a.citizen_id as "citizenId",
      a.wished_sequence as "wishedSequence", a.wished_by as "wishedBy",
      a.starts_at <= least(${at ?? null}::timestamptz, clock_timestamp()) as begun,
      (a.starts_at at time zone (o.body->>'zone'))::date > (clock_timestamp() at time zone (o.body->>'zone'))::date as "dayToCome",
      coalesce(coalesce(a.confirm_by, a.lapsed_by) <= least(${at ?? null}::timestamptz, clock_timestamp()), a.state = 'lapsed') as late
    from appointments a join offices o on o.id = a.office_id where a.id = ${id} for update of a`.execute(trx)
  if (!rows[0]) throw new Fault('not-found', 'record-not-found')
  return rows[0]
}

const isCancelled = ({ state }: Standing): boolean =>
  state === 'cancelled-by-citizen' || state === 'cancelled-by-office'

/** That nobody else has moved it or said yes to it since it was seen. */
function requireUnchanged({ wishedSequence, wishedBy, officeId, startsAt }: Wished, seen: Seen): void {
  if (seen === undefined || wishedSequence <= seen.sequence) return
  if (wishedBy !== null && seen.after.includes(wishedBy)) return
  throw new Fault('conflict', 'appointment-changed', { params: { officeId, startsAt } })
}

/** What is so already may be said again. */
function requireMove(from: AppointmentState, to: AppointmentState): void {
  if (from !== to && !mayBecome(from, to)) throw new Fault('conflict', 'appointment-settled')
}

/** A change that leaves the seats. True unless it was so before. */
async function become(trx: Trx, id: Id, from: AppointmentState, to: AppointmentState): Promise<boolean> {
  if (from === to) {
    await repeatChange(trx, id)
    return false
  }
  requireMove(from, to)
  const { version } = await trx
    .updateTable('appointments')
    .set((eb) => ({
      state: to,
      confirm_by: null,
      sequence: eb('sequence', '+', 1),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'appointment', id, version)
  return true
}

/** Appointments, locked already, end and their seats are free. Slots are locked before seats, as everywhere. */
async function leaveSeats(
  trx: Trx,
  ids: readonly Id[],
  ending: { state: AppointmentState; reason: string | null; closureId: Id | null },
): Promise<void> {
  if (ids.length === 0) return
  const { rows: slots } = await sql<{ id: Id }>`
    select s.id from slots s
    where s.id in (select q.slot_id from slot_seats q where q.appointment_id = any(${ids}::uuid[]))
    order by s.starts_at, s.id for no key update`.execute(trx)
  await sql`
    with ended as (
      update appointments a set state = ${ending.state}, reason = ${ending.reason}, closure_id = ${ending.closureId},
        counter = null, confirm_by = null, lapsed_by = case when ${ending.state} = 'lapsed' then a.confirm_by end,
        sequence = a.sequence + 1, version = a.version + 1
      where a.id = any(${ids}::uuid[]) returning a.id, a.version
    ), freed as (
      update slot_seats q set appointment_id = null where q.appointment_id = any(${ids}::uuid[])
    )
    insert into change_log (entity, id, version)
    select 'appointment', e.id::text, e.version from ended e order by e.id`.execute(trx)
  await sql`select seats_changed(${slots.map(({ id }) => id)}::uuid[])`.execute(trx)
}

/** Nothing changed, and whoever asked again is told how it stands. */
async function repeatChange(trx: Trx, id: Id): Promise<void> {
  await sql`
    insert into change_log (entity, id, version)
    select 'appointment', a.id::text, a.version from appointments a where a.id = ${id}`.execute(trx)
}
