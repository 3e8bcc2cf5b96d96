import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Whose a request is may be said later, and put right for a reason. What hung on a person on legal hold is found by the index. */
export const whoseRequests: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table ticket_entries
      drop constraint ticket_entries_did_check,
      add constraint ticket_entries_did_check check (did in ('moved', 'noted', 'told', 'handed-over', 'assigned', 'stopped',
        'resumed', 'extended', 'linked', 'identified', 'classified', 'attached')),
      add constraint ticket_entries_identified check (did <> 'identified' or body ? 'purged' or body->>'fromId' is null
        or coalesce(btrim(body->>'reason'), '') <> '')`.execute(db)
  await sql`
    create index ticket_entries_identified on ticket_entries ((body->>'fromId')) where did = 'identified'`.execute(
    db,
  )
}
