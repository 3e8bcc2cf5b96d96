import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** The visits of a day are spread over the counters by the day of the office, whose zone need not be the city's. All else of `lock_visit` stays. */
export const daysOfOffices: Migration = { up }

const changes = [
  [
    `day timestamptz := date_trunc('day', at_start, 'Europe/Rome');`,
    `zone text := (select o.body->>'zone' from offices o where o.id = at_office);
        day timestamptz := date_trunc('day', at_start, zone);`,
  ],
  [
    `d.starts_at < day + interval '1 day'`,
    `d.starts_at < (day at time zone zone + interval '1 day') at time zone zone`,
  ],
] as const

async function up(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ made: string }>`
    select pg_get_functiondef(p.oid) as made from pg_proc p
    where p.proname = 'lock_visit' and p.pronamespace = current_schema()::regnamespace`.execute(db)
  let made = rows[0]?.made ?? ''
  for (const [was, is] of changes) {
    if (!made.includes(was)) throw new Error('lock_visit is not as it was made')
    made = made.replace(was, () => is)
  }
  await sql.raw(made).execute(db)
}
