import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { parsers, type Store } from './engine.ts'
import type { Database } from './schema.ts'

export async function openPglite(dataDir: string): Promise<Store> {
  const pglite = await PGlite.create({ dataDir, parsers })
  await pglite.exec(`set timezone to 'UTC'`)
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) })
  return {
    engine: 'pglite',
    db,
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
