import type { Logger } from 'pino'
import type { Contact } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import { type EntityTable, epoch, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface Contacts extends EntityTable<'contact'> {
  /** Of theirs, and of who called on their behalf, newest first. */
  ofCitizen(citizenId: Id, limit: number): Contact[]
}

export function openContacts(db: Sqlite, log: Logger): Contacts {
  const read = rowReader('contact', log)
  const one = db.query<Stored>('SELECT row FROM contact WHERE id = ?')
  const put = db.query(
    `INSERT INTO contact (id, citizen_id, started_at, row) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       citizen_id = excluded.citizen_id, started_at = excluded.started_at, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM contact WHERE id = ?')
  const clear = db.query('DELETE FROM contact')
  const ofCitizen = db.query<Stored>(
    `SELECT row FROM contact WHERE citizen_id = ? OR json_extract(row, '$.onBehalfOf') = ?
     ORDER BY started_at DESC LIMIT ?`,
  )
  return {
    get: (id) => read.one(one.get(id)),
    put: (row) => void put.run(row.id, row.citizenId, epoch(row.startedAt), JSON.stringify(row)),
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    ofCitizen: (citizenId, limit) => read.many(ofCitizen.all(citizenId, citizenId, limit)),
  }
}
