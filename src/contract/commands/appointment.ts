import { z } from 'zod'
import type { Role } from '../domain/agent.ts'
import { Appointment, type AppointmentState, isActive, mayBecome } from '../domain/appointment.ts'
import { DocumentCheck } from '../domain/eligibility.ts'
import { Id } from '../domain/ids.ts'
import { MessageChannel } from '../domain/message.ts'
import { anyDeskRole, defineCommand, type LocalChange, type LocalRows } from './command.ts'

/** How the citizen wants to be told; `none`, or nothing, sends no message. By another where they want no messages by any of these. */
export const Notify = z.array(z.enum([...MessageChannel.options, 'none'])).max(4)
export type Notify = z.infer<typeof Notify>

/** Most commands of one desk on one appointment that the CRM has not answered; of more, the last ones are told. */
export const mostAfter = 100

/**
 * How the appointment stood for whoever asks: its `sequence`, and the commands on it that the desk had given before, of which the CRM had not told it
 * yet. When somebody else has moved it or said yes since, it is refused with `appointment-changed`: an older wish does not undo a newer one. What
 * comes without it is taken whatever happened since.
 */
const seen = z.object({ sequence: Appointment.shape.sequence, after: z.array(Id).max(mostAfter) }).optional()
export type Seen = z.infer<typeof seen>

const reason = z.string().trim().min(1).max(500).nullable()

/** Slots whose count of taken seats changes when a visit leaves some and takes others. One that stays in both does not move. */
function seatChanges(rows: LocalRows, left: readonly Id[], taken: readonly Id[]): LocalChange[] {
  const moved = [
    ...left.filter((id) => !taken.includes(id)).map((id) => [id, -1] as const),
    ...taken.filter((id) => !left.includes(id)).map((id) => [id, 1] as const),
  ]
  return moved.flatMap(([id, by]) => {
    const slot = rows.get('slot', id)
    if (!slot) return []
    const booked = Math.max(0, Math.min(slot.capacity, slot.booked + by))
    return [{ entity: 'slot' as const, row: { ...slot, booked } }]
  })
}

/** More than anybody has to come. */
const mostBesides = 100

/**
 * Book a visit. Until the CRM has confirmed it the appointment is `requested`: a wish, and the desk says so. With a live hold it
 * cannot be refused for want of a seat; with one that is over it takes another free seat of the same moment, or `slot-taken`.
 * With a lease it is real as soon as the outbox has it, if it was made before the lease's `bookUntil`.
 * `slotIds` and `endsAt` are what the desk knew: the CRM works them out from the services. `checked`: what was asked of a document; by it the CRM
 * refuses with `renewal-too-early`. `besides`: what the person has to come for these services and who books was told of; of another one the CRM tells
 * (`service-booked`) and books all the same.
 */
export const bookAppointment = defineCommand({
  name: 'appointment.book',
  args: Appointment.pick({
    id: true,
    slotId: true,
    slotIds: true,
    serviceIds: true,
    officeId: true,
    startsAt: true,
    endsAt: true,
    citizenId: true,
    contactId: true,
    recoveryOf: true,
  }).extend({
    holdId: Id.nullable(),
    leaseId: Id.nullable(),
    channel: z.literal('phone'),
    notify: Notify,
    checked: DocumentCheck.optional(),
    besides: z.array(Id).max(mostBesides).optional(),
  }),
  roles: anyDeskRole,
  effect(
    rows,
    {
      holdId: _hold,
      leaseId: _lease,
      channel: _channel,
      notify: _notify,
      checked: _checked,
      besides: _besides,
      ...args
    },
  ) {
    return [
      {
        entity: 'appointment',
        row: {
          ...args,
          ...{ version: 0, code: null, counter: null, state: 'requested', sequence: 0 },
          ...{ confirmBy: null, reason: null },
        },
      },
      ...seatChanges(rows, [], args.slotIds),
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: (args) => [args.id],
})

/** To another time or place in one step: the old seats are free when the new ones are taken. `requested` until the CRM has said so. */
export const rescheduleAppointment = defineCommand({
  name: 'appointment.reschedule',
  args: Appointment.pick({
    slotId: true,
    slotIds: true,
    officeId: true,
    startsAt: true,
    endsAt: true,
  }).extend({
    appointmentId: Id,
    holdId: Id.nullable(),
    notify: Notify,
    seen,
  }),
  roles: anyDeskRole,
  effect(rows, args) {
    const appointment = rows.get('appointment', args.appointmentId)
    if (!appointment || !isActive(appointment.state)) return []
    const { slotId, slotIds, officeId, startsAt, endsAt } = args
    return [
      {
        entity: 'appointment',
        row: {
          ...appointment,
          ...{ slotId, slotIds, officeId, startsAt, endsAt },
          ...{ counter: null, state: 'requested', confirmBy: null },
        },
      },
      ...seatChanges(rows, appointment.slotIds, slotIds),
    ]
  },
  dependsOn: (args) => [args.appointmentId],
  creates: () => [],
})

export const cancelAppointment = defineCommand({
  name: 'appointment.cancel',
  args: z.object({ appointmentId: Id, by: z.enum(['citizen', 'office']), reason, notify: Notify, seen }),
  roles: anyDeskRole,
  effect(rows, args) {
    const appointment = rows.get('appointment', args.appointmentId)
    const state = args.by === 'citizen' ? 'cancelled-by-citizen' : 'cancelled-by-office'
    if (!appointment || !mayBecome(appointment.state, state)) return []
    return [
      {
        entity: 'appointment',
        row: { ...appointment, state, reason: args.reason, counter: null, slotIds: [], confirmBy: null },
      },
      ...seatChanges(rows, appointment.slotIds, []),
    ]
  },
  dependsOn: (args) => [args.appointmentId],
  creates: () => [],
})

/** A change of the state alone, which leaves the seats as they are. */
const stateCommand = <Name extends string>(name: Name, state: AppointmentState, roles: readonly Role[]) =>
  defineCommand({
    name,
    args: z.object({ appointmentId: Id }),
    roles,
    effect(rows, args) {
      const appointment = rows.get('appointment', args.appointmentId)
      if (!appointment || !mayBecome(appointment.state, state)) return []
      return [{ entity: 'appointment', row: { ...appointment, state, confirmBy: null } }]
    },
    dependsOn: (args) => [args.appointmentId],
    creates: () => [],
  })

/**
 * The citizen takes what the office proposed. Before its `confirmBy`, or it is refused with `proposal-expired`. Taken in time but heard of late, when
 * it has lapsed, it gets its place again; `slot-taken` or `slot-gone` when that is another's or over.
 */
export const confirmAppointment = stateCommand('appointment.confirm', 'confirmed', anyDeskRole)

const counterRoles: readonly Role[] = ['specialist', 'supervisor', 'administrator']

export const noteNoShow = stateCommand('appointment.no-show', 'no-show', counterRoles)
export const noteAttended = stateCommand('appointment.attended', 'attended', counterRoles)
