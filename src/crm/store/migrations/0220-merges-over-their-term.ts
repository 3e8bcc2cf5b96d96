import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** How two persons were before they were joined goes with the audit's term; that they were joined stays. */
export const mergesOverTheirTerm: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table citizen_merges alter column record drop not null`.execute(db)
  await sql`create index citizen_merges_made on citizen_merges (made_at) where record is not null`.execute(db)
}
