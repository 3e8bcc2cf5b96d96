import { sql } from 'kysely'
import type { Alike, Entered } from '#contract/crm-citizens.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { type CitizenQuestion, citizenQuestion, type WordsQuestion } from '#contract/domain/citizen-search.ts'
import type { Id } from '#contract/domain/ids.ts'
import { type Compared, comparedOf, rankAlike } from '#contract/domain/likeness.ts'
import { prepared, type Reader, type Sql } from '../store/query.ts'
import type { Trx } from '../store/store.ts'
import { readCitizens } from './rows.ts'

const escapeLike = (text: string): string => `${text.replaceAll(/[\\%_]/g, '\\$&')}%`
/** Who turned out to be another is found as that other. */
const there = sql`c.merged_into is null`
/** What is ordered at most of those with certain words: more are no answer to a person who searches. */
const orderedMatches = 200

/** By name, number, fiscal code, address or identity, as `citizenQuestion` reads what was typed. In the order of names, whose name begins so before the others. */
export async function searchCitizens(
  db: Reader,
  text: string,
  limit: number,
): Promise<{ citizens: Citizen[]; more: boolean }> {
  const persons = await matching(db, text, limit + 1)
  return { citizens: persons.slice(0, limit), more: persons.length > limit }
}

async function matching(db: Reader, text: string, limit: number): Promise<Citizen[]> {
  const question = citizenQuestion(text)
  if (question === null) return []
  if (question.by === 'words') return byWords(db, question, limit)
  const persons = await readCitizens(
    db,
    sql`${there} and ${where(question)}`,
    sql`order by c.name_key, c.id limit ${limit}`,
  )
  return persons.length === 0 && question.by === 'fiscal-code'
    ? byWords(db, question.otherwise, limit)
    : persons
}

/**
 * First the persons, then their order: left to choose, PostgreSQL walks all names in their order to find the few that are asked for. Of more matches than
 * are ordered nobody reads the end.
 */
const found = (ids: Sql, most = orderedMatches): Sql => sql`c.id = any(array(${ids} limit ${most}))`

function where(question: Exclude<CitizenQuestion, { by: 'words' }>): Sql {
  if (question.by === 'fiscal-code')
    return found(sql`select id from citizens where fiscal_code like ${escapeLike(question.beginning)}`)
  if (question.by === 'identity')
    return found(sql`select i.citizen_id from citizen_identities i where i.value = ${question.value}`)
  const beginnings = question.beginnings.map((start) => sql`p.number like ${escapeLike(start)}`)
  return found(sql`select p.citizen_id from citizen_phones p where ${sql.join(beginnings, sql` or `)}`)
}

async function byWords(db: Reader, { key, words }: WordsQuestion, limit: number): Promise<Citizen[]> {
  const begins = (column: string) => {
    const by = sql.ref(column)
    return found(
      sql`select id from citizens where merged_into is null and ${by} like ${escapeLike(key)} order by ${by}, id`,
      limit,
    )
  }
  const named = await readCitizens(
    db,
    sql`(${begins('name_key')} or ${begins('name_key_reversed')})`,
    sql`order by c.name_key, c.id limit ${limit}`,
  )
  if (named.length >= limit) return named
  // Words are letters and digits: nothing in them could be taken for an operator.
  const having = (mark: string) =>
    readCitizens(
      db,
      found(sql`select w.id from citizens w where w.merged_into is null
        and w.words @@ ${words.map((word) => `'${word}'${mark}`).join(' & ')}::tsquery`),
      sql`order by c.name_key, c.id limit ${limit}`,
    )
  const known = new Set(named.map(({ id }) => id))
  const persons = [...named, ...(await having('')).filter(({ id }) => !known.has(id))]
  return (persons.length > 0 ? persons : await having(':*')).slice(0, limit)
}

const mostCandidates = 200

/**
 * Those who share a code, an identity, a number, the name in either order or the day of birth, and were not kept apart. What is not known is
 * nobody's, so that the statement is always the same: whoever is entered or changed is compared, and to plan it costs more than to run it.
 */
