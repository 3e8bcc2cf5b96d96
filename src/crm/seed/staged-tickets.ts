import { sql } from 'kysely'
import { insertRows } from '../store/insert-rows.ts'
import type { Trx } from '../store/store.ts'
import type { ContactRow, ToldTicket } from './history.ts'

/** The city's requests that are not in this directory have numbers too. */
const requestsADay = 140

/** Where requests wait, as they are told, until all are there: protocol numbers follow the order of receipt, over everybody. */
export async function openStaging(trx: Trx): Promise<void> {
  await sql`
    create temporary table seed_tickets (
      position bigint generated always as identity, ticket jsonb not null, entries jsonb not null, suspensions jsonb not null
    ) on commit drop`.execute(trx)
}

/** Calls of people who are in the store. */
export async function writeTold(
  trx: Trx,
  told: { contacts: readonly ContactRow[]; tickets: readonly ToldTicket[] },
): Promise<void> {
  const [first] = told.contacts
  if (first)
    await insertRows(trx, 'contacts', Object.keys(first) as (keyof ContactRow & string)[], told.contacts)
  if (told.tickets.length === 0) return
  await sql`
    insert into seed_tickets (ticket, entries, suspensions) select ticket, entries, suspensions
    from jsonb_to_recordset(${JSON.stringify(told.tickets)}::jsonb) as x(ticket jsonb, entries jsonb, suspensions jsonb)`.execute(
    trx,
  )
}

const ticketColumns = sql.join(
  (
    [
      ...(['id', 'kind', 'topic_id', 'text', 'citizen_id', 'contact_id', 'status', 'received_at'] as const),
      ...(['due_on', 'steps', 'answered_at', 'met_at', 'unsent', 'team'] as const),
      ...(['protocol_year', 'protocol_number'] as const),
    ] as const
  ).map((column) => sql.ref(column)),
)

/** Numbers the requests within their year and moves them where they belong. Gives how many there are. */
export async function writeTickets(trx: Trx): Promise<number> {
  await sql`
    insert into tickets (${ticketColumns})
    with received as (
      select position, ticket, (ticket->>'received_at')::timestamptz at time zone 'UTC' as at from seed_tickets
    ), placed as (
      select ticket, extract(year from at)::integer as year,
        row_number() over (partition by extract(year from at) order by at, position) as nth,
        extract(doy from min(at) over (partition by extract(year from at)))::integer - 1 as days
      from received
    )
    select ${ticketColumns} from placed, jsonb_populate_record(null::tickets,
      ticket || jsonb_build_object('protocol_year', year, 'protocol_number', ${sql.lit(requestsADay)} * days + nth))`.execute(
    trx,
  )
  await sql`
    insert into ticket_suspensions (ticket_id, position, from_day, to_day, reason, waiting)
    select r.ticket_id, r.position, r.from_day, r.to_day, r.reason, r.waiting
    from seed_tickets s, jsonb_populate_recordset(null::ticket_suspensions, s.suspensions) r`.execute(trx)
  await sql`
    insert into ticket_entries (id, ticket_id, at, author_id, body)
    select r.id, r.ticket_id, r.at, r.author_id, r.body
    from seed_tickets s, jsonb_populate_recordset(null::ticket_entries, s.entries) r`.execute(trx)
  await sql`
    insert into ticket_protocols (year, last_number)
    select protocol_year, max(protocol_number) from tickets group by protocol_year`.execute(trx)
  const { rows } = await sql<{ n: number }>`select count(*)::integer as n from seed_tickets`.execute(trx)
  return rows[0]?.n ?? 0
}
