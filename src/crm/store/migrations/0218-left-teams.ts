import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A request is taken from whoever leaves its team, or altogether, also by nobody: the command line, or what an outside issuer says at a sign-in. */
export const leftTeams: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table ticket_entries
      drop constraint ticket_entries_author,
      add constraint ticket_entries_author check (author_id is not null or did in ('moved', 'assigned'))`.execute(
    db,
  )
  await sql`create index tickets_assignee on tickets (assignee_id) where assignee_id is not null and status <> 'closed'`.execute(
    db,
  )
  // Those of whom has left already: they are in no list of theirs, and nobody else takes them.
  await sql`
    with left_behind as (
      update tickets t set assignee_id = null, version = t.version + 1
      from users u
      where u.id = t.assignee_id and t.status <> 'closed' and (u.deactivated_at is not null or t.team <> all(u.teams))
      returning t.id, t.version, t.received_at, t.citizen_id,
        case when u.deactivated_at is null then 'other-team' else 'deactivated' end as why
    ),
    told as (
      insert into ticket_entries (id, ticket_id, at, author_id, body)
      select gen_random_uuid(), id, greatest(received_at, clock_timestamp()), null,
        jsonb_build_object('did', 'assigned', 'toId', null, 'toName', null, 'why', why)
      from left_behind returning id, version
    )
    insert into change_log (entity, id, version)
    select 'ticket', id::text, version from left_behind
    union all select 'ticket-entry', id::text, version from told
    union select 'citizen', c.id::text, c.version from citizens c join left_behind l on l.citizen_id = c.id`.execute(
    db,
  )
}
