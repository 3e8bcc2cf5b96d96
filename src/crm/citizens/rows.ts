import { sql } from 'kysely'
import type { Citizen } from '#contract/domain/citizen.ts'
import { prepared, type Reader, type Sql } from '../store/query.ts'

/** Citizens `c` that satisfy `where`; `tail` orders and limits. */
export const selectCitizens = (where: Sql, tail: Sql = sql``) => sql<Citizen>`
    select c.id, c.version, c.given_name as "givenName", c.family_name as "familyName", c.birth_date as "birthDate",
      c.fiscal_code as "fiscalCode", c.language, c.email, c.needs_duplicate_check as "needsDuplicateCheck",
      to_jsonb(c.other_languages) as "otherLanguages", to_jsonb(c.other_emails) as "otherEmails",
      c.other_addresses as "otherAddresses", c.merged_into as "mergedInto",
      case when c.street is not null then
        jsonb_build_object('street', c.street, 'municipality', c.municipality, 'municipio', c.municipio) end as address,
      coalesce((select jsonb_agg(jsonb_build_object('number', p.number, 'kind', p.kind) order by p.position)
        from citizen_phones p where p.citizen_id = c.id), '[]') as phones,
      coalesce((select jsonb_agg(jsonb_build_object('scheme', i.scheme, 'value', i.value) order by i.position)
        from citizen_identities i where i.citizen_id = c.id), '[]') as identities,
      coalesce((select jsonb_agg(jsonb_build_object('citizenId', d.for_id, 'name', f.given_name || ' ' || f.family_name,
          'kind', d.kind, 'until', d.until) order by d.since, d.for_id)
        from citizen_delegations d join citizens f on f.id = d.for_id where d.citizen_id = c.id and f.merged_into is null), '[]') as delegations
    from citizens c where ${where} ${tail}`

export async function readCitizens(db: Reader, where: Sql, tail?: Sql): Promise<Citizen[]> {
  const { rows } = await selectCitizens(where, tail).execute(db)
  return rows
}

/** The person, or the one they turned out to be; null for nobody. */
export async function survivorOf(db: Reader, id: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    with recursive ${prepared} line as (
      select id, merged_into from citizens where id = ${id}
      union select c.id, c.merged_into from citizens c join line l on c.id = l.merged_into
    ) select id from line where merged_into is null`.execute(db)
  return rows[0]?.id ?? null
}
