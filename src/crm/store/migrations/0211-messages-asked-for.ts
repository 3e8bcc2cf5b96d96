import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Who has a message sent again is in the audit; what follows from a change of its appointment has that change's entry. */
export const messagesAskedFor: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table messages add column asked_by uuid references users`.execute(db)
  await sql`
    create trigger audited_when_asked_for after insert on messages for each row
      when (new.asked_by is not null) execute function audit_row('recipient')`.execute(db)
}
