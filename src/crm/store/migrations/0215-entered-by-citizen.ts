import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Whom a desk entered is asked of the audit by citizen: this index grew by a line for each resident of an import, and nobody read it. */
export const enteredByCitizen: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`drop index audit_changes_entered`.execute(db)
}
