import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Whoever is told at night of a visit that has moved may come for it in the morning, so a message knows until when it is of use. */
export const overtakenVisits: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table messages add column was_at timestamptz`.execute(db)
}
