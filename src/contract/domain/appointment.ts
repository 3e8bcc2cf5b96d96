import { z } from 'zod'
import { Id, Instant, Slug } from './ids.ts'

/** Some minutes of one office's agenda. `booked` counts the active appointments; the CRM's database keeps it within `capacity`. */
export const Slot = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  officeId: Slug,
  /** Which counters serve it; a service names the agenda it is booked in. */
  agenda: Slug,
  startsAt: Instant,
  durationMinutes: z.number().int().min(5).max(240),
  capacity: z.number().int().nonnegative(),
  booked: z.number().int().nonnegative(),
})
export type Slot = z.infer<typeof Slot>

export const freeSeats = (slot: Pick<Slot, 'capacity' | 'booked'>): number =>
  Math.max(0, slot.capacity - slot.booked)

/**
 * `requested`: made on a desk, not yet confirmed by the CRM; the citizen has a wish, not a seat.
 * Who cancelled is part of the state: an office's cancellation is never a no-show.
 */
export const AppointmentState = z.enum([
  'requested',
  'confirmed',
  'cancelled-by-citizen',
  'cancelled-by-office',
  'no-show',
  'attended',
])
export type AppointmentState = z.infer<typeof AppointmentState>

export const Appointment = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  /** Short code that can be read out on the phone; null until confirmed. */
  code: z.string().max(16).nullable(),
  slotId: Id,
  serviceId: Slug,
  officeId: Slug,
  startsAt: Instant,
  citizenId: Id.nullable(),
  contactId: Id.nullable(),
  state: AppointmentState,
})
export type Appointment = z.infer<typeof Appointment>
