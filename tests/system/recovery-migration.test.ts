import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { migrations } from '../../src/crm/store/migrations/migrations.ts'
import { openBarePglite } from '../support/store-templates.ts'

test('a recovery opened when all agendas had one step keeps that step in each of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-migration-'))
  const store = await openBarePglite(join(folder, 'pglite'))
  onTestFinished(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  const migrate = async (names: (name: string) => boolean) => {
    const some = Object.fromEntries(Object.entries(migrations).filter(([name]) => names(name)))
    const { error } = await new Migrator({
      db: store.db,
      provider: { getMigrations: async () => some },
    }).migrateToLatest()
    if (error) throw error
  }
  await migrate((name) => name < '0190')
  const recovery = { from: '2026-12-01', days: 2, fromTime: '16:00', toTime: '18:00', counters: 1 }
  const old = { ...recovery, agendas: ['identity', 'registry'], stepMinutes: 20 }
  await sql`insert into offices (id, body) values ('centre', '{}')`.execute(store.db)
  for (const kept of [JSON.stringify(old), null]) {
    await sql`insert into closures (id, office_id, starts_at, ends_at, reason, cancels, recovery)
      values (${newId()}, 'centre', now(), now() + interval '1 hour', 'Guasto', true, ${kept}::jsonb)`.execute(
      store.db,
    )
  }
  await migrate(() => true)
  const { rows } = await sql<{ recovery: unknown }>`
    select recovery from closures order by recovery nulls last`.execute(store.db)
  expect(rows).toEqual([
    { recovery: { ...recovery, steps: { identity: 20, registry: 20 } } },
    { recovery: null },
  ])
})
