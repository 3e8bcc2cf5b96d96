import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Of who has left it is asked which of their conversations are still open. */
export const openContacts: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`create index contacts_open on contacts (operator_id) where ended_at is null`.execute(db)
}
