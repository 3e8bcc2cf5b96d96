import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** An account may be another system's. */
export const clients: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table users add column client boolean not null default false`.execute(db)
}
