import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A command that was applied may have something to be told of: its sender hears it, each time it is asked. */
export const toldBeside: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table commands drop constraint commands_check`.execute(db)
  await sql`
    alter table commands add check (case status
      when 'repeated' then fault is null when 'applied' then true else fault is not null end)`.execute(db)
}
