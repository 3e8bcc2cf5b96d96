import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Administrators change accounts at their desks, several at once: each names the version that they saw. */
export const versionsOfAccounts: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table users add column version bigint not null default 1`.execute(db)
}
