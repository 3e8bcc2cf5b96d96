import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A request that was reopened is closed by another answer or for a reason, too: the first answer met the term of what was asked before. */
export const closedForAReason: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await giveBack(db)
  await sql`
    alter table tickets
      drop constraint tickets_closed,
      add constraint tickets_closed check (status <> 'closed' or met_at is not null or unsent or closed_for is not null)`.execute(
    db,
  )
}

/** Those that were closed with neither are open again, with the term they have had since their receipt: nobody knows of them otherwise. */
async function giveBack(db: Kysely<Database>): Promise<void> {
  await sql`
    with reopened as (
      update tickets set status = 'in-progress', reopened = reopened + 1, version = version + 1
      where status = 'closed' and met_at is null and not unsent and closed_for is null
      returning id, version, citizen_id
    ),
    told as (
      insert into ticket_entries (id, ticket_id, at, author_id, body)
      select gen_random_uuid(), id, clock_timestamp(), null, jsonb_build_object('did', 'moved', 'from', 'closed', 'to', 'in-progress',
        'reason', 'Dopo una riapertura era stata chiusa senza risposta né motivo.', 'closedFor', null, 'clock', null)
      from reopened returning id, version
    )
    insert into change_log (entity, id, version)
    select 'ticket', id::text, version from reopened
    union all select 'ticket-entry', id::text, version from told
    union all select 'ticket-entry', e.id::text, e.version from ticket_entries e join reopened r on r.id = e.ticket_id
    union select 'citizen', c.id::text, c.version from citizens c join reopened r on r.citizen_id = c.id`.execute(
    db,
  )
}
