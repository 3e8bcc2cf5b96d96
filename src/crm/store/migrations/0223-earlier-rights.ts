import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** With what roles and teams somebody worked until they were given others, whoever did that: what a desk sends late was done with those. */
export const earlierRights: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table earlier_rights (
      user_id uuid not null references users,
      until timestamptz not null default clock_timestamp(),
      roles text[] not null,
      teams text[] not null,
      primary key (user_id, until)
    )`.execute(db)
  await sql`
    create function keep_earlier_rights() returns trigger language plpgsql as $$
      begin
        delete from earlier_rights where user_id = old.id and until < clock_timestamp() - interval '2 days';
        insert into earlier_rights (user_id, roles, teams) values (old.id, old.roles, old.teams);
        return null;
      end $$`.execute(db)
  // Another system asks by itself and at once; what is taken from it is taken.
  await sql`
    create trigger earlier_rights after update of roles, teams on users for each row
      when (not new.client and (old.roles is distinct from new.roles or old.teams is distinct from new.teams))
      execute function keep_earlier_rights()`.execute(db)
}