async function candidates(
  db: Reader,
  person: Compared,
  except: Id | null,
  among: 'all' | 'entered' = 'all',
): Promise<Citizen[]> {
  const { familyName, givenName } = person
  const isNamed = familyName.trim() !== '' && givenName.trim() !== ''
  const name = (first: string, second: string) =>
    sql`search_key(${isNamed ? `${first} ${second}` : null}::text)`
  const numbers = person.phones.map(({ number }) => number)
  const schemes = person.identities.map(({ scheme }) => scheme)
  const values = person.identities.map(({ value }) => value)
  const entered = among === 'entered' ? sql`and origin = 'desk'` : sql``
  const parts = [
    sql`select id from citizens where fiscal_code = ${person.fiscalCode} ${entered}`,
    sql`select citizen_id from citizen_phones where number = any(${numbers}::text[])`,
    sql`select i.citizen_id from citizen_identities i join unnest(${schemes}::text[], ${values}::text[]) u (scheme, value) using (scheme, value)`,
    sql`select id from citizens where name_key = any(array[${name(familyName, givenName)}, ${name(givenName, familyName)}]) ${entered}`,
    sql`select id from citizens where birth_date = ${person.birthDate} ${entered}`,
  ].map((part) => sql`(${part} limit ${sql.lit(mostCandidates)})`)
  return readCitizens(
    db,
    sql`${prepared} ${there} ${entered} and c.id = any(array(${sql.join(parts, sql` union `)})) and c.id is distinct from ${except}
      and not exists (select 1 from citizens_kept_apart k where (k.citizen_id, k.other_id)
        = (least(c.id, ${except}::uuid), greatest(c.id, ${except}::uuid)))`,
  )
}

/** Who may be the person who is being entered, the likeliest first. */
export async function alikeTo(db: Reader, entered: Entered): Promise<Alike[]> {
  const person = comparedOf(entered)
  return rankAlike(person, await candidates(db, person, null))
}

/**
 * Waits for whoever is entering or changing a person right now, until the end of the transaction: two who enter the same one at the same moment
 * would each see nobody. After what of the database is locked by name, and before the looking.
 */
export const lookAlone = (trx: Trx): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtextextended('persons alike', 0))`.execute(trx)

/** Whether anybody is left, of all or of those whom desks have entered, with whom somebody would have to be compared. */
export const isAlikeToSomebody = async (
  db: Reader,
  person: Compared & Pick<Citizen, 'id'>,
  among: 'all' | 'entered' = 'all',
): Promise<boolean> => rankAlike(person, await candidates(db, person, person.id, among)).length > 0

/**
 * Of residents those who share with somebody whom a desk has entered what makes a candidate: of many most share nothing, and to ask for each alone takes the
 * most of an import.
 */
export async function sharingWithEntered(db: Reader, residents: readonly Id[]): Promise<Set<Id>> {
  const { rows } = await sql<{ id: Id }>`
    with resident as materialized (
      select id, fiscal_code, name_key, name_key_reversed, birth_date from citizens where id = any(${residents}::uuid[])),
    entered as materialized (
      select id, fiscal_code, name_key, birth_date from citizens where origin = 'desk' and merged_into is null)
    select r.id from resident r join entered e using (fiscal_code)
    union select r.id from resident r join entered e using (birth_date)
    union select r.id from resident r join entered e using (name_key)
    union select r.id from resident r join entered e on e.name_key = r.name_key_reversed
    union select r.id from resident r join citizen_phones p on p.citizen_id = r.id
      join citizen_phones o using (number) join entered e on e.id = o.citizen_id
    union select r.id from resident r join citizen_identities i on i.citizen_id = r.id
      join citizen_identities o using (scheme, value) join entered e on e.id = o.citizen_id`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Persons who are marked, those who were known first before the others, with whom they may be. */
export async function toCompare(
  db: Reader,
  { after, limit }: { after?: Id | undefined; limit: number },
): Promise<{ citizen: Citizen; alike: Alike[] }[]> {
  const marked = await readCitizens(
    db,
    sql`c.needs_duplicate_check and ${there} and ${after === undefined ? sql`true` : sql`c.id > ${after}`}`,
    sql`order by c.id limit ${limit}`,
  )
  const pairs = []
  for (const citizen of marked)
    pairs.push({ citizen, alike: rankAlike(citizen, await candidates(db, citizen, citizen.id)) })
  return pairs
}
