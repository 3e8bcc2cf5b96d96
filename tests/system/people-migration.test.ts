import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Citizen } from '#contract/domain/citizen.ts'
import { citizenWords, searchKey } from '#contract/domain/citizen-search.ts'
import { readCitizens } from '../../src/crm/citizens/rows.ts'
import { searchCitizens } from '../../src/crm/citizens/search.ts'
import type { Store } from '../../src/crm/store/engine.ts'
import { openBefore } from '../support/old-database.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const count = 500
const families = ['D’Agostino', 'Wałęsa-Müller', 'Rossi', 'Đurić', 'Ștefănescu', 'Groß', 'Иванов', 'De  Luca']

/** The schema as it was when a person had one e-mail and one address, filled; some of the fiscal codes fail today's check. */
async function fillOld(store: Store): Promise<void> {
  await sql`
    insert into citizens (id, given_name, family_name, birth_date, fiscal_code, language, email, street, municipality, municipio,
      needs_duplicate_check)
    select gen_random_uuid(), 'Nicolò ' || g, (${families}::text[])[1 + g % 8], '1950-01-01'::date + g,
      case when g % 3 = 0 then 'ABCDEF50A01F205' || chr(65 + g % 26) end, 'it', case when g % 2 = 0 then g || '@example.org' end,
      case when g % 4 > 0 then 'Via Padova ' || g end, case when g % 4 > 0 then 'Milano' end,
      case when g % 4 > 0 then 2 end, g % 50 = 0
    from generate_series(1, ${count}) g`.execute(store.db)
  await sql`
    insert into citizen_phones (citizen_id, position, number, kind)
    select id, 0, '+39347' || (1000000 + row_number() over (order by birth_date)), 'mobile' from citizens`.execute(
    store.db,
  )
}

type Before = { id: string; givenName: string; email: string | null; fiscalCode: string | null }
const before = (store: Store) =>
  sql<Before>`select id, given_name as "givenName", email, fiscal_code as "fiscalCode" from citizens order by birth_date`.execute(
    store.db,
  )

test.each(['pglite', 'postgres'] as const)(
  'a directory that is filled migrates whole on %s',
  async (engine) => {
    const { old, migrated } = await openBefore('0123', engine === 'postgres' ? postgres : null)
    await fillOld(old)
    const { rows } = await before(old)
    const store = await migrated()
    const { db } = store
    const after = await readCitizens(db, sql`true`, sql`order by c.birth_date`)
    expect(
      after.map(({ id, givenName, email, fiscalCode }) => ({ id, givenName, email, fiscalCode })),
    ).toEqual(rows)
    for (const citizen of after) Citizen.parse(citizen)
    const [first] = after
    expect(first).toMatchObject({
      ...{ otherEmails: [], otherAddresses: [], otherLanguages: [], identities: [], delegations: [] },
      ...{ mergedInto: null, phones: [{ number: '+393471000001' }], address: { street: 'Via Padova 1' } },
    })
    expect(after.filter((citizen) => citizen.needsDuplicateCheck)).toHaveLength(10)

    // What the database makes of names is what the contract makes of them, for all scripts and accents.
    const made = await sql<{ id: string; key: string; reversed: string; words: string[] }>`
        select id, name_key as key, name_key_reversed as reversed, tsvector_to_array(words) as words from citizens`.execute(
      db,
    )
    const keys = new Map(made.rows.map((row) => [row.id, row]))
    for (const citizen of after) {
      const row = keys.get(citizen.id)
      expect(row?.key).toBe(searchKey(`${citizen.familyName} ${citizen.givenName}`))
      expect(row?.reversed).toBe(searchKey(`${citizen.givenName} ${citizen.familyName}`))
      expect(row?.words.toSorted()).toEqual([...new Set(citizenWords(citizen).split(' '))].toSorted())
    }
    expect((await searchCitizens(db, 'walesa nicolo 9', 5)).citizens.map(({ id }) => id)).toEqual([
      after[8]?.id,
    ])
    expect((await searchCitizens(db, 'via padova 9', 5)).citizens.map(({ id }) => id)).toEqual([after[8]?.id])

    // And they go on living: an identity is one person's, nobody is joined with themselves.
    const [one, other] = after
    await sql`insert into citizen_identities values ('whatsapp', 'IT.1349120865530', ${one?.id}, 0)`.execute(
      db,
    )
    for (const wrong of [
      sql`insert into citizen_identities values ('whatsapp', 'IT.1349120865530', ${other?.id}, 0)`,
      sql`insert into citizen_identities values ('whatsapp', '+393471234567', ${other?.id}, 0)`,
      sql`insert into citizen_delegations (citizen_id, for_id, kind) values (${one?.id}, ${one?.id}, 'proxy')`,
      sql`update citizens set merged_into = id where id = ${one?.id}`,
      sql`update citizens set other_addresses = '{}' where id = ${one?.id}`,
    ])
      await expect(wrong.execute(db)).rejects.toMatchObject({ code: expect.stringMatching(/^23/) })
  },
)
