import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import { type EntityTable, epoch, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface TicketEntries extends EntityTable<'ticket-entry'> {
  /** Oldest first. */
  ofTicket(ticketId: Id): TicketEntry[]
}

export function openEntries(db: Sqlite, log: Logger): TicketEntries {
  const read = rowReader('ticket-entry', log)
  const one = db.query<Stored>('SELECT row FROM ticket_entry WHERE id = ?')
  const put = db.query(
    `INSERT INTO ticket_entry (id, ticket_id, at, row) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET ticket_id = excluded.ticket_id, at = excluded.at, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM ticket_entry WHERE id = ?')
  const clear = db.query('DELETE FROM ticket_entry')
  const ofTicket = db.query<Stored>('SELECT row FROM ticket_entry WHERE ticket_id = ? ORDER BY at, id')
  return {
    get: (id) => read.one(one.get(id)),
    put: (row) => void put.run(row.id, row.ticketId, epoch(row.at), JSON.stringify(row)),
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    ofTicket: (ticketId) => read.many(ofTicket.all(ticketId)),
  }
}
