import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A recovery keeps each agenda's own step; those that were opened before had one for all. */
export const stepsOfAgendas: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    update closures set recovery = (recovery - 'agendas' - 'stepMinutes') || jsonb_build_object('steps',
      (select jsonb_object_agg(a, recovery->'stepMinutes') from jsonb_array_elements_text(recovery->'agendas') a))
    where recovery ? 'agendas'`.execute(db)
}
