import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Id } from '#contract/domain/ids.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { provesHistories } from '../support/agenda-histories/histories.ts'
import { fillHistories } from '../support/agenda-histories/office.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

describe.each(['pglite', 'postgres'] as const)('histories on %s', (engine) => {
  let store: Store
  let folder: string
  let userId: Id
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ascolto-history-'))
    store = await openStore(
      engine === 'pglite' ? { dataDir: folder } : { databaseUrl: await postgres.createDatabase() },
    )
    userId = await fillHistories(store.db)
  })
  afterAll(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  const prove = async (pglite: number, server: number, together: number) => {
    const runs = engine === 'postgres' ? server : pglite
    const { histories, acts, done } = await provesHistories(store.db, userId, { runs, together })
    const counts = [...acts].map((one) => one.join(' ')).join(', ')
    process.stdout.write(
      `${engine}, ${together} at once: ${histories} histories, ${done} done of ${counts}\n`,
    )
  }

  test('of holds, bookings, moves, closures, recoveries, proposals and leases end as a simple model says', async () => {
    await prove(30, 120, 1)
  }, 300_000)

  test('of which several are under way at once end as in some order of them', async () => {
    await prove(10, 100, 3)
  }, 600_000)
})
