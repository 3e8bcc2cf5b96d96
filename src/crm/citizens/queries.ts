import { sql } from 'kysely'
import type { CallerContext } from '#contract/crm.ts'
import { owedDays, toldStates } from '#contract/domain/appointment.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Id } from '#contract/domain/ids.ts'
import { toE164 } from '#contract/domain/phone-number.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { readAppointments } from '../appointments/rows.ts'
import { readContacts } from '../contacts/rows.ts'
import type { Reader } from '../store/query.ts'
import { readTickets } from '../tickets/rows.ts'
import { readCitizens, survivorOf } from './rows.ts'

export async function readCitizen(db: Reader, id: Id): Promise<Citizen | null> {
  const [citizen] = await readCitizens(db, sql`c.id = ${id}`)
  return citizen ?? null
}

const householdLimit = 12
const contextLimit = 50

/** Who calls from a number and what is open with them; nobody for a number that is none. */
export async function callerContext(db: Reader, number: string, now: Date): Promise<CallerContext> {
  const e164 = toE164(number)
  if (e164 === null) return { citizens: [], contacts: [], tickets: [], appointments: [] }
  const citizens = await readCitizens(
    db,
    sql`c.merged_into is null and c.id in (select p.citizen_id from citizen_phones p where p.number = ${e164})`,
    sql`order by c.name_key, c.id limit ${householdLimit}`,
  )
  const ids = citizens.map((citizen) => citizen.id)
  const theirs = sql`citizen_id = any(${ids}::uuid[])`
  return {
    citizens,
    contacts: await readContacts(
      db,
      sql`k.${theirs} or (k.citizen_id is null and k.caller_number = ${e164} and k.started_at > ${now.toISOString()}::timestamptz - interval '90 days')`,
      sql`order by k.started_at desc limit ${contextLimit}`,
    ),
    tickets: await readTickets(
      db,
      sql`t.${theirs} and t.status = any(${[...openTicketStatuses]}::text[])`,
      sql`order by t.received_at desc limit ${contextLimit}`,
    ),
    appointments: await readAppointments(
      db,
      sql`a.${theirs} and a.state = any(${[...toldStates]}::text[])
        and a.starts_at > ${now.toISOString()}::timestamptz
          - make_interval(days => case a.state when 'cancelled-by-office' then ${owedDays} else 1 end)
        and not exists (select 1 from appointments later where later.recovery_of = a.id
          and later.state not in ('cancelled-by-citizen', 'cancelled-by-office', 'lapsed'))`,
      sql`order by a.starts_at limit ${contextLimit}`,
    ),
  }
}

/** Everything of one person, or of the one they turned out to be, newest first; null when there is no such person. */
export async function citizenStory(db: Reader, asked: Id): Promise<CallerContext | null> {
  const id = await survivorOf(db, asked)
  const citizen = id === null ? null : await readCitizen(db, id)
  if (id === null || !citizen) return null
  return {
    citizens: [citizen],
    contacts: await readContacts(db, sql`k.citizen_id = ${id}`, sql`order by k.started_at desc limit 500`),
    tickets: await readTickets(db, sql`t.citizen_id = ${id}`, sql`order by t.received_at desc limit 500`),
    appointments: await readAppointments(
      db,
      sql`a.citizen_id = ${id}`,
      sql`order by a.starts_at desc limit 500`,
    ),
  }
}
