import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Notify } from './commands/appointment.ts'
import { Appointment, ServiceIds } from './domain/appointment.ts'
import { DocumentCheck } from './domain/eligibility.ts'
import { Id, Instant, Slug } from './domain/ids.ts'
import { BookingChannel } from './domain/reference.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
const done = z.object({})

/** Most minutes that seats are kept at once for somebody who talks, and in all with every renewal. */
export const longestHoldMinutes = 10
export const longestHoldInAllMinutes = 20

/** Seats kept for a visit until `heldUntil`, by the CRM's clock: nobody else gets them before, and everybody may after. */
export const Hold = z.object({
  id: Id,
  heldUntil: Instant,
  officeId: Slug,
  startsAt: Instant,
  endsAt: Instant,
  slotId: Id,
  slotIds: z.array(Id).min(1),
  counter: z.number().int().positive(),
})
export type Hold = z.infer<typeof Hold>

/** One visit that the CRM has lent to a desk. */
export const LentVisit = z.object({
  slotId: Id,
  slotIds: z.array(Id).min(1),
  officeId: Slug,
  startsAt: Instant,
  endsAt: Instant,
  counter: z.number().int().positive(),
})
export type LentVisit = z.infer<typeof LentVisit>

/**
 * From `seats` the desk may book for real while the CRM is away, until `bookUntil` by its own clock; what it booked by then is real if the
 * CRM hears of it before `keptUntil`. All of them begin after that.
 */
export const Lease = z.object({
  id: Id,
  serviceId: Slug,
  seats: z.array(LentVisit),
  bookUntil: Instant,
  keptUntil: Instant,
})
export type Lease = z.infer<typeof Lease>

/** Most visits of a service that one desk may have on loan. */
export const mostLentVisits = 20

const oneAppointment = z.object({ id: Id })

/** That of the appointment as it was read. */
const sequence = Appointment.shape.sequence.optional()
const changedSince =
  'With the `sequence` of the appointment as it was read it is refused (`appointment-changed`, 409) when somebody has moved or confirmed it since: an older wish does not undo a newer one. The `params` say where and when it is now. Asking again for what is so already is answered as the first time. Without it, it is done whatever happened since.'

/**
 * Seats and what becomes of them. Ids are made by the caller, so all of it may be sent again: the answer is that of the first time.
 * Refusals: `slot-taken`, `slot-gone`, `hold-expired`, `lease-expired`, `proposal-expired`, `appointment-settled`, `appointment-begun`,
 * `appointment-changed`.
 */
export const bookingContract = {
  /** The same id for the same place is answered as before; for another place, or once it is over, it is `slot-taken`. */
  hold: base
    .route({ method: 'PUT', path: '/holds/{id}', summary: 'Keep seats for a visit while somebody talks' })
    .input(
      z.object({
        id: Id,
        serviceIds: ServiceIds,
        officeId: Slug,
        startsAt: Instant,
        /** The site’s own length when it is missing. */
        minutes: z.number().int().min(1).max(longestHoldMinutes).optional(),
        /** The appointment that the office cancelled and this visit makes up for: its recovery agenda is open to it. */
        recoveryOf: Id.nullable().default(null),
      }),
    )
    .output(Hold),
  renewHold: base
    .route({
      method: 'POST',
      path: '/holds/{id}/renew',
      summary: 'Keep them longer, up to twenty minutes in all',
    })
    .input(oneAppointment)
    .output(z.object({ heldUntil: Instant })),
  releaseHold: base
    .route({ method: 'DELETE', path: '/holds/{id}', summary: 'Give them back; no error when they are gone' })
    .input(oneAppointment)
    .output(done),

  /** With a live hold it has its seats; with one that is over any free seats of that moment. */
  book: base
    .route({ method: 'POST', path: '/appointments/{id}', summary: 'Book a visit' })
    .input(
      z.object({
        id: Id,
        serviceIds: ServiceIds,
        officeId: Slug,
        startsAt: Instant,
        citizenId: Id.nullable().default(null),
        contactId: Id.nullable().default(null),
        holdId: Id.nullable().default(null),
        recoveryOf: Id.nullable().default(null),
        channel: BookingChannel,
        notify: Notify.default([]),
        /** What was asked of the document that a service renews: `renewal-too-early` follows from it. */
        checked: DocumentCheck.optional(),
      }),
    )
    .output(Appointment),
  reschedule: base
    .route({
      method: 'POST',
      path: '/appointments/{id}/reschedule',
      summary: 'To another time or place: the old seats are free when the new ones are taken',
      description: changedSince,
    })
    .input(
      z.object({
        id: Id,
        officeId: Slug,
        startsAt: Instant,
        holdId: Id.nullable().default(null),
        notify: Notify.default([]),
        sequence,
      }),
    )
    .output(Appointment),
  /** By the citizen until it begins, by the office also after. */
  cancel: base
    .route({
      method: 'POST',
      path: '/appointments/{id}/cancel',
      summary: 'Cancel, by the citizen or the office',
      description: changedSince,
    })
    .input(
      z.object({
        id: Id,
        by: z.enum(['citizen', 'office']),
        reason: z.string().trim().min(1).max(500).nullable().default(null),
        notify: Notify.default([]),
        sequence,
      }),
    )
    .output(Appointment),
  confirm: base
    .route({ method: 'POST', path: '/appointments/{id}/confirm', summary: 'Take what the office proposed' })
    .input(oneAppointment)
    .output(Appointment),
  /** Once it has begun: `appointment-to-come` before. Nobody is a no-show at a closed office: `office-was-closed`. */
  noShow: base
    .route({ method: 'POST', path: '/appointments/{id}/no-show', summary: 'Nobody came' })
    .input(oneAppointment)
    .output(Appointment),
  /** On its day, or after: `appointment-to-come` before. */
  attended: base
    .route({ method: 'POST', path: '/appointments/{id}/attended', summary: 'The visit took place' })
    .input(oneAppointment)
    .output(Appointment),

  /** Lends what there is, at most `count` visits; the same id is answered as the first time. */
  lease: base
    .route({
      method: 'PUT',
      path: '/leases/{id}',
      summary: 'Lend a desk visits to book from while the CRM is away',
    })
    .input(
      z.object({
        id: Id,
        deviceId: Id,
        serviceId: Slug,
        officeIds: z.array(Slug).min(1).max(50).optional(),
        count: z.number().int().min(1).max(mostLentVisits),
      }),
    )
    .output(Lease),
  releaseLease: base
    .route({ method: 'DELETE', path: '/leases/{id}', summary: 'Give back what is not booked' })
    .input(oneAppointment)
    .output(done),
} as const
