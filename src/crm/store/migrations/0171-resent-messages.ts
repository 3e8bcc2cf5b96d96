import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Who has a failed message sent again is in the audit; what the queue itself does with messages is not. */
export const resentMessages: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create trigger audited after update on messages for each row
      when (old.state = 'failed' and new.state = 'queued') execute function audit_row('recipient')`.execute(
    db,
  )
}
