import { sql } from 'kysely'
import type { CallerContext } from '#contract/crm.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Id } from '#contract/domain/ids.ts'
import { toE164 } from '#contract/domain/phone-number.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { readAppointments } from '../appointments/rows.ts'
import { readContacts } from '../contacts/rows.ts'
import type { Reader, Sql } from '../store/query.ts'
import { readTickets } from '../tickets/rows.ts'
import { readCitizens } from './rows.ts'

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')

/** Fewer would list the directory instead of finding somebody. */
const fewestDigits = 3

/** By number when it has one, by fiscal code when it looks like one, else by name from its beginning, in either order. */
export function searchCitizens(db: Reader, text: string, limit: number): Promise<Citizen[]> {
  const tail = sql`order by c.name_key, c.id limit ${limit}`
  if (/^[+\d][\d\s/.()-]*$/.test(text.trim()))
    return text.replaceAll(/\D/g, '').length < fewestDigits
      ? Promise.resolve([])
      : readCitizens(db, hasNumberLike(text.trim()), tail)
  const code = text.replaceAll(/\s/g, '').toUpperCase()
  if (/^[A-Z]{6}\d[A-Z0-9]{0,9}$/.test(code)) {
    return readCitizens(db, sql`c.fiscal_code like ${`${code}%`}`, tail)
  }
  const prefix = sql`replace(replace(search_key(${text}), '_', '\\_'), '%', '\\%') || '%'`
  return readCitizens(
    db,
    sql`search_key(${text}) <> '' and (c.name_key like ${prefix} or c.name_key_reversed like ${prefix})`,
    tail,
  )
}

function hasNumberLike(text: string): Sql {
  const digits = text.replaceAll(/\D/g, '')
  const starts =
    text.startsWith('+') || text.startsWith('00')
      ? [`+${digits.replace(/^00/, '')}`]
      : [`+39${digits}`, `+${digits}`]
  const whole = toE164(text)
  const patterns = [...starts, ...(whole === null ? [] : [whole])].map(
    (start) => sql`p.number like ${`${escapeLike(start)}%`}`,
  )
  return sql`c.id in (select p.citizen_id from citizen_phones p where ${sql.join(patterns, sql` or `)})`
}

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
    sql`c.id in (select p.citizen_id from citizen_phones p where p.number = ${e164})`,
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
      sql`a.${theirs} and a.state in ('requested', 'confirmed', 'proposed') and a.starts_at > ${now.toISOString()}::timestamptz - interval '1 day'`,
      sql`order by a.starts_at limit ${contextLimit}`,
    ),
  }
}

/** Everything of one person, newest first, or null when there is no such person. */
export async function citizenStory(db: Reader, id: Id): Promise<CallerContext | null> {
  const citizen = await readCitizen(db, id)
  if (!citizen) return null
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
