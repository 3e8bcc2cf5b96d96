import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { openTicketStatuses, type Ticket } from '#contract/domain/ticket.ts'
import { type EntityTable, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface Tickets extends EntityTable<'ticket'> {
  /** Still to be answered, the first due first. */
  openOfCitizen(citizenId: Id): Ticket[]
  ofContact(contactId: Id): Ticket[]
}

export function openTickets(db: Sqlite, log: Logger): Tickets {
  const read = rowReader('ticket', log)
  const one = db.query<Stored>('SELECT row FROM ticket WHERE id = ?')
  const put = db.query(
    `INSERT INTO ticket (id, citizen_id, contact_id, open, due_on, row) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       citizen_id = excluded.citizen_id, contact_id = excluded.contact_id, open = excluded.open,
       due_on = excluded.due_on, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM ticket WHERE id = ?')
  const clear = db.query('DELETE FROM ticket')
  const openOfCitizen = db.query<Stored>(
    'SELECT row FROM ticket WHERE citizen_id = ? AND open = 1 ORDER BY due_on, id LIMIT 200',
  )
  const ofContact = db.query<Stored>('SELECT row FROM ticket WHERE contact_id = ? ORDER BY id')
  return {
    get: (id) => read.one(one.get(id)),
    put(row) {
      const open = openTicketStatuses.includes(row.status) ? 1 : 0
      put.run(row.id, row.citizenId, row.contactId, open, row.dueOn, JSON.stringify(row))
    },
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    openOfCitizen: (citizenId) => read.many(openOfCitizen.all(citizenId)),
    ofContact: (contactId) => read.many(ofContact.all(contactId)),
  }
}
