import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Appointment, ServiceIds } from './domain/appointment.ts'
import { Citizen } from './domain/citizen.ts'
import { Id, Instant, PlainDate, Slug } from './domain/ids.ts'
import { AppointmentMessage, Delivery, MessageChannel, Reach } from './domain/message.ts'
import { Closure, OpeningRules, TimeOfDay } from './domain/opening.ts'
import { FaultData, faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/** Where a visit begins that has room for it. */
export const SlotOffer = z.object({
  slotId: Id,
  officeId: Slug,
  startsAt: Instant,
  /** Of the visit, not of the slot: a visit takes as many slots in a row as its services need. */
  endsAt: Instant,
  /** Counters at which the whole visit can take place. */
  free: z.number().int().nonnegative(),
  /** Of these, those that are kept for whom a closure affected; none unless it is asked for one of them. */
  kept: z.number().int().nonnegative(),
})
export type SlotOffer = z.infer<typeof SlotOffer>

/** Seats kept for those whom a closure affected: counters beyond the usual ones, on some days. */
export const Recovery = z
  .object({
    /** First day, and how many days from it; Sundays and public holidays in between stay closed. */
    from: PlainDate,
    days: z.number().int().min(1).max(62),
    fromTime: TimeOfDay,
    toTime: TimeOfDay,
    counters: z.number().int().min(1).max(20),
    /** Until then only the affected may book; then everybody. */
    exclusiveUntil: Instant,
  })
  .refine(({ fromTime, toTime }) => fromTime < toTime, { path: ['toTime'] })
export type Recovery = z.infer<typeof Recovery>

/** When and where seats are kept for those whom a closure affected; after `exclusiveUntil` everybody may book them. */
export const RecoveryAgenda = z.object({
  officeId: Slug,
  opensAt: Instant,
  from: PlainDate,
  /** The last day. */
  to: PlainDate,
  fromTime: TimeOfDay,
  toTime: TimeOfDay,
  exclusiveUntil: Instant,
})
export type RecoveryAgenda = z.infer<typeof RecoveryAgenda>

/** What became of a message, by the channel it goes. */
const Told = Delivery.extend({ channel: MessageChannel, dueAt: AppointmentMessage.shape.dueAt })

/** Somebody whose appointment is in the way of an office's closure, and how to call them. */
const Concerned = z.object({
  citizen: Citizen.nullable(),
  /** Whether it was booked from a number that is known, and may be called when the appointment is nobody's. */
  hasCaller: z.boolean(),
})

/** Somebody whose appointment an office's closure took away. */
export const Affected = Concerned.extend({
  cancelled: Appointment,
  /** The appointment that takes its place, once there is one; also of one that was to and was lost too. */
  rebooked: Appointment.nullable(),
  /** The messages that told, or are to tell, that it is gone. */
  told: z.array(Told),
  /** By these messages, before the appointment would have begun. Whoever has another in its place knows, whatever this says. */
  reach: Reach,
})
export type Affected = z.infer<typeof Affected>

/** Somebody whose appointment stands in what is closed. No message tells them of it, and none reminds them. */
export const Standing = Concerned.extend({ appointment: Appointment })
export type Standing = z.infer<typeof Standing>

/** How far a closure is. */
export const ClosureOutcome = z.object({
  closure: Closure,
  bookings: z.enum(['cancel', 'keep']),
  recovery: Recovery.nullable(),
  /** Taken back at this moment: from then on it does not close the office; another closure or a holiday may. */
  withdrawnAt: Instant.nullable(),
  /** Bookings that were cancelled by the office. */
  cancelled: z.number().int().nonnegative(),
  /** Bookings that still stand in what is closed: still to be cancelled, or left to be moved by hand. None once it is taken back. */
  conflicts: z.number().int().nonnegative(),
  /** Seats to come, taken and free, of the recovery for those whose booking is cancelled; a longer visit takes several. Null without a recovery. */
  recoveryPlaces: z.number().int().nonnegative().nullable(),
})
export type ClosureOutcome = z.infer<typeof ClosureOutcome>

/** Offices' hours, what is free in them, and what the office itself does to appointments. */
export const agendaContract = {
  /** Earliest first. Seats that somebody holds, that a desk was lent or that are kept for others are not offered. */
  nextFree: base
    .route({
      method: 'GET',
      path: '/slots/next',
      summary: 'The next free places for a visit, over all offices and sixty days',
      description:
        'Earliest first, not before `from`. With `near` those nearest to that moment, before and after it, instead of the first ones.',
    })
    .input(
      z.object({
        serviceIds: ServiceIds,
        officeIds: z.array(Slug).min(1).max(100).optional(),
        municipio: z.coerce.number().int().min(1).max(9).optional(),
        /** Not before; now when it is not said. */
        from: Instant.optional(),
        /** Of all those to come the `limit` nearest to this moment, before and after it, instead of the first. */
        near: Instant.optional(),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        /** Also the seats kept for whom a closure affected: for the person whose cancelled appointment this is. */
        recoveryOf: Id.optional(),
      }),
    )
    .output(z.object({ offers: z.array(SlotOffer) })),
  /** Every slot that has not begun, with `free` 0 where the visit has no room. Days are the office's. */
  week: base
    .route({ method: 'GET', path: '/slots/week', summary: 'A week of one office, for one visit' })
    .input(
      z.object({
        officeId: Slug,
        serviceIds: ServiceIds,
        /** Any day of the week. */
        monday: PlainDate,
        recoveryOf: Id.optional(),
      }),
    )
    .output(z.object({ slots: z.array(SlotOffer) })),

  rules: base
    .route({
      method: 'GET',
      path: '/offices/{officeId}/rules',
      summary: 'When an office’s counters are open',
    })
    .input(z.object({ officeId: Slug }))
    .output(z.object({ rules: OpeningRules, closures: z.array(Closure) })),
  /** Replaces them all. Only free seats come and go; bookings that the new hours do not cover stay and are listed. */
  setRules: base
    .route({
      method: 'PUT',
      path: '/offices/{officeId}/rules',
      summary: 'Change when an office’s counters are open',
    })
    .input(z.object({ officeId: Slug, rules: OpeningRules }))
    .output(z.object({ conflicts: z.array(Appointment) })),
  /** Audited for every person in it. */
  conflicts: base
    .route({
      method: 'GET',
      path: '/offices/{officeId}/conflicts',
      summary: 'Bookings at times at which the office is not open any more',
    })
    .input(z.object({ officeId: Slug }))
    .output(z.object({ appointments: z.array(Appointment) })),

  /** Of the last thirty-one days and to come, with those that were taken back; the latest first. */
  closures: base
    .route({
      method: 'GET',
      path: '/offices/{officeId}/closures',
      summary: 'For what times an office was closed, and how far each closure is',
    })
    .input(z.object({ officeId: Slug }))
    .output(z.object({ closures: z.array(ClosureOutcome) })),
  /**
   * The id is the closure's and made by the caller: asking again does nothing twice and answers how far it is. Bookings are cancelled by
   * the office in batches; what is left when this answers goes on by itself. Recorded up to seven days after it began (`closure-too-old`) it
   * cancels also what nobody was served in since, with what was noted as a no-show meanwhile. A recovery begins while there are slots
   * (`recovery-too-far`), and what it keeps is kept when its last day has got them (`recovery-too-brief`).
   */
  closeDay: base
    .route({ method: 'POST', path: '/offices/{officeId}/closures', summary: 'Close an office for a time' })
    .input(
      z
        .object({
          officeId: Slug,
          id: Id,
          from: Instant,
          to: Instant,
          agendas: z.array(Slug).min(1).max(50).nullable(),
          reason: z.string().trim().min(1).max(500),
          /** `keep`: they stay, are listed with the affected as standing, and nobody is reminded of them while the office is closed. */
          bookings: z.enum(['cancel', 'keep']).default('cancel'),
          recovery: Recovery.nullable(),
        })
        .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'] }),
    )
    .output(ClosureOutcome),
  /** A number, and nobody's name: it is asked before the office is closed. */
  concerned: base
    .route({
      method: 'GET',
      path: '/offices/{officeId}/concerned',
      summary: 'How many appointments a closure of that time would cancel',
    })
    .input(
      z
        .object({
          officeId: Slug,
          from: Instant,
          to: Instant,
          /** All of the office when they are not said. */
          agendas: z.array(Slug).min(1).max(50).optional(),
        })
        .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'] }),
    )
    .output(z.object({ count: z.number().int().nonnegative() })),
  /**
   * What is left of its time can be booked again, and bookings that were still to be cancelled stay. What it cancelled stays cancelled and told, and its
   * recovery is still kept for those. Asking again changes nothing.
   */
  withdraw: base
    .route({
      method: 'POST',
      path: '/closures/{id}/withdraw',
      summary: 'Take a closure back, made by mistake or ended early',
    })
    .input(z.object({ id: Id }))
    .output(ClosureOutcome),
  /**
   * For a closure that cancels and has none; the rules are those of closing. Whoever was told of the cancellation, and has nothing in its place yet, is told
   * of the recovery. The same one again changes nothing; another is refused.
   */
  recover: base
    .route({
      method: 'PUT',
      path: '/closures/{id}/recovery',
      summary: 'Open a recovery agenda for those whom a closure affected',
    })
    .input(z.object({ id: Id, recovery: Recovery }))
    .output(ClosureOutcome),
  /** Both in the order in which to call them: whose appointment comes first. Audited for every person in it. */
  affected: base
    .route({
      method: 'GET',
      path: '/closures/{id}/affected',
      summary: 'Whose appointments a closure cancelled, and whose still stand in what it closed',
    })
    .input(z.object({ id: Id }))
    .output(z.object({ closure: Closure, affected: z.array(Affected), standing: z.array(Standing) })),

  /** The recovery agenda that is open to a cancelled appointment; null when there is none, or it is over. */
  recovery: base
    .route({
      method: 'GET',
      path: '/appointments/{id}/recovery',
      summary: 'Where a cancelled appointment can be made up for',
    })
    .input(z.object({ id: Id }))
    .output(z.object({ recovery: RecoveryAgenda.nullable() })),

  /**
   * Gives each person the next free place after `confirmBy`, in their own district if it has one within the week, as a proposal that lapses when it is not
   * confirmed by then. The id is made by the caller: asking again proposes to nobody twice. Who has one to come for that service is refused
   * (`service-booked`).
   */
  assign: base
    .route({
      method: 'PUT',
      path: '/assignments/{id}',
      summary: 'Propose appointments to people who did not ask',
    })
    .input(
      z.object({
        id: Id,
        serviceId: Slug,
        citizenIds: z.array(Id).min(1).max(500),
        confirmBy: Instant,
        /** Not before this day. */
        from: PlainDate,
      }),
    )
    .output(
      z.object({
        proposed: z.array(Appointment),
        /** Of these, whom no message reaches before it lapses: somebody must call, or write a letter. Asking again says who it is by then. */
        unreached: z.array(z.object({ citizenId: Id, appointmentId: Id, told: z.array(Told) })),
        failed: z.array(z.object({ citizenId: Id, fault: FaultData })),
      }),
    ),
} as const
