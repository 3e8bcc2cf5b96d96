import { z } from 'zod'
import { Id, Instant, Slug } from './ids.ts'

/**
 * Some minutes of one office's agenda. Its seats are counters: `capacity` of them are open then, `booked` have somebody.
 * The CRM's database keeps `booked` within `capacity`.
 */
export const Slot = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  officeId: Slug,
  /** Which counters serve it; a service names the agenda it is booked in. */
  agenda: Slug,
  startsAt: Instant,
  /** The agenda's step. */
  durationMinutes: z.number().int().min(5).max(240),
  capacity: z.number().int().nonnegative(),
  booked: z.number().int().nonnegative(),
})
export type Slot = z.infer<typeof Slot>

export const freeSeats = (slot: Pick<Slot, 'capacity' | 'booked'>): number =>
  Math.max(0, slot.capacity - slot.booked)

/** Most services of one visit. */
export const mostServices = 6

/** What a visit is for: services of one agenda, the main one first. Their durations add up. */
export const ServiceIds = z
  .array(Slug)
  .min(1)
  .max(mostServices)
  .refine((ids) => new Set(ids).size === ids.length)

/**
 * `requested`: made on a desk, not yet confirmed by the CRM; the citizen has a wish, not a seat.
 * `proposed`: assigned by the office, its seat kept until `confirmBy`; `lapsed` when nobody confirmed it by then.
 * Who cancelled is part of the state: an office's cancellation is never a no-show.
 */
export const AppointmentState = z.enum([
  'requested',
  'confirmed',
  'proposed',
  'cancelled-by-citizen',
  'cancelled-by-office',
  'lapsed',
  'no-show',
  'attended',
])
export type AppointmentState = z.infer<typeof AppointmentState>

export const Appointment = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  /** Short code that can be read out on the phone; null until confirmed. */
  code: z.string().max(16).nullable(),
  /** The slot it begins in. */
  slotId: Id,
  /** All slots whose seats it takes, in their order: one counter, without a gap. Empty once it has no seat any more. */
  slotIds: z.array(Id),
  serviceIds: ServiceIds,
  officeId: Slug,
  startsAt: Instant,
  /** When the last of its seats ends. */
  endsAt: Instant,
  /** Number of the counter; null while it has no seat. */
  counter: z.number().int().positive().nullable(),
  citizenId: Id.nullable(),
  contactId: Id.nullable(),
  state: AppointmentState,
  /** SEQUENCE of RFC 5545: rises with every change of time, place or state. */
  sequence: z.number().int().nonnegative(),
  /** Of a proposed one: it lapses then. */
  confirmBy: Instant.nullable(),
  /** Why it was cancelled, for whoever answers the citizen. */
  reason: z.string().max(500).nullable(),
  /** The one cancelled by the office that this one makes up for. */
  recoveryOf: Id.nullable(),
})
export type Appointment = z.infer<typeof Appointment>

const moves: Record<AppointmentState, readonly AppointmentState[]> = {
  requested: ['confirmed', 'cancelled-by-citizen', 'cancelled-by-office'],
  proposed: ['confirmed', 'lapsed', 'cancelled-by-citizen', 'cancelled-by-office'],
  confirmed: ['cancelled-by-citizen', 'cancelled-by-office', 'no-show', 'attended'],
  // Corrections of what a counter noted: somebody was served after all, or the office had been closed.
  'no-show': ['attended', 'cancelled-by-office'],
  attended: ['no-show'],
  'cancelled-by-citizen': [],
  'cancelled-by-office': [],
  lapsed: [],
}

/**
 * Whether a state may follow another. The CRM's database refuses the others too, but for what was said in time and of which it hears late: a lapsed
 * one that was taken, and one noted as a no-show that was cancelled or moved.
 */
export const mayBecome = (from: AppointmentState, to: AppointmentState): boolean => moves[from].includes(to)

/** Still to come, as far as its state says: it can be moved and cancelled. */
export const isActive = (state: AppointmentState): boolean =>
  state === 'requested' || state === 'confirmed' || state === 'proposed'

/** The states of which a citizen who calls is told: that it stands, that nobody confirmed it in time, that the office took it away. */
export const toldStates = [
  'requested',
  'confirmed',
  'proposed',
  'lapsed',
  'cancelled-by-office',
] as const satisfies AppointmentState[]

export const isToldOf = (state: AppointmentState): boolean =>
  (toldStates as readonly AppointmentState[]).includes(state)

/** For so long after its time one that the office took away is still owed to its citizen, until another makes up for it. */
export const owedDays = 30

/** The states that sit on seats. */
export const seatedStates = [
  'confirmed',
  'proposed',
  'no-show',
  'attended',
] as const satisfies AppointmentState[]
