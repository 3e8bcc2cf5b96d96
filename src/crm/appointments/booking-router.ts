import { sql } from 'kysely'
import type { Seen } from '#contract/commands/appointment.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { auditor, listReason, personsOf } from '../citizens/router.ts'
import { os, type RequestContext, requireSignIn, requireUser } from '../http/context.ts'
import { prepared } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { hold, releaseHold, renewHold } from './holds.ts'
import { type LeaseTerms, lend, releaseLease } from './leases.ts'
import { readAppointments } from './rows.ts'
import { book, cancel, confirm, noteAttended, noteNoShow, reschedule } from './visits.ts'

/** What a site sets: how long seats are kept for who talks, and for a desk that may lose the CRM. */
export type BookingTerms = { holdMinutes: number; lease: LeaseTerms }

export const usualTerms: BookingTerms = { holdMinutes: 5, lease: { bookHours: 12, graceHours: 12 } }

/** Whoever asks by REST has had the answer to what they asked before. */
const asRead = (sequence: number | undefined): Seen =>
  sequence === undefined ? undefined : { sequence, after: [] }

/** The same changes as the desks' commands make, for who asks by REST. */
export function bookingRouter(deps: { db: Db; now(): Date; booking: BookingTerms }) {
  const { db, booking: terms } = deps
  const audit = auditor(deps)

  /** Makes the change, tells the desks, and answers how the appointment stands. */
  async function change(
    context: RequestContext,
    id: Id,
    work: (trx: Trx, user: User) => Promise<void>,
  ): Promise<Appointment> {
    const user = await requireUser(context)
    const appointment = await inTransaction(db, async (trx) => {
      await work(trx, user)
      const [row] = await readAppointments(trx, sql`${prepared} a.id = ${id}`)
      if (!row) throw new Fault('not-found', 'record-not-found')
      return row
    })
    await announceChanges(db)
    await audit(
      user.id,
      personsOf([appointment]),
      listReason({ contactId: appointment.contactId ?? undefined }),
    )
    return appointment
  }

  return {
    hold: os.appointments.hold.handler(async ({ input }) => {
      return hold(db, { ...input, minutes: input.minutes ?? terms.holdMinutes })
    }),
    renewHold: os.appointments.renewHold.handler(async ({ input }) => {
      return renewHold(db, input.id, terms.holdMinutes)
    }),
    releaseHold: os.appointments.releaseHold.handler(async ({ input }) => {
      await releaseHold(db, input.id)
      return {}
    }),

    book: os.appointments.book.handler(({ context, input }) =>
      change(context, input.id, (trx) => book(trx, { ...input, leaseId: null })),
    ),
    reschedule: os.appointments.reschedule.handler(({ context, input: { id, sequence, ...place } }) =>
      change(context, id, (trx) => reschedule(trx, { ...place, appointmentId: id, seen: asRead(sequence) })),
    ),
    cancel: os.appointments.cancel.handler(({ context, input: { id, sequence, ...how } }) =>
      change(context, id, (trx) => cancel(trx, { ...how, appointmentId: id, seen: asRead(sequence) })),
    ),
    confirm: os.appointments.confirm.handler(({ context, input: { id } }) =>
      change(context, id, (trx) => confirm(trx, id)),
    ),
    noShow: os.appointments.noShow.handler(({ context, input: { id } }) =>
      change(context, id, (trx) => noteNoShow(trx, id)),
    ),
    attended: os.appointments.attended.handler(({ context, input: { id } }) =>
      change(context, id, (trx) => noteAttended(trx, id)),
    ),

    lease: os.appointments.lease.handler(async ({ context, input }) => {
      const { user, grant } = await requireSignIn(context)
      const { deviceCredential } = context
      return lend(
        db,
        { ...input, officeIds: input.officeIds, userId: user.id, grant, deviceCredential },
        terms.lease,
      )
    }),
    releaseLease: os.appointments.releaseLease.handler(async ({ context, input }) => {
      const { user, grant } = await requireSignIn(context)
      const { deviceCredential } = context
      await releaseLease(db, input.id, { userId: user.id, grant, deviceCredential })
      return {}
    }),
  }
}
