import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** What a citizen is told of a request goes through the same queue as what they are told of an appointment; it hangs on its line of the history. */
export const requestMessages: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table messages
      alter column appointment_id drop not null,
      alter column starts_at drop not null,
      alter column office_id drop not null,
      add column ticket_entry_id uuid references ticket_entries on delete cascade,
      drop constraint messages_kind_check,
      add constraint messages_kind_check check (kind in
        ('confirmation', 'change', 'cancellation', 'recovery', 'reminder', 'proposal', 'lapse', 'told')),
      add constraint messages_about_check check ((appointment_id is null) = (kind = 'told')
        and (ticket_entry_id is null) = (kind <> 'told')
        and (starts_at is null) = (kind = 'told') and (office_id is null) = (kind = 'told'))`.execute(db)
  // A line of the history is sent once.
  await sql`create unique index messages_ticket_entry on messages (ticket_entry_id) where kind = 'told'`.execute(
    db,
  )
  // The text goes with the request.
  await sql`alter table message_outbox add column ticket_id uuid references tickets on delete cascade`.execute(
    db,
  )
  await sql`create index message_outbox_ticket on message_outbox (ticket_id) where ticket_id is not null`.execute(
    db,
  )
}
