import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** At which desks a sign-in works, so that it ends with them; when somebody's password was set and their sign-ins ended, for the audit hides the password. */
export const signIns: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table users add column password_set_at timestamptz, add column signed_out_at timestamptz`.execute(
    db,
  )
  // Whoever leaves leaves the extension to the next.
  await sql`alter table users drop constraint users_extension_key`.execute(db)
  await sql`create unique index users_extension on users (extension) where deactivated_at is null`.execute(db)
  await sql`
    create table device_sign_ins (
      grant_id text not null,
      device_id uuid not null references devices,
      since timestamptz not null default clock_timestamp(),
      primary key (grant_id, device_id)
    )`.execute(db)
  await sql`create index device_sign_ins_device on device_sign_ins (device_id)`.execute(db)
}
