import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import type { Db, Store } from './engine.ts'
import { claimEpoch } from './epoch.ts'
import { lockFolder } from './lock.ts'
import { migrations } from './migrations/migrations.ts'

export type { Db, Store, Trx } from './engine.ts'

export type StoreOptions =
  | {
      databaseUrl: string
      poolSize?: number
      statementMs?: number
      onConnectionLost?: (error: Error) => void
    }
  | { dataDir: string }

/**
 * PostgreSQL at `databaseUrl`, or PGlite in `dataDir`, migrated to the newest schema. Rejects with `conflict: data-locked`
 * while another process has `dataDir`.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  // Each engine brings much with it: only the one that is asked for is loaded.
  if ('databaseUrl' in options) {
    const { openPostgres } = await import('./postgres.ts')
    // A migration of a large database takes as long as it takes.
    const migrating = await prepare(await openPostgres({ ...options, poolSize: 2, statementMs: 0 }))
    await migrating.close()
    return openPostgres(options)
  }
  const { openPglite } = await import('./pglite.ts')
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const folder = await realpath(options.dataDir)
  const unlock = await lockFolder(folder)
  const store = await openPglite(join(folder, 'pglite')).catch(async (error) => {
    await unlock()
    throw error
  })
  return prepare({
    ...store,
    close: () => store.close().finally(unlock),
  })
}

async function prepare(store: Store): Promise<Store> {
  try {
    if (!(await isMigrated(store.db))) {
      const migrator = new Migrator({ db: store.db, provider: { getMigrations: async () => migrations } })
      const { error } = await migrator.migrateToLatest()
      if (error) throw error
    }
    await claimEpoch(store.db)
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw error
  }
}

/** The migrator looks at every table and column before it finds that there is nothing to do: on PGlite a fifth of the time to start. */
async function isMigrated(db: Db): Promise<boolean> {
  const { rows: found } = await sql<{ is: boolean }>`
    select to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null as is`.execute(db)
  if (!found[0]?.is) return false
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
  const done = new Set(rows.map(({ name }) => name))
  return (
    done.size === Object.keys(migrations).length && Object.keys(migrations).every((name) => done.has(name))
  )
}
