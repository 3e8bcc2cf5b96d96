import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'
import { bookVisit } from './0051-taking-seats.ts'

/** An appointment that the office cancelled is made up for once. Of several the first counts; the others stay, as bookings like any other. */
export const oneRecovery: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    with further as (
      update appointments a set recovery_of = null, version = a.version + 1
      where a.state in ('confirmed', 'proposed', 'attended', 'no-show') and exists (
        select 1 from appointments b where b.recovery_of = a.recovery_of and b.id < a.id
          and b.state in ('confirmed', 'proposed', 'attended', 'no-show'))
      returning a.id, a.version
    )
    insert into change_log (entity, id, version) select 'appointment', f.id::text, f.version from further f`.execute(
    db,
  )
  await sql`
    create unique index appointments_one_recovery on appointments (recovery_of)
    where recovery_of is not null and state in ('confirmed', 'proposed', 'attended', 'no-show')`.execute(db)
  await bookVisit(db)
}
