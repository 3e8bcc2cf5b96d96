import { sql } from 'kysely'
import { appointmentCode } from '#contract/domain/appointment-code.ts'
import { askedFor, auditor, listReason, personsOf } from '../citizens/router.ts'
import { os, requireUser } from '../http/context.ts'
import { appointmentMessages, type MessagesDeps } from '../messages/router.ts'
import { belongsTo } from '../store/query.ts'
import { type BookingTerms, bookingRouter } from './booking-router.ts'
import { readAppointments, readSlots } from './rows.ts'

const slotLimit = 2000

export function appointmentsRouter(deps: MessagesDeps & { booking: BookingTerms }) {
  const { db } = deps
  const audit = auditor(deps)
  return {
    ...appointmentMessages(deps),
    ...bookingRouter(deps),
    list: os.appointments.list.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const where = belongsTo('a', input)
      const appointments = await readAppointments(db, where, sql`order by a.starts_at desc, a.id limit 500`)
      await audit(user.id, personsOf([...appointments, askedFor(input)]), listReason(input))
      return { appointments }
    }),

    byCode: os.appointments.byCode.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const code = appointmentCode(input.code)
      const found = code === null ? [] : await readAppointments(db, sql`a.code = ${code}`)
      await audit(user.id, personsOf(found), { kind: 'search' })
      return { appointment: found[0] ?? null }
    }),

    slots: os.appointments.slots.handler(async ({ input }) => {
      const office = input.officeId === undefined ? sql`true` : sql`s.office_id = ${input.officeId}`
      const slots = await readSlots(
        db,
        // The first two bounds are for the index: no zone is a day from UTC.
        sql`s.agenda = ${input.agenda} and ${office}
          and s.starts_at >= ${input.from}::date - interval '1 day' and s.starts_at < ${input.to}::date + interval '2 days'
          and exists (select 1 from offices o where o.id = s.office_id
            and s.starts_at >= ${input.from}::timestamp at time zone (o.body->>'zone')
            and s.starts_at < (${input.to}::timestamp + interval '1 day') at time zone (o.body->>'zone'))`,
        sql`order by s.starts_at, s.office_id limit ${slotLimit}`,
      )
      return { slots }
    }),
  }
}
