import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** What is over its term is found without walking past what is not, or what was emptied before. */
export const overTheirTerms: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`create index reads_at on reads (at)`.execute(db)
  await sql`create index appointments_ends on appointments (ends_at)`.execute(db)
  await sql`create index audit_entries_at on audit_entries (at, id)`.execute(db)
  await sql`create index audit_changes_kept on audit_changes (entry_id) where purged_at is null`.execute(db)
  await sql`
    create index audit_changes_entered on audit_changes (entry_id) where what = 'citizens' and did = 'insert'`.execute(
    db,
  )
}
