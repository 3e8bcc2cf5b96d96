import { PGlite } from '@electric-sql/pglite'
import { CompiledQuery, Kysely, PGliteDialect, PGliteDriver } from 'kysely'
import { actorOfNow } from '../audit/actor.ts'
import { parsers, type Store } from './engine.ts'
import type { Database } from './schema.ts'

export async function openPglite(dataDir: string): Promise<Store> {
  const pglite = await PGlite.create({ dataDir, parsers })
  await pglite.exec(`set timezone to 'UTC'`)
  const dialect = new PGliteDialect({ pglite })
  dialect.createDriver = () => new ActingDriver({ pglite })
  const db = new Kysely<Database>({ dialect })
  return {
    engine: 'pglite',
    db,
    waiting: () => 0,
    async listen(channel, callback) {
      const unlisten = await pglite.listen(channel, () => callback())
      return () => unlisten()
    },
    async close() {
      await db.destroy()
      if (!pglite.closed) await pglite.close()
    },
  }
}

type Connection = Parameters<PGliteDriver['beginTransaction']>[0]

/** A transaction begins with whose it is. */
class ActingDriver extends PGliteDriver {
  override async beginTransaction(connection: Connection): Promise<void> {
    await super.beginTransaction(connection)
    const actor = actorOfNow()
    if (actor === null) return
    await connection.executeQuery(CompiledQuery.raw(`select set_config('ascolto.actor', $1, true)`, [actor]))
  }
}
