import { sql } from 'kysely'
import { cityDayOf } from '#contract/domain/calendar.ts'
import type { Id, PlainDate } from '#contract/domain/ids.ts'
import { type ClockView, clockOn, daysBetween } from '#contract/domain/reply-term.ts'
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

/** Not answered, or by a message that has not gone out, and late or so within `days`. One whose clock stands is as far from its last day as when it was stopped. */
export async function watchList(
  db: Reader,
  asked: { teams: readonly string[] | null; days: number | undefined; limit: number },
  today: PlainDate,
): Promise<{ ticket: Ticket; clock: ClockView }[]> {
  const book = await readRulebook(db)
  const days = asked.days ?? book.terms.warnDays
  const ofTeams = asked.teams === null ? sql`true` : sql`t.team = any(${[...asked.teams]}::text[])`
  const found: { ticket: Ticket; clock: ClockView }[] = []
  for (let after = sql`true`; ; ) {
    // Stored is the last day as it was when the clock was stopped: never later than what it is now.
    const page = await readTickets(
      db,
      sql`t.met_at is null and (t.status <> 'closed' or t.unsent) and t.due_on <= ${today}::date + ${days}::integer
        and ${ofTeams} and ${after}`,
      sql`order by t.due_on, t.id limit ${asked.limit}`,
    )
    found.push(
      ...page
        .map((ticket) => ({ ticket, clock: clockOn(factsOf(ticket), book, today) }))
        .filter(({ clock }) => clock.days <= days),
    )
    found.sort((a, b) => a.clock.days - b.clock.days)
    const last = page.at(-1)
    const lastShown = found[asked.limit - 1]
    // Whatever follows is due later than all that are shown.
    const done = last && lastShown && lastShown.clock.days <= daysBetween(today, last.dueOn)
    if (!last || page.length < asked.limit || done) return found.slice(0, asked.limit)
    after = sql`(t.due_on, t.id) > (${last.dueOn}::date, ${last.id}::uuid)`
  }
}

/** As what, and of whom, a request was opened, where that was changed since. The person may have been joined with another. */
export async function openedAs(
  db: Reader,
  ticketId: Id,
): Promise<Partial<Pick<Ticket, 'kind' | 'topicId' | 'citizenId'>>> {
  const { rows } = await sql<{ was: Partial<Pick<Ticket, 'kind' | 'topicId' | 'citizenId'>> }>`
    select distinct on (e.did)
      case e.did when 'classified' then e.body->'from' else jsonb_build_object('citizenId', e.body->'fromId') end as was
    from ticket_entries e
    where e.ticket_id = ${ticketId} and (e.did = 'classified' and e.body ? 'from' or e.did = 'identified' and e.body ? 'fromId')
    order by e.did, e.recorded_at, e.id`.execute(db)
  return Object.assign({}, ...rows.map(({ was }) => was))
}
