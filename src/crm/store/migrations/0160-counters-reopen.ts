import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A seat that goes with whoever had it says so: its counter may open in other hours, and is not kept shut until the next day's job. */
export const countersReopen: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create or replace function leave_shut_seat() returns trigger language plpgsql as $$
      begin
        if new.kept_until > clock_timestamp()
          or new.seat <= (select s.capacity from slots s where s.id = new.slot_id) then
          return null;
        end if;
        delete from slot_seats q where q.slot_id = new.slot_id and q.seat = new.seat;
        delete from agenda_days d using offices o
          where d.office_id = new.office_id and o.id = new.office_id
            and d.day = (new.starts_at at time zone (o.body->>'zone'))::date;
        perform pg_notify('ascolto_agenda', '');
        return null;
      end $$`.execute(db)
}
