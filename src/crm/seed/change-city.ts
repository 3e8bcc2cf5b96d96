import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { newId } from '#contract/domain/ids.ts'
import { rulebookId } from '#contract/domain/rulebook.ts'
import { lockHours, ruleRow } from '../agenda/hours.ts'
import { extendHorizon } from '../agenda/jobs.ts'
import { makeSlots } from '../agenda/slots.ts'
import { type ReferenceEntity, referenceTables } from '../reference/rows.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTrial } from '../store/transaction.ts'
import { announceChanges, appendChange } from '../sync/changes.ts'
import { workOutAgain } from '../tickets/rules.ts'
import type { Foundation } from './foundation.ts'

export type CityChange = {
  what: ReferenceEntity
  id: string
  did: 'new' | 'changed' | 'ended' | 'begins again' | 'removed'
  detail: string
  /** In the way of it all. */
  blocks?: true
}

/**
 * Makes the city what its folders say, in one transaction, and tells the desks; without `apply` it says what would change and changes
 * nothing. What the folders have no more is ended, for requests, appointments and accounts name it; a card, which nothing names, goes.
 */
export async function changeCity(
  db: Db,
  foundation: Foundation,
  { apply, now }: { apply: boolean; now: Date },
): Promise<CityChange[]> {
  const isDone = (changes: readonly CityChange[]) => apply && !changes.some(({ blocks }) => blocks)
  const changes = await inTrial(db, (trx) => write(trx, foundation, now), isDone)
  if (!isDone(changes)) return changes
  if (changes.length > 0) await announceChanges(db)
  // A holiday more, or an office.
  if (changes.some(({ what }) => what === 'rulebook' || what === 'office')) await extendHorizon(db, now)
  return changes
}

type Body = Record<string, unknown>
type Row = { id: string; body: Body }

async function write(trx: Trx, { city, rules }: Foundation, now: Date): Promise<CityChange[]> {
  // Two at once would each write what the other has not read.
  await sql`select pg_advisory_xact_lock(hashtextextended('the city', 0))`.execute(trx)
  const rowsOf = (list: readonly { id: string }[]): Row[] =>
    list.map(({ id, ...body }) => ({ id, body: JSON.parse(JSON.stringify(body)) }))
  const changes = [
    ...(await writeKind(trx, 'team', rowsOf(rules.teams))),
    ...(await writeKind(trx, 'topic', rowsOf(city.topics))),
    ...(await writeKind(trx, 'service', rowsOf(city.services))),
    ...(await writeOffices(trx, city, rowsOf(city.offices), now)),
    ...(await writeKind(trx, 'article', rowsOf(city.articles))),
    ...(await writeKind(trx, 'rulebook', rowsOf([{ id: rulebookId, ...rules.rulebook }]))),
  ]
  const [book] = changes.filter(({ what }) => what === 'rulebook')
  if (book) {
    const moved = await workOutAgain(trx, rules.rulebook)
    if (moved > 0) book.detail += `; ${moved} open requests are worked out anew`
  }
  return changes
}

async function writeKind(trx: Trx, what: ReferenceEntity, wanted: readonly Row[]): Promise<CityChange[]> {
  const table = sql.table(referenceTables[what])
  // No more than what changes them takes: whoever books or opens a request meanwhile, and names one, does not wait.
  const { rows: there } = await sql<Row>`select id, body from ${table} order by id for no key update`.execute(
    trx,
  )
  const known = new Map(there.map(({ id, body }) => [id, body]))
  const changes: CityChange[] = []
  const note = async (id: string, did: CityChange['did'], detail: string, write: Sql) => {
    const { rows } = await sql<{ version: number }>`${write} returning version`.execute(trx)
    await appendChange(trx, what, id, did === 'removed' ? 0 : (rows[0]?.version ?? 0))
    changes.push({ what, id, did, detail })
  }
  const put = (id: string, body: Body) =>
    sql`update ${table} set body = ${JSON.stringify(body)}::jsonb, version = version + 1 where id = ${id}`
  for (const { id, body } of wanted) {
    const before = known.get(id)
    known.delete(id)
    if (!before) {
      await note(
        id,
        'new',
        '',
        sql`insert into ${table} (id, body) values (${id}, ${JSON.stringify(body)}::jsonb)`,
      )
    } else if (!isDeepStrictEqual(before, body)) {
      const did = body.ended ? 'ended' : before.ended ? 'begins again' : 'changed'
      await note(
        id,
        did,
        did === 'ended' ? await usesOf(trx, what, id) : differences(before, body),
        put(id, body),
      )
    }
  }
  for (const [id, body] of known) {
    if (what === 'article') await note(id, 'removed', '', sql`delete from ${table} where id = ${id}`)
    else if (what !== 'rulebook' && !body.ended)
      await note(id, 'ended', await usesOf(trx, what, id), put(id, { ...body, ended: true }))
  }
  return changes
}

