import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** E-mail that stays here while no mail server is configured keeps its calendar file; an SMS or a WhatsApp text carries none. */
export const calendarInOutbox: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table message_outbox add column calendar text, add constraint message_outbox_calendar
    check (calendar is null or channel = 'email')`.execute(db)
}
