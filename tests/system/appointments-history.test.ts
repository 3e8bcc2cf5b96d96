import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { provesHistories } from '../support/agenda-histories/histories.ts'
import { usualSlots } from '../support/agenda-histories/model.ts'
import { fillHistories, HistoryOffice } from '../support/agenda-histories/office.ts'
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

test('what is lent while the office closes is told to the desk whole, or is not kept for it', async () => {
  const store = await openStore({ databaseUrl: await postgres.createDatabase() })
  try {
    const userId = await fillHistories(store.db)
    for (let round = 0; round < 30; round += 1) {
      const office = await HistoryOffice.open(store.db, userId, 2)
      const [lent] = await Promise.all([
        office.take({ do: 'lend', lease: newId(), steps: 1, count: 3 }),
        office.take({
          ...{ do: 'close', closure: newId(), from: 0, to: usualSlots - 1 },
          ...{ cancels: true, recovers: false },
        }),
      ])
      const kept = (await office.shown()).filter((seat) => seat.includes('shut'))
      expect(lent).toMatchObject({ lent: { length: kept.length } })
    }
  } finally {
    await store.close()
  }
})
