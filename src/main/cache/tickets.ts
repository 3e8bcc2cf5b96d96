import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { isOver, openTicketStatuses, type Ticket } from '#contract/domain/ticket.ts'
import type { TicketQuery } from './model.ts'
import { type EntityTable, rowReader, type Stored } from './rows.ts'
import type { Cell, Sqlite } from './sqlite.ts'

export interface Tickets extends EntityTable<'ticket'> {
  /** Still to be answered, the first due first. */
  openOfCitizen(citizenId: Id): Ticket[]
  ofContact(contactId: Id): Ticket[]
  byProtocol(protocol: string): Ticket | undefined
  /** See `Cache.tickets`. */
  find(query: TicketQuery): Ticket[]
}

/** Where in the order of what is due a row stands. */
type Place = { due_on: string; id: string }

export function openTickets(db: Sqlite, log: Logger): Tickets {
  const read = rowReader('ticket', log)
  const one = db.query<Stored>('SELECT row FROM ticket WHERE id = ?')
  const put = db.query(
    `INSERT INTO ticket (id, citizen_id, contact_id, open, due_on, team, assignee_id, answered, closed, row)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       citizen_id = excluded.citizen_id, contact_id = excluded.contact_id, open = excluded.open,
       due_on = excluded.due_on, team = excluded.team, assignee_id = excluded.assignee_id,
       answered = excluded.answered, closed = excluded.closed, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM ticket WHERE id = ?')
  const clear = db.query('DELETE FROM ticket')
  const openOfCitizen = db.query<Stored>(
    'SELECT row FROM ticket WHERE citizen_id = ? AND open = 1 ORDER BY due_on, id LIMIT 200',
  )
  const ofContact = db.query<Stored>('SELECT row FROM ticket WHERE contact_id = ? ORDER BY id')
  const byProtocol = db.query<Stored>(`SELECT row FROM ticket WHERE json_extract(row, '$.protocol') = ?`)
  const ofTeam = db.query<Stored & Place>(
    `SELECT row, due_on, id FROM ticket WHERE closed = 0 AND team = ? AND (? IS NULL OR assignee_id = ?)
     AND (? IS NULL OR (answered = 0 AND due_on <= ?)) AND (due_on, id) > (?, ?)
     ORDER BY due_on, id LIMIT ?`,
  )
  const ofAll = db.query<Stored & Place>(
    `SELECT row, due_on, id FROM ticket WHERE closed = 0 AND (? IS NULL OR assignee_id = ?)
     AND (? IS NULL OR (answered = 0 AND due_on <= ?)) AND (due_on, id) > (?, ?)
     ORDER BY due_on, id LIMIT ?`,
  )
  return {
    get: (id) => read.one(one.get(id)),
    put(row) {
      const open = openTicketStatuses.includes(row.status) ? 1 : 0
      const answered = row.metAt === null ? 0 : 1
      const closed = isOver(row) ? 1 : 0
      put.run(
        ...[row.id, row.citizenId, row.contactId, open, row.dueOn, row.team, row.assigneeId],
        ...[answered, closed, JSON.stringify(row)],
      )
    },
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    openOfCitizen: (citizenId) => read.many(openOfCitizen.all(citizenId)),
    ofContact: (contactId) => read.many(ofContact.all(contactId)),
    byProtocol: (protocol) => read.one(byProtocol.get(protocol)),
    find({ team, assigneeId, dueBy, limit, fits = () => true }) {
      const found: Ticket[] = []
      let last: Place | undefined = { due_on: '', id: '' }
      while (last && found.length < limit) {
        const rest: Cell[] = [assigneeId, assigneeId, dueBy, dueBy, last.due_on, last.id, limit]
        const page: (Stored & Place)[] = team === null ? ofAll.all(...rest) : ofTeam.all(team, ...rest)
        found.push(...read.many(page).filter(fits))
        last = page.length < limit ? undefined : page.at(-1)
      }
      return found.slice(0, limit)
    },
  }
}
