import { sql } from 'kysely'
import type { Appointment, Slot } from '#contract/domain/appointment.ts'
import type { Reader, Sql } from '../store/query.ts'

/** Appointments `a` that satisfy `where`; `tail` orders and limits. */
export const selectAppointments = (where: Sql, tail: Sql = sql``) => sql<Appointment>`
    select a.id, a.version, a.code, a.slot_id as "slotId",
      coalesce((select jsonb_agg(q.slot_id order by q.starts_at) from slot_seats q where q.appointment_id = a.id), '[]') as "slotIds",
      a.service_ids as "serviceIds", a.office_id as "officeId", a.starts_at as "startsAt", a.ends_at as "endsAt", a.counter,
      a.citizen_id as "citizenId", a.contact_id as "contactId", a.state, a.sequence, a.confirm_by as "confirmBy", a.reason,
      a.recovery_of as "recoveryOf"
    from appointments a where ${where} ${tail}`

export async function readAppointments(db: Reader, where: Sql, tail?: Sql): Promise<Appointment[]> {
  const { rows } = await selectAppointments(where, tail).execute(db)
  return rows
}

/** Slots `s` that satisfy `where`, with their taken seats counted; `tail` orders and limits. */
export async function readSlots(db: Reader, where: Sql, tail: Sql = sql``): Promise<Slot[]> {
  const { rows } = await sql<Slot>`
    select s.id, s.version, s.office_id as "officeId", s.agenda, s.starts_at as "startsAt",
      s.duration_minutes as "durationMinutes", s.capacity,
      (select count(q.appointment_id) from slot_seats q where q.slot_id = s.id) as booked
    from slots s where ${where} ${tail}`.execute(db)
  return rows
}
