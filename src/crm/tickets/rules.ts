import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { z } from 'zod'
import { CityCalendar } from '#contract/domain/calendar.ts'
import type { Id, Slug } from '#contract/domain/ids.ts'
import { Topic } from '#contract/domain/reference.ts'
import { dueOf, lawBook, ReplyTerms, type TermBook } from '#contract/domain/reply-term.ts'
import { CityTeam, firstLevel, RoutingRule, type Rulebook, rulebookId } from '#contract/domain/rulebook.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { factsOf } from '#contract/domain/ticket-act.ts'
import { readCityFiles } from '../reference/city-files.ts'
import { readReference, referenceTables } from '../reference/rows.ts'
import type { Reader, Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges, appendChange } from '../sync/changes.ts'
import { readTickets } from './rows.ts'

export const cityRules = fileURLToPath(new URL('../../../resources/city/', import.meta.url))

const head = { example: z.boolean(), note: z.string().min(1) }
const CalendarFile = z.strictObject({ ...head, calendar: CityCalendar })
const TermsFile = z.strictObject({ ...head, terms: ReplyTerms })
const RoutingFile = z.strictObject({ ...head, routing: z.array(RoutingRule).max(500) })
const TeamsFile = z.strictObject({
  ...head,
  teams: z
    .array(CityTeam.omit({ version: true }).strict())
    .min(1)
    .max(200),
})

export type CityRules = {
  teams: Omit<CityTeam, 'version'>[]
  rulebook: Omit<Rulebook, 'id' | 'version'>
}

/**
 * `calendar.json`, `terms.json`, `routing.json` and `teams.json` of a folder; throws `FileProblem`s that name file and line of what
 * does not parse or names what is not there; `own`: also for one that a city has still to look at.
 */
export async function loadRules(folder: string = cityRules, { own = false } = {}): Promise<CityRules> {
  const { files, check } = await readCityFiles(
    folder,
    { calendar: CalendarFile, terms: TermsFile, routing: RoutingFile, teams: TeamsFile },
    { own },
  )
  const { calendar, terms, routing, teams } = files
  const known = new Map<Slug, Omit<CityTeam, 'version'>>()
  for (const [i, team] of teams.content.teams.entries()) {
    if (known.has(team.id)) teams.note(['teams', i, 'id'], `${team.id} is there twice`)
    known.set(team.id, team)
  }
  if (!known.has(firstLevel)) teams.note(['teams'], `no team ${firstLevel}`)
  if (known.get(firstLevel)?.ended) teams.note(['teams'], `${firstLevel} cannot end`)
  for (const [i, rule] of routing.content.routing.entries()) {
    const team = known.get(rule.team)
    if (!team) routing.note(['routing', i, 'team'], `no team ${rule.team}`)
    else if (team.ended && rule.validTo === null)
      routing.note(['routing', i, 'team'], `the team ${rule.team} has ended`)
  }
  check()
  return {
    teams: teams.content.teams,
    rulebook: {
      calendar: calendar.content.calendar,
      terms: terms.content.terms,
      routing: routing.content.routing,
    },
  }
}

/** Makes the city's configuration the one that counts; what has not changed is not written, so that no desk hears of it. */
export async function writeRules(trx: Trx, rules: CityRules): Promise<boolean> {
  const put = async (entity: 'team' | 'rulebook', rows: readonly { id: Slug; body: object }[]) => {
    const { rows: written } = await sql<{ id: Slug; version: number }>`
      insert into ${sql.table(referenceTables[entity])} as d (id, body)
        select x.id, x.body from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(id text, body jsonb)
      on conflict (id) do update set body = excluded.body, version = d.version + 1 where d.body <> excluded.body
      returning id, version`.execute(trx)
    for (const { id, version } of written) await appendChange(trx, entity, id, version)
    return written.length > 0
  }
  const teams = await put(
    'team',
    rules.teams.map(({ id, ...body }) => ({ id, body })),
  )
  const rulebook = await put('rulebook', [{ id: rulebookId, body: rules.rulebook }])
  return teams || rulebook
}

