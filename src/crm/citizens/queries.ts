import { sql } from 'kysely'
import type { CallerContext } from '#contract/crm.ts'
import { owedDays, toldStates } from '#contract/domain/appointment.ts'
import { type Citizen, mostOnNumber } from '#contract/domain/citizen.ts'
import { type Contact, type Party, partiesOf } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import { type E164, toE164 } from '#contract/domain/phone-number.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { inPlaceOf } from '../agenda/closure-rows.ts'
import { readAppointments, selectAppointments } from '../appointments/rows.ts'
import { readContacts, selectContacts } from '../contacts/rows.ts'
import { asJson, type Places, type Reader, type Sql, statement, withInstants } from '../store/query.ts'
import { readTickets, selectTickets } from '../tickets/rows.ts'
import { intoJournal, type LineOfRead, lineOf } from './reads.ts'
import { readCitizens, selectCitizens, survivorOf } from './rows.ts'

export async function readCitizen(db: Reader, id: Id): Promise<Citizen | null> {
  const [citizen] = await readCitizens(db, sql`c.id = ${id}`)
  return citizen ?? null
}

const contextLimit = 50

export type Asked = { number: string; userId: Id; contactId: Id; now: Date }

/** `ids`: an array. */
const selectParties = (ids: Sql) => sql<Party>`
    select c.id as "citizenId", c.given_name || ' ' || c.family_name as name from citizens c where c.id = any(${ids})`

/** As an array, so that it may stand beside another condition and both use their index. */
const theirs = sql`citizen_id = any(array(select id from who))`
const tail = (by: Sql) => sql`order by ${by} limit ${sql.lit(contextLimit)}`

const whoCalls = statement(
  (asked: Places<{ e164: E164 } & LineOfRead>) => sql<CallerContext>`
    with who as materialized (
      select c.id from citizens c
      where c.merged_into is null and c.id in (select p.citizen_id from citizen_phones p where p.number = ${asked.e164})
      order by c.name_key, c.id limit ${sql.lit(mostOnNumber)}
    ), noted as (${intoJournal(asked, sql`who`)}),
    said as materialized (
      select k.id, k.citizen_id, k.on_behalf_of from contacts k
      where k.${theirs} or k.on_behalf_of = any(array(select id from who))
        or (k.citizen_id is null and k.caller_number = ${asked.e164} and k.started_at > ${asked.at}::timestamptz - interval '90 days')
      ${tail(sql`k.started_at desc`)}
    )
    select ${asJson(selectCitizens(sql`c.id in (select id from who)`, sql`order by c.name_key, c.id`))} as citizens,
      ${asJson(
        selectContacts(sql`k.id = any(array(select id from said))`, sql`order by k.started_at desc`),
      )} as contacts,
      ${asJson(
        selectParties(
          sql`array(select unnest(array[citizen_id, on_behalf_of]) from said where on_behalf_of is not null)`,
        ),
      )} as parties,
      ${asJson(
        selectTickets(
          sql`t.${theirs} and t.status = any(${[...openTicketStatuses]}::text[])`,
          tail(sql`t.received_at desc`),
        ),
      )} as tickets,
      ${asJson(
        selectAppointments(
          sql`a.${theirs} and a.state = any(${[...toldStates]}::text[])
            and a.starts_at > ${asked.at}::timestamptz
              - make_interval(days => case a.state when 'cancelled-by-office' then ${owedDays} else 1 end)
            and not exists (select 1 from (${inPlaceOf(sql`select a.id`)}) i join appointments later on later.id = i.id
              where later.state not in ('cancelled-by-citizen', 'cancelled-by-office', 'lapsed'))`,
          tail(sql`a.starts_at`),
        ),
      )} as appointments`,
)

/**
 * Who calls from a number and what is open with them; nobody for a number that is none. Written to the journal as read for that contact, in the same
 * statement: a desk asks at every ring, and each round trip to the database costs more than what it does there.
 */
export async function callerContext(
  db: Reader,
  { number, userId, contactId, now }: Asked,
): Promise<CallerContext> {
  const e164 = toE164(number)
  if (e164 === null) return { citizens: [], contacts: [], tickets: [], appointments: [], parties: [] }
  const line = lineOf({
    userId,
    reason: { kind: 'call', id: contactId },
    at: now.toISOString(),
    source: 'crm',
  })
  const rows = await whoCalls.run(db, { e164, ...line })
  const { citizens = [], contacts = [], tickets = [], appointments = [], parties = [] } = rows[0] ?? {}
  return {
    citizens,
    contacts: withInstants(contacts, ['startedAt', 'answeredAt', 'endedAt']),
    tickets: withInstants(tickets, ['receivedAt', 'answeredAt', 'metAt']),
    appointments: withInstants(appointments, ['startsAt', 'endsAt', 'confirmBy']),
    parties,
  }
}

async function readParties(db: Reader, contacts: readonly Contact[]): Promise<Party[]> {
  const ids = contacts.flatMap(partiesOf)
  return ids.length === 0 ? [] : (await selectParties(sql`${ids}::uuid[]`).execute(db)).rows
}

/** Everything of one person, or of the one they turned out to be, newest first; null when there is no such person. */
export async function citizenStory(db: Reader, asked: Id): Promise<CallerContext | null> {
  const id = await survivorOf(db, asked)
  const citizen = id === null ? null : await readCitizen(db, id)
  if (id === null || !citizen) return null
  const contacts = await readContacts(
    db,
    sql`(k.citizen_id = ${id} or k.on_behalf_of = ${id})`,
    sql`order by k.started_at desc limit 500`,
  )
  return {
    citizens: [citizen],
    contacts,
    tickets: await readTickets(db, sql`t.citizen_id = ${id}`, sql`order by t.received_at desc limit 500`),
    appointments: await readAppointments(
      db,
      sql`a.citizen_id = ${id}`,
      sql`order by a.starts_at desc limit 500`,
    ),
    parties: await readParties(db, contacts),
  }
}
