import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * That two records were one person outlives a record that retention takes: by it a citizen's own report finds who looked at them under the other id, for as
 * long as the journal has those reads.
 */
export const joiningsOutliveRecords: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table citizen_merges
      drop constraint citizen_merges_citizen_id_fkey,
      drop constraint citizen_merges_merged_id_fkey`.execute(db)
}
