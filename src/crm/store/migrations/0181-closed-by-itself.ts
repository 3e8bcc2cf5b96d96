import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A line of a history may be nobody's: a request that was answered is closed by the city's rules. */
export const closedByItself: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table ticket_entries
      alter column author_id drop not null,
      add constraint ticket_entries_author check (author_id is not null or did = 'moved')`.execute(db)
  await sql`create index tickets_answered on tickets (met_at, id) where status in ('answered', 'resolved')`.execute(
    db,
  )
}