const differences = (before: Body, after: Body): string =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => key !== 'ended' && !isDeepStrictEqual(before[key], after[key]))
    .map((key) => {
      const plain = [before[key], after[key]].every(
        (value) => value === undefined || typeof value !== 'object',
      )
      return plain ? `${key}: ${before[key] ?? 'none'} → ${after[key] ?? 'none'}` : key
    })
    .join(', ')

/** What still has to do with something that ends. */
async function usesOf(trx: Trx, what: ReferenceEntity, id: string): Promise<string> {
  const open = (where: Sql) =>
    sql`(select count(*)::int from tickets t where t.status <> 'closed' and ${where})`
  const ahead = (where: Sql) =>
    sql`(select count(*)::int from appointments a where a.state in ('confirmed', 'proposed') and a.starts_at > clock_timestamp() and ${where})`
  const counts: Partial<Record<ReferenceEntity, Record<string, Sql>>> = {
    team: {
      'open requests are with it': open(sql`t.team = ${id}`),
      'accounts and clients are in it': sql`(select count(*)::int from users where ${id} = any(teams) and deactivated_at is null)`,
    },
    topic: { 'open requests are about it': open(sql`t.topic_id = ${id}`) },
    service: { 'appointments for it are to come': ahead(sql`${id} = any(a.service_ids)`) },
    office: {
      'appointments in it are to come': ahead(sql`a.office_id = ${id}`),
      // What a recovery keeps nobody has yet.
      'places in it are lent to desks or held': sql`(select count(*)::int from slot_seats q
        where q.office_id = ${id} and q.appointment_id is null and q.starts_at > clock_timestamp()
          and (q.held_until > clock_timestamp() or q.kept_until > clock_timestamp() and exists (
            select 1 from leases l where l.id = q.lease_id and l.kind = 'desk')))`,
    },
  }
  const said: string[] = []
  for (const [words, count] of Object.entries(counts[what] ?? {})) {
    const { rows } = await sql<{ count: number }>`select ${count} as count`.execute(trx)
    if (rows[0]?.count) said.push(`${rows[0].count} ${words}`)
  }
  return said.join(', ')
}

/**
 * Hours of an office that is there are changed with the API, so they come from the folder only for an office or a kind of counter that is
 * new. One that ends has none any more, and no appointments: those are cancelled first, by a closure that tells whom it concerns. Nor may a desk
 * still book there, with a line or without.
 */
async function writeOffices(
  trx: Trx,
  city: Foundation['city'],
  wanted: readonly Row[],
  now: Date,
): Promise<CityChange[]> {
  const changes = await writeKind(trx, 'office', wanted)
  for (const change of changes) {
    const { id } = change
    await lockHours(trx, id)
    if (change.did === 'ended') {
      await trx.deleteFrom('opening_rules').where('office_id', '=', id).execute()
      await makeSlots(trx, id, now)
      // Counted again, now that nobody can book there any more.
      const uses = await usesOf(trx, 'office', id)
      if (uses !== '') Object.assign(change, { blocks: true, detail: `${uses}: close it first` })
      continue
    }
    const open = await trx
      .selectFrom('opening_rules')
      .select('agenda')
      .distinct()
      .where('office_id', '=', id)
      .execute()
    const has = new Set(open.map(({ agenda }) => agenda))
    const rules = city.rules.filter(({ officeId, agenda }) => officeId === id && !has.has(agenda))
    if (rules.length > 0) {
      await trx
        .insertInto('opening_rules')
        .values(rules.map(({ officeId, ...rule }) => ruleRow(officeId, rule)))
        .execute()
    }
    if (change.did !== 'new') continue
    for (const { officeId, from, to, reason } of city.closures.filter((one) => one.officeId === id)) {
      await trx
        .insertInto('closures')
        .values({
          ...{ id: newId(), office_id: officeId, starts_at: from, ends_at: to, reason },
          ...{ cancels: false, made_at: now.toISOString() },
        })
        .execute()
    }
  }
  return changes
}
