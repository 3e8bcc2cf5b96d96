import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Where a person is known from stands with them, and what the registry said of them last. */
export const origin: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  // Whom no desk entered was loaded: their rows are not touched, a city has millions of them.
  await sql`
    alter table citizens add column origin text not null default 'registry' check (origin in ('desk', 'registry'))`.execute(
    db,
  )
  const silently = (audit: string) => sql`select set_config('ascolto.audit', ${audit}, true)`.execute(db)
  await silently('off')
  await sql`
    update citizens c set origin = 'desk'
    where exists (select 1 from audit_changes m where m.citizen_id = c.id and m.what = 'citizens' and m.did = 'insert')`.execute(
    db,
  )
  await silently('')
  await sql`alter table citizens alter column origin set default 'desk'`.execute(db)
  await sql`
    create table citizen_imports (
      key text primary key check (key <> ''),
      citizen_id uuid not null references citizens on delete cascade,
      record jsonb not null check (jsonb_typeof(record) = 'object')
    )`.execute(db)
  await sql`create index citizen_imports_of on citizen_imports (citizen_id)`.execute(db)
}
