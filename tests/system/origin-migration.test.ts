import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../src/crm/store/engine.ts'
import { openBefore } from '../support/old-database.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** Of 400 residents who were loaded and 100 persons whom desks entered. */
async function fillOld(store: Store): Promise<void> {
  const enter = (name: string, count: number) => sql`
    insert into citizens (id, given_name, family_name, language)
    select gen_random_uuid(), 'Ines', ${name}, 'it' from generate_series(1, ${count}::int)`
  await store.db.transaction().execute(async (trx) => {
    await sql`select set_config('ascolto.audit', 'off', true)`.execute(trx)
    await enter('Residente', 400).execute(trx)
  })
  await enter('Passata', 100).execute(store.db)
  // Of some it is forgotten what they were, that they were entered is not.
  await store.db.transaction().execute(async (trx) => {
    await sql`select set_config('ascolto.purge', 'on', true)`.execute(trx)
    await sql`update audit_changes set before = null, after = null, purged_at = now() where id % 2 = 0`.execute(
      trx,
    )
  })
}

test.each(['pglite', 'postgres'] as const)(
  'whom desks entered and whom the registry knows are told apart on %s, in a directory that is filled',
  async (engine) => {
    const { old, migrated } = await openBefore('0210', engine === 'postgres' ? postgres : null)
    await fillOld(old)
    const { db } = await migrated()
    const { rows } = await sql`
          select family_name as name, origin, count(*)::int as count from citizens group by 1, 2 order by 1`.execute(
      db,
    )
    expect(rows).toEqual([
      { name: 'Passata', origin: 'desk', count: 100 },
      { name: 'Residente', origin: 'registry', count: 400 },
    ])
    const lines = await sql<{ count: number }>`select count(*)::int as count from audit_changes`.execute(db)
    expect(lines.rows).toEqual([{ count: 100 }])
    await sql`insert into citizens (id, given_name, family_name, language) values (gen_random_uuid(), 'A', 'Nuova', 'it')`.execute(
      db,
    )
    expect((await sql`select origin from citizens where family_name = 'Nuova'`.execute(db)).rows).toEqual([
      { origin: 'desk' },
    ])
    const wrong = sql`insert into citizen_imports (key, citizen_id, record) values ('', gen_random_uuid(), '{}')`
    await expect(wrong.execute(db)).rejects.toMatchObject({ code: expect.stringMatching(/^23/) })
  },
  120_000,
)
