import { Fault } from '#contract/errors.ts'
import type { Trx } from '../store/store.ts'
import type { Handler } from '../sync/handler.ts'
import { requireLease } from './leases.ts'
import { book, bookedFor, cancel, confirm, noteAttended, noteNoShow, reschedule } from './visits.ts'

/** The slot that the desk chose is the one at that place: else it showed something that is no longer so. */
async function requireSlot(trx: Trx, args: { slotId: string; officeId: string; startsAt: string }) {
  const slot = await trx
    .selectFrom('slots')
    .select(['office_id', 'starts_at'])
    .where('id', '=', args.slotId)
    .executeTakeFirst()
  const { officeId, startsAt } = args
  if (!slot) throw new Fault('conflict', 'slot-gone', { params: { officeId, startsAt } })
  if (slot.office_id !== officeId || Date.parse(slot.starts_at) !== Date.parse(startsAt)) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'slotId' } })
  }
}

export const bookAppointment: Handler<'appointment.book'> = async (
  { trx, at, author, deviceId, tell },
  { besides, ...args },
) => {
  await requireSlot(trx, args)
  if (args.leaseId !== null) await requireLease(trx, args.leaseId, { at, deviceId, userId: author.id })
  const { id, citizenId, serviceIds } = args
  const [other] =
    citizenId === null || besides === undefined
      ? []
      : await bookedFor(trx, { citizenId, serviceIds, besides: [id, ...besides] })
  await book(trx, { ...args, at })
  if (other) tell(new Fault('conflict', 'service-booked', { params: other }))
}

export const rescheduleAppointment: Handler<'appointment.reschedule'> = async ({ trx, at }, args) => {
  await requireSlot(trx, args)
  await reschedule(trx, { ...args, at })
}

export const cancelAppointment: Handler<'appointment.cancel'> = ({ trx, at }, args) =>
  cancel(trx, { ...args, at })

export const confirmAppointment: Handler<'appointment.confirm'> = ({ trx, at }, args) =>
  confirm(trx, args.appointmentId, at)

export const noShow: Handler<'appointment.no-show'> = ({ trx }, args) => noteNoShow(trx, args.appointmentId)

export const attended: Handler<'appointment.attended'> = ({ trx }, args) =>
  noteAttended(trx, args.appointmentId)
