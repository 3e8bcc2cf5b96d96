import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A stop of a clock that waiting for the citizen made ends with the wait, whoever ends it; another stays until somebody ends it who may. */
export const stopsOfWaits: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table ticket_suspensions add column waiting boolean not null default false`.execute(db)
  // Which it was, the history says: the last that stopped the clock was the wait or a stop by itself.
  await sql`
    update ticket_suspensions s set waiting = true
    where s.to_day is null and (
      select e.body->>'did' = 'moved' from ticket_entries e
      where e.ticket_id = s.ticket_id and (e.body->>'did' = 'stopped' or e.body->>'clock' = 'stopped')
      order by e.at desc, e.id desc limit 1)`.execute(db)
}
