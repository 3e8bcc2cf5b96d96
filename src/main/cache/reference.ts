import type { Logger } from 'pino'
import type { EntityRows } from '#contract/domain/entities.ts'
import { type EntityTable, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export type ReferenceEntity = 'service' | 'office' | 'topic' | 'article' | 'team' | 'rulebook' | 'channel'

export interface ReferenceTable<E extends ReferenceEntity> extends EntityTable<E> {
  all(): EntityRows[E][]
}

/** Data of the city that is always asked for whole: one table for them all. */
export function openReference<E extends ReferenceEntity>(
  entity: E,
  db: Sqlite,
  log: Logger,
): ReferenceTable<E> {
  const read = rowReader(entity, log)
  const one = db.query<Stored>('SELECT row FROM reference WHERE entity = ? AND id = ?')
  const all = db.query<Stored>('SELECT row FROM reference WHERE entity = ? ORDER BY id')
  const put = db.query(
    `INSERT INTO reference (entity, id, row) VALUES (?, ?, ?)
     ON CONFLICT (entity, id) DO UPDATE SET row = excluded.row`,
  )
  const remove = db.query('DELETE FROM reference WHERE entity = ? AND id = ?')
  const clear = db.query('DELETE FROM reference WHERE entity = ?')
  return {
    get: (id) => read.one(one.get(entity, id)),
    put: (row) => void put.run(entity, row.id, JSON.stringify(row)),
    remove: (id) => void remove.run(entity, id),
    clear: () => void clear.run(entity),
    all: () => read.many(all.all(entity)),
  }
}
