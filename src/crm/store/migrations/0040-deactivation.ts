import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Since when an account may not sign in: what was done before that is still taken from its desks. */
export const deactivation: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table users add column deactivated_at timestamptz`.execute(db)
  await sql`update users set deactivated_at = now() where not active`.execute(db)
  await sql`alter table users drop column active`.execute(db)
}
