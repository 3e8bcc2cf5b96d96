import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Desks are told whose messages leave the CRM; the process that sends them says so when it begins. */
export const channelsThatLeave: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table message_channels (
      id text primary key check (id in ('email', 'sms', 'whatsapp')),
      version bigint not null default 1,
      body jsonb not null check (jsonb_typeof(body) = 'object')
    )`.execute(db)
}
