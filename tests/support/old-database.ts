import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Migrator } from 'kysely/migration'
import { onTestFinished } from 'vitest'
import { migrations } from '../../src/crm/store/migrations/migrations.ts'
import { openPostgres } from '../../src/crm/store/postgres.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import type { TestPostgres } from './postgres.ts'
import { openBarePglite } from './store-templates.ts'

/** The schema as it was before the migration of that number. */
export async function migrateBefore(store: Store, number: string): Promise<void> {
  const old = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < number))
  const migrator = new Migrator({ db: store.db, provider: { getMigrations: async () => old } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

/**
 * A new database with the schema as it was before the migration of that number, for a test to fill: on PGlite, or on `postgres` if it is given.
 * `migrated` opens it as the CRM does, which migrates it. Gone when the test ends.
 */
export async function openBefore(
  number: string,
  postgres: TestPostgres | null = null,
): Promise<{ old: Store; migrated(): Promise<Store> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-migration-'))
  const databaseUrl = postgres && (await postgres.createBareDatabase())
  const old = await (databaseUrl ? openPostgres({ databaseUrl }) : openBarePglite(join(folder, 'pglite')))
  let close: (() => Promise<void>) | null = () => old.close()
  onTestFinished(async () => {
    await close?.()
    await rm(folder, { recursive: true, force: true })
  })
  await migrateBefore(old, number)
  return {
    old,
    async migrated() {
      close = null
      await old.close()
      const store = await openStore(databaseUrl ? { databaseUrl } : { dataDir: folder })
      close = () => store.close()
      return store
    },
  }
}
