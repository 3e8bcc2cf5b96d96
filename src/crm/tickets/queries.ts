import { sql } from 'kysely'
import { cityDayOf } from '#contract/domain/calendar.ts'
import type { Id, PlainDate } from '#contract/domain/ids.ts'
import { type ClockView, clockOn } from '#contract/domain/reply-term.ts'
import type { Ticket, TicketStatus } from '#contract/domain/ticket.ts'
import { factsOf } from '#contract/domain/ticket-act.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import { Fault } from '#contract/errors.ts'
import type { Reader } from '../store/query.ts'
import { readEntries, readTickets } from './rows.ts'
import { readRulebook } from './rules.ts'

/** The most that one request shows of its history. */
const mostEntries = 2000

export async function ticketWithHistory(
  db: Reader,
  id: Id,
  now: Date,
): Promise<{ ticket: Ticket; clock: ClockView; entries: TicketEntry[] }> {
  const [ticket] = await readTickets(db, sql`t.id = ${id}`)
  if (!ticket) throw new Fault('not-found', 'ticket-gone')
  const clock = clockOn(factsOf(ticket), await readRulebook(db), cityDayOf(now.toISOString()))
  const tail = sql`order by e.at, e.id limit ${mostEntries}`
  return { ticket, clock, entries: await readEntries(db, sql`e.ticket_id = ${id}`, tail) }
}

export function ticketsOfTeam(
  db: Reader,
  asked: {
    team: string
    assigneeId?: Id | undefined
    status?: TicketStatus | undefined
    limit: number
  },
): Promise<Ticket[]> {
  const conditions = [
    sql`t.team = ${asked.team}`,
    asked.status === undefined ? sql`t.status <> 'closed'` : sql`t.status = ${asked.status}`,
    ...(asked.assigneeId === undefined ? [] : [sql`t.assignee_id = ${asked.assigneeId}`]),
  ]
  return readTickets(db, sql.join(conditions, sql` and `), sql`order by t.due_on, t.id limit ${asked.limit}`)
}

/** Not answered, and late or so within `days`. One whose clock stands is as far from its last day as when it was stopped. */
export async function watchList(
  db: Reader,
  asked: { teams: readonly string[] | null; days: number | undefined; limit: number },
  today: PlainDate,
): Promise<{ ticket: Ticket; clock: ClockView }[]> {
  const book = await readRulebook(db)
  const days = asked.days ?? book.terms.warnDays
  const ofTeams = asked.teams === null ? sql`true` : sql`t.team = any(${[...asked.teams]}::text[])`
  // Stored is the last day as it was when the clock was stopped: never later than what it is now.
  const found = await readTickets(
    db,
    sql`t.answered_at is null and t.status <> 'closed' and t.due_on <= ${today}::date + ${days}::integer and ${ofTeams}`,
    sql`order by t.due_on, t.id limit ${asked.limit}`,
  )
  return found
    .map((ticket) => ({ ticket, clock: clockOn(factsOf(ticket), book, today) }))
    .filter(({ clock }) => clock.days <= days)
    .toSorted((a, b) => a.clock.days - b.clock.days)
}