/** The same for a city that has requests: those that nobody has answered are due by the rules as they are now. */
export async function applyRules(db: Db, rules: CityRules): Promise<void> {
  const changed = await inTransaction(db, async (trx) => {
    if (!(await writeRules(trx, rules))) return false
    await workOutAgain(trx, rules.rulebook)
    return true
  })
  if (changed) await announceChanges(db)
}

const batch = 500

/** How many requests have another date, or another reason for it. */
export async function workOutAgain(trx: Trx, book: TermBook): Promise<number> {
  let changed = 0
  for (let after: string | null = null; ; ) {
    const later: Sql = after === null ? sql`true` : sql`t.id > ${after}`
    // Read only when nobody else is at them any more: a clock that is just being stopped or extended counts.
    const { rows: locked }: { rows: { id: Id }[] } = await sql<{ id: Id }>`
      select t.id from tickets t where t.met_at is null and (t.status <> 'closed' or t.unsent) and ${later}
      order by t.id limit ${batch} for no key update`.execute(trx)
    const ids = locked.map(({ id }) => id)
    const tickets: Ticket[] = await readTickets(trx, sql`t.id = any(${ids}::uuid[])`)
    for (const ticket of tickets) {
      // Stored is the day as it was when a clock that stands was stopped.
      const stood = ticket.clock.suspensions.at(-1)
      const { dueOn, steps } = dueOf(factsOf(ticket), book, stood?.from ?? ticket.dueOn)
      if (dueOn === ticket.dueOn && isDeepStrictEqual(steps, ticket.clock.steps)) continue
      changed += 1
      const { version } = await trx
        .updateTable('tickets')
        .set((eb) => ({ due_on: dueOn, steps: JSON.stringify(steps), version: eb('version', '+', 1) }))
        .where('id', '=', ticket.id)
        .returning('version')
        .executeTakeFirstOrThrow()
      await appendChange(trx, 'ticket', ticket.id, version)
    }
    after = ids.at(-1) ?? null
    if (ids.length < batch) return changed
  }
}

/** What counts now; the law's own where no city has been configured. */
export async function readRulebook(db: Reader): Promise<Omit<Rulebook, 'id' | 'version'>> {
  const [row] = await readReference(db, 'rulebook', sql`d.id = ${rulebookId}`)
  // Checked when it was written.
  return row ? (row as Rulebook) : { ...lawBook, routing: [] }
}

type Known = {
  teams: readonly Pick<CityTeam, 'id' | 'ended'>[]
  topics: readonly Pick<Topic, 'id' | 'team' | 'ended'>[]
  routing: readonly RoutingRule[]
}
export type Stranger =
  | { path: ['topics', number, 'team']; problem: string }
  | { path: ['routing', number, 'topics', number]; problem: string }

/** What makes requests impossible, or a rule idle: topics of teams that are not there or have ended, rules about topics that are not there. */
export function strangersIn({ teams, topics, routing }: Known): Stranger[] {
  const teamOf = new Map(teams.map((team) => [team.id, team]))
  const topicIds = new Set(topics.map(({ id }) => id))
  return [
    ...topics.flatMap(({ team, ended }, i): Stranger[] => {
      const known = teamOf.get(team)
      if (known && (ended || !known.ended)) return []
      return [
        { path: ['topics', i, 'team'], problem: known ? `the team ${team} has ended` : `no team ${team}` },
      ]
    }),
    ...routing.flatMap((rule, i) =>
      (rule.topics ?? []).flatMap((topic, j): Stranger[] =>
        topicIds.has(topic) ? [] : [{ path: ['routing', i, 'topics', j], problem: `no topic ${topic}` }],
      ),
    ),
  ]
}

/** Those of the city that is there, which may have been founded when nobody asked for them. */
export async function strangersOf(db: Reader): Promise<string[]> {
  const rowsOf = (entity: 'team' | 'topic') => readReference(db, entity, sql`true`, sql`order by d.id`)
  const teams = (await rowsOf('team')).map((row) => CityTeam.parse(row))
  const topics = (await rowsOf('topic')).map((row) => Topic.parse(row))
  const { routing } = await readRulebook(db)
  return strangersIn({ teams, topics, routing }).map(({ path: [list, i], problem }) =>
    list === 'topics' ? `topic ${topics[i]?.id}: ${problem}` : `rule ${routing[i]?.id}: ${problem}`,
  )
}
