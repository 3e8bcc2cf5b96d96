import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { openBefore } from '../support/old-database.ts'

test('a recovery opened when all agendas had one step keeps that step in each of them', async () => {
  const { old, migrated } = await openBefore('0190')
  const recovery = { from: '2026-12-01', days: 2, fromTime: '16:00', toTime: '18:00', counters: 1 }
  const oneStep = { ...recovery, agendas: ['identity', 'registry'], stepMinutes: 20 }
  await sql`insert into offices (id, body) values ('centre', '{}')`.execute(old.db)
  for (const kept of [JSON.stringify(oneStep), null]) {
    await sql`insert into closures (id, office_id, starts_at, ends_at, reason, cancels, recovery)
      values (${newId()}, 'centre', now(), now() + interval '1 hour', 'Guasto', true, ${kept}::jsonb)`.execute(
      old.db,
    )
  }
  const { db } = await migrated()
  const { rows } = await sql<{ recovery: unknown }>`
    select recovery from closures order by recovery nulls last`.execute(db)
  expect(rows).toEqual([
    { recovery: { ...recovery, steps: { identity: 20, registry: 20 } } },
    { recovery: null },
  ])
})
