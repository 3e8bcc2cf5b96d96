import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Files of requests, whose contents lie outside the database, and who has a request open now. */
export const requestDesk: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table ticket_attachments (
      id uuid primary key,
      ticket_id uuid not null references tickets on delete cascade,
      entry_id uuid not null references ticket_entries on delete cascade,
      name text not null check (name <> '' and length(name) <= 200),
      type text not null check (type in ('application/pdf', 'image/jpeg', 'image/png', 'image/webp', 'text/plain')),
      size integer not null check (size between 1 and 10485760),
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      added_by uuid not null references users,
      added_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index ticket_attachments_ticket on ticket_attachments (ticket_id)`.execute(db)

  await sql`
    create table ticket_presence (
      ticket_id uuid not null references tickets on delete cascade,
      user_id uuid not null references users on delete cascade,
      since timestamptz not null default clock_timestamp(),
      until timestamptz not null,
      writing boolean not null default false,
      primary key (ticket_id, user_id)
    )`.execute(db)
  await sql`create index ticket_presence_until on ticket_presence (until)`.execute(db)
}
