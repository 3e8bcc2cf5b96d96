import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/crm/store/store.ts'
import { provesHistories } from '../support/agenda-histories/histories.ts'
import { fillHistories } from '../support/agenda-histories/office.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { openNewStore } from '../support/store-templates.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** Few of the histories that `tests/faults` has many of. */
test.each(['pglite', 'postgres'] as const)(
  'what happens to the places of an office, one after the other or at once, ends as a simple model says on %s',
  async (engine) => {
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-history-'))
    const store = await (engine === 'pglite'
      ? openNewStore(folder)
      : openStore({ databaseUrl: await postgres.createDatabase() }))
    try {
      const userId = await fillHistories(store.db)
      for (const together of [1, 3]) {
        const { histories, done } = await provesHistories(store.db, userId, { runs: 5, together })
        expect(done).toBeGreaterThan(histories)
      }
    } finally {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
