import { sql } from 'kysely'
import { presenceSeconds, type TicketPresence } from '#contract/crm-tickets.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges, appendChange } from '../sync/changes.ts'

/**
 * Presence lies in the database with an end of its own, by the database's clock: a desk or a process that dies is gone after it, and several processes see
 * the same. Whoever comes, goes or begins to write moves the request in the change feed, so that the others look again.
 */
export async function present(
  db: Db,
  asked: { ticketId: Id; userId: Id; writing: boolean },
): Promise<TicketPresence[]> {
  const { ticketId, userId, writing } = asked
  const news = await inTransaction(db, async (trx) => {
    const version = await versionOf(trx, ticketId)
    const { rows } = await sql<{ came: boolean; writing: boolean }>`
      select until <= clock_timestamp() as came, writing from ticket_presence
      where ticket_id = ${ticketId} and user_id = ${userId}`.execute(trx)
    await sql`
      insert into ticket_presence as p (ticket_id, user_id, until, writing)
      values (${ticketId}, ${userId}, clock_timestamp() + make_interval(secs => ${presenceSeconds}), ${writing})
      on conflict (ticket_id, user_id) do update set until = excluded.until, writing = excluded.writing,
        since = case when p.until <= clock_timestamp() then excluded.since else p.since end`.execute(trx)
    const [before] = rows
    const moved = !before || before.came || before.writing !== writing
    if (moved) await appendChange(trx, 'ticket', ticketId, version)
    return moved
  })
  if (news) await announceChanges(db)
  return othersAt(db, ticketId, userId)
}

export async function leave(db: Db, { ticketId, userId }: { ticketId: Id; userId: Id }): Promise<void> {
  const left = await inTransaction(db, async (trx) => {
    const version = await versionOf(trx, ticketId)
    await forgetGone(trx)
    const { numDeletedRows } = await trx
      .deleteFrom('ticket_presence')
      .where('ticket_id', '=', ticketId)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    if (numDeletedRows > 0n) await appendChange(trx, 'ticket', ticketId, version)
    return numDeletedRows > 0n
  })
  if (left) await announceChanges(db)
}

/** Those whose presence is over for long; nobody waits for a row that another process removes. */
const forgetGone = (trx: Trx) =>
  sql`
    delete from ticket_presence where (ticket_id, user_id) in (
      select ticket_id, user_id from ticket_presence where until < clock_timestamp() - interval '10 minutes'
      limit 100 for update skip locked)`.execute(trx)

async function othersAt(db: Db, ticketId: Id, userId: Id): Promise<TicketPresence[]> {
  const { rows } = await sql<TicketPresence>`
    select p.user_id as "userId", u.name, p.since, p.writing from ticket_presence p join users u on u.id = p.user_id
    where p.ticket_id = ${ticketId} and p.user_id <> ${userId} and p.until > clock_timestamp() order by p.since, p.user_id`.execute(
    db,
  )
  return rows
}

async function versionOf(trx: Trx, ticketId: Id): Promise<number> {
  const row = await trx.selectFrom('tickets').select('version').where('id', '=', ticketId).executeTakeFirst()
  if (!row) throw new Fault('not-found', 'ticket-gone')
  return row.version
}
