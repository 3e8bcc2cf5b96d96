import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { User } from '#contract/domain/agent.ts'
import { cityZone } from '#contract/domain/ids.ts'
import { firstLevel } from '#contract/domain/rulebook.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import type { Sql } from '../store/query.ts'

/** Whether a desk holds the persons it works with, or everybody: the city's policy. */
export type DirectoryPolicy = 'working-set' | 'whole'

export const recentDays = 90
export const slotDays = 14

export type Scope = {
  /** Whose requests; null: everybody's. */
  teams: string[] | null
  directory: DirectoryPolicy
  /** Contacts, requests and appointments since then; slots from today on, for `slotDays`. */
  since: string
  /** In the city. */
  today: string
  slotsFrom: string
  slotsUntil: string
  /** Changes when what the user may see changes otherwise than by rows and time. */
  key: string
}

export const cityDay = (now: Date): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(cityZone).toPlainDate()

export const dayStart = (day: Temporal.PlainDate): string =>
  day.toZonedDateTime(cityZone).toInstant().toString()

export function scopeOf(user: User, directory: DirectoryPolicy, now: Date): Scope {
  const today = cityDay(now)
  const teams = teamsSeen(user)
  return {
    teams,
    directory,
    since: dayStart(today.subtract({ days: recentDays })),
    today: today.toString(),
    slotsFrom: dayStart(today),
    slotsUntil: dayStart(today.add({ days: slotDays })),
    key: createHash('sha256')
      .update(JSON.stringify([user.id, teams, directory]))
      .digest('base64url')
      .slice(0, 12),
  }
}

/**
 * Whose requests somebody sees: their teams'; null, everybody's, at the first level, for whoever calls first speaks with it, and of those who
 * look after all queues.
 */
export const teamsSeen = (user: Pick<User, 'teams' | 'roles'>): string[] | null =>
  user.teams.includes(firstLevel) ||
  user.roles.some((role) => role === 'supervisor' || role === 'administrator')
    ? null
    : user.teams.toSorted()

/** On rows `t`. */
export const ofTeamsSeen = (teams: readonly string[] | null): Sql =>
  teams === null ? sql`true` : sql`t.team = any(${[...teams]}::text[])`

type Viewer = Pick<User, 'id' | 'teams' | 'roles'>

/** Another team's request is not there; one that was assigned to somebody is theirs too. */
export function maySee(user: Viewer, { team, assigneeId }: Pick<Ticket, 'team' | 'assigneeId'>): boolean {
  const teams = teamsSeen(user)
  return teams === null || teams.includes(team) || assigneeId === user.id
}

/** The same, on rows `t`. */
export const seenBy = (user: Viewer): Sql =>
  sql`(t.assignee_id = ${user.id} or ${ofTeamsSeen(teamsSeen(user))})`

/** Conditions on the rows as the modules' readers name them: `c` citizens, `k` contacts, `t` tickets, `a` appointments, `s` slots. */
export const contactInScope = (scope: Scope): Sql => sql`k.started_at >= ${scope.since}`

/** Also older ones, while they are not closed. */
export const ticketInScope = (scope: Scope): Sql =>
  sql`(t.received_at >= ${scope.since} or t.status <> 'closed') and ${ofTeamsSeen(scope.teams)}`

export const entryInScope = (scope: Scope): Sql =>
  sql`exists (select 1 from tickets t where t.id = e.ticket_id and ${ticketInScope(scope)})`

/** Not those that are nobody's here, made on the portal or at a newsstand by who is not in the directory: a desk has no use for them, and they are most. */
export const appointmentInScope = (scope: Scope): Sql =>
  sql`a.starts_at >= ${scope.since} and (a.citizen_id is not null or a.contact_id is not null)`

export const slotInScope = (scope: Scope): Sql =>
  sql`s.starts_at >= ${scope.slotsFrom} and s.starts_at < ${scope.slotsUntil}`

/**
 * `offset 0` keeps PostgreSQL from reading all contacts, appointments and requests into hashes for each page of a thousand citizens: asked
 * for one citizen at a time, by index, a page costs the same in a city of any size.
 */
export const citizenInScope = (scope: Scope): Sql =>
  scope.directory === 'whole'
    ? sql`true`
    : sql`(exists (select 1 from contacts k where k.citizen_id = c.id and ${contactInScope(scope)} offset 0)
        or exists (select 1 from contacts k where k.on_behalf_of = c.id and ${contactInScope(scope)} offset 0)
        or exists (select 1 from appointments a where a.citizen_id = c.id and ${appointmentInScope(scope)} offset 0)
        or exists (select 1 from tickets t where t.citizen_id = c.id and ${ticketInScope(scope)} offset 0)
        or exists (select 1 from citizen_delegations d join contacts k on k.citizen_id = d.citizen_id
          where d.for_id = c.id and (d.until is null or d.until >= ${scope.today}::date) and ${contactInScope(scope)} offset 0))`
