import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Affected, ClosureOutcome, Standing } from './crm-agenda.ts'
import { ShownCitizen } from './domain/citizen-shown.ts'
import { Id, PlainDate, Slug } from './domain/ids.ts'
import { CitizenMessage } from './domain/message.ts'
import { Closure, TimeOfDay } from './domain/opening.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/** By the office's own clock: from a day to another, both included; with times from one on the first day to one on the last. */
export const ClosedTime = z.object({
  ...{ from: PlainDate, to: PlainDate },
  ...{ fromTime: TimeOfDay.nullable(), toTime: TimeOfDay.nullable() },
})
export type ClosedTime = z.infer<typeof ClosedTime>

/** As `Recovery`; only the affected may book until `keptThrough` is over. */
export const OfferedRecovery = z.object({
  from: PlainDate,
  days: z.number().int().min(1).max(62),
  fromTime: TimeOfDay,
  toTime: TimeOfDay,
  counters: z.number().int().min(1).max(20),
  keptThrough: PlainDate,
})
export type OfferedRecovery = z.infer<typeof OfferedRecovery>

/** Whose appointment a closure took away; their numbers in the masked form, by which `call` finds them again. */
export const ShownAffected = Affected.extend({ citizen: ShownCitizen.nullable() })
export type ShownAffected = z.infer<typeof ShownAffected>

export const ShownStanding = Standing.extend({ citizen: ShownCitizen.nullable() })
export type ShownStanding = z.infer<typeof ShownStanding>

const oneClosure = z.object({ closureId: Id })

/**
 * What supervisors and administrators do with offices that close; nothing of the CRM's answers is kept at the desk. Every call may reject with
 * `forbidden` and `unavailable: crm-away`.
 */
export const deskOffices = {
  closures: base.input(z.object({ officeId: Slug })).output(z.object({ closures: z.array(ClosureOutcome) })),
  /** How many appointments would be cancelled. */
  concerned: base
    .input(z.object({ officeId: Slug, time: ClosedTime }))
    .output(z.object({ count: z.number().int() })),
  /** The id is the page's: asked again, it does nothing twice and answers how far it is. */
  close: base
    .input(
      z.object({
        ...{ id: Id, officeId: Slug, time: ClosedTime, reason: Closure.shape.reason },
        bookings: z.enum(['cancel', 'keep']),
        recovery: OfferedRecovery.nullable(),
      }),
    )
    .output(ClosureOutcome),
  withdraw: base.input(oneClosure).output(ClosureOutcome),
  recover: base
    .input(oneClosure.extend({ officeId: Slug, recovery: OfferedRecovery }))
    .output(ClosureOutcome),
  /** In the order in which their appointments would have been, or are. */
  affected: base
    .input(oneClosure)
    .output(z.object({ affected: z.array(ShownAffected), standing: z.array(ShownStanding) })),
  /**
   * Dials one of a person's numbers, as the list shows it, or the one from which an appointment was booked that is nobody's.
   * `not-found: record-not-found`: it is not theirs any more.
   */
  call: base
    .input(
      z.union([z.object({ citizenId: Id, number: z.string().min(1).max(40) }), z.object({ contactId: Id })]),
    )
    .output(z.object({ callId: Id })),
  /** Messages that failed, newest first. */
  failed: base.output(z.object({ messages: z.array(CitizenMessage) })),
  /** Those of them that are tried anew. */
  resend: base.input(z.object({ ids: z.array(Id).min(1).max(500) })).output(z.object({ ids: z.array(Id) })),
} as const
