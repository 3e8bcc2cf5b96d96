import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A closure that was taken back stays on record; and when a recovery was added to one that had none. */
export const closuresTakenBack: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table closures add column withdrawn_at timestamptz, add column recovered_at timestamptz`.execute(
    db,
  )
}
