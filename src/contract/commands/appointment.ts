import { z } from 'zod'
import { Appointment } from '../domain/appointment.ts'
import { Id } from '../domain/ids.ts'
import { anyDeskRole, defineCommand } from './command.ts'

/** Book one seat of a slot. Until the CRM has confirmed it the appointment is `requested`: a wish, and the desk says so. */
export const bookAppointment = defineCommand({
  name: 'appointment.book',
  args: Appointment.pick({
    id: true,
    slotId: true,
    serviceId: true,
    officeId: true,
    startsAt: true,
    citizenId: true,
    contactId: true,
  }),
  roles: anyDeskRole,
  effect(rows, args) {
    const slot = rows.get('slot', args.slotId)
    return [
      { entity: 'appointment', row: { ...args, version: 0, code: null, state: 'requested' } },
      ...(slot
        ? [{ entity: 'slot' as const, row: { ...slot, booked: Math.min(slot.capacity, slot.booked + 1) } }]
        : []),
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: (args) => [args.id],
})

export const cancelAppointment = defineCommand({
  name: 'appointment.cancel',
  args: z.object({ appointmentId: Id, by: z.enum(['citizen', 'office']) }),
  roles: anyDeskRole,
  effect(rows, args) {
    const appointment = rows.get('appointment', args.appointmentId)
    if (!appointment || (appointment.state !== 'requested' && appointment.state !== 'confirmed')) return []
    const slot = rows.get('slot', appointment.slotId)
    return [
      {
        entity: 'appointment',
        row: {
          ...appointment,
          state: args.by === 'citizen' ? 'cancelled-by-citizen' : 'cancelled-by-office',
        },
      },
      ...(slot ? [{ entity: 'slot' as const, row: { ...slot, booked: Math.max(0, slot.booked - 1) } }] : []),
    ]
  },
  dependsOn: (args) => [args.appointmentId],
  creates: () => [],
})
