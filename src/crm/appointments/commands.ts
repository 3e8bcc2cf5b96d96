import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { Service } from '#contract/domain/reference.ts'
import { Fault } from '#contract/errors.ts'
import { requireCitizen } from '../citizens/commands.ts'
import { requireContact } from '../contacts/commands.ts'
import { readReference } from '../reference/rows.ts'
import type { AppointmentsTable } from '../store/schema.ts'
import type { Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'

/** Without the letters and digits that are mistaken for others when they are read out or written down. */
const codeAlphabet = 'ACDEFHJKLMNPQRTUVWXY34679'

/** `K7-4MQ`. */
const newCode = (): string => {
  const signs = Array.from({ length: 5 }, () => codeAlphabet.charAt(randomInt(codeAlphabet.length)))
  return `${signs.slice(0, 2).join('')}-${signs.slice(2).join('')}`
}

async function insertWithFreeCode(
  trx: Trx,
  appointment: Omit<AppointmentsTable, 'code' | 'version'>,
): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const row = await trx
      .insertInto('appointments')
      .values({ ...appointment, code: newCode() })
      .onConflict((conflict) => conflict.column('code').doNothing())
      .returning('version')
      .executeTakeFirst()
    if (row) return row.version
  }
  throw new Error('no free appointment code in twenty tries')
}

/**
 * A free seat of the slot, locked for this transaction. First those that nobody else is taking; when there are none, waits
 * for the others: one that rolls back leaves its seat.
 */
async function takeSeat(trx: Trx, slotId: string): Promise<number | null> {
  const free = trx
    .selectFrom('slot_seats')
    .select('seat')
    .where('slot_id', '=', slotId)
    .where('appointment_id', 'is', null)
    .orderBy('seat')
  const at_once = await free.limit(1).forUpdate().skipLocked().executeTakeFirst()
  if (at_once) return at_once.seat
  const [waited] = await free.forUpdate().execute()
  return waited?.seat ?? null
}

async function slotChanged(trx: Trx, slotId: string): Promise<void> {
  const { version } = await trx
    .updateTable('slots')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', slotId)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'slot', slotId, version)
}

export const bookAppointment: Handler<'appointment.book'> = async ({ trx, now }, args) => {
  await requireCitizen(trx, args.citizenId)
  await requireContact(trx, args.contactId)
  const slot = await trx
    .selectFrom('slots')
    .select(['office_id', 'agenda', 'starts_at'])
    .where('id', '=', args.slotId)
    .executeTakeFirst()
  const gone = { params: { officeId: args.officeId, startsAt: args.startsAt } }
  if (!slot || Date.parse(slot.starts_at) < now.getTime()) throw new Fault('conflict', 'slot-gone', gone)
  const [document] = await readReference(trx, 'service', sql`d.id = ${args.serviceId}`)
  if (
    !document ||
    Service.parse(document).agenda !== slot.agenda ||
    slot.office_id !== args.officeId ||
    Date.parse(slot.starts_at) !== Date.parse(args.startsAt)
  ) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'slotId' } })
  }

  const seat = await takeSeat(trx, args.slotId)
  if (seat === null) {
    throw new Fault('conflict', 'slot-taken', {
      params: {
        slotId: args.slotId,
        officeId: slot.office_id,
        agenda: slot.agenda,
        startsAt: slot.starts_at,
      },
    })
  }
  const version = await insertWithFreeCode(trx, {
    id: args.id,
    slot_id: args.slotId,
    service_id: args.serviceId,
    office_id: slot.office_id,
    starts_at: slot.starts_at,
    citizen_id: args.citizenId,
    contact_id: args.contactId,
    state: 'confirmed',
  })
  await trx
    .updateTable('slot_seats')
    .set({ appointment_id: args.id })
    .where('slot_id', '=', args.slotId)
    .where('seat', '=', seat)
    .execute()
  await appendChange(trx, 'appointment', args.id, version)
  await slotChanged(trx, args.slotId)
  await appendCitizens(trx, args.citizenId)
}

export const cancelAppointment: Handler<'appointment.cancel'> = async ({ trx }, args) => {
  const appointment = await trx
    .selectFrom('appointments')
    .select(['state', 'slot_id', 'version'])
    .where('id', '=', args.appointmentId)
    .forUpdate()
    .executeTakeFirst()
  if (!appointment) throw new Fault('not-found', 'record-not-found')
  if (appointment.state === 'attended' || appointment.state === 'no-show') {
    throw new Fault('conflict', 'slot-gone')
  }
  if (appointment.state !== 'confirmed' && appointment.state !== 'requested') {
    // Two operators cancelled it: the first one's word stays, and the second desk learns it.
    await appendChange(trx, 'appointment', args.appointmentId, appointment.version)
    return
  }
  await trx
    .updateTable('slot_seats')
    .set({ appointment_id: null })
    .where('appointment_id', '=', args.appointmentId)
    .execute()
  const { version } = await trx
    .updateTable('appointments')
    .set((eb) => ({
      state: args.by === 'citizen' ? 'cancelled-by-citizen' : 'cancelled-by-office',
      version: eb('version', '+', 1),
    }))
    .where('id', '=', args.appointmentId)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'appointment', args.appointmentId, version)
  await slotChanged(trx, appointment.slot_id)
}
