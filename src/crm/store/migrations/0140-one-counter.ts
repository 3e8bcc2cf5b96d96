import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'
import { lockVisit } from './0051-taking-seats.ts'

/**
 * A counter serves one visit at a time, also where slots of one agenda overlap, as after a change of the step: each slot's seats guard their own
 * slot only. What overlaps is marked when slots are made, so that where nothing does a booking pays nothing.
 */
export const oneCounter: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`alter table slots add column crossed boolean not null default false`.execute(db)
  await markCrossed(db)
  await guardCounter(db)
  await leftSeats(db)
  await lockVisit(db)
}

async function markCrossed(db: Kysely<Database>): Promise<void> {
  const crossed = sql.raw(`
    select s.id,
      coalesce(lead(s.starts_at) over w < s.starts_at + make_interval(mins => s.duration_minutes), false)
      or coalesce(max(s.starts_at + make_interval(mins => s.duration_minutes))
        over (w rows between unbounded preceding and 1 preceding) > s.starts_at, false) as crossed
    from slots s`)
  const order = sql.raw(`window w as (partition by s.office_id, s.agenda order by s.starts_at)`)
  await sql`update slots s set crossed = true from (${crossed} ${order}) c where c.id = s.id and c.crossed`.execute(
    db,
  )
  // No slot is longer than four hours.
  // No slot is longer than four hours.
  await sql`
    create function mark_crossed() returns trigger language plpgsql as $$
      declare
        first timestamptz;
        last timestamptz;
      begin
        select min(t.starts_at) - interval '4 hours', max(t.starts_at) + interval '4 hours' into first, last from touched t;
        update slots s set crossed = c.crossed
          from (${crossed}
            where (s.office_id, s.agenda) in (select t.office_id, t.agenda from touched t) and s.starts_at between first and last
            ${order}) c
          where c.id = s.id and c.crossed <> s.crossed;
        return null;
      end $$`.execute(db)
  await sql`create trigger slots_crossed after insert on slots referencing new table as touched
    for each statement execute function mark_crossed()`.execute(db)
  await sql`create trigger slots_uncrossed after delete on slots referencing old table as touched
    for each statement execute function mark_crossed()`.execute(db)
}

/** At commit, one after the other for each counter, whatever a program believed when it looked. */
async function guardCounter(db: Kysely<Database>): Promise<void> {
  await sql`
    create function check_counter() returns trigger language plpgsql as $$
      declare
        s record;
      begin
        select o.starts_at, o.starts_at + make_interval(mins => o.duration_minutes) as ends_at into s
          from slots o where o.id = new.slot_id and o.crossed;
        if not found then return null; end if;
        perform pg_advisory_xact_lock(hashtextextended(
          'counter ' || new.office_id || ' ' || new.agenda || ' ' || new.seat, 0));
        perform 1 from slot_seats q
          where q.slot_id = new.slot_id and q.seat = new.seat and q.appointment_id = new.appointment_id;
        if not found then return null; end if;
        perform 1 from slot_seats t join slots o on o.id = t.slot_id
          where t.office_id = new.office_id and t.agenda = new.agenda and t.seat = new.seat and t.slot_id <> new.slot_id
            and t.appointment_id is not null and t.starts_at > s.starts_at - interval '4 hours' and t.starts_at < s.ends_at
            and t.starts_at + make_interval(mins => o.duration_minutes) > s.starts_at;
        if found then raise exception 'the counter is another’s' using errcode = 'serialization_failure'; end if;
        return null;
      end $$`.execute(db)
  await sql`
    create constraint trigger slot_seats_counter after update of appointment_id on slot_seats
      deferrable initially deferred for each row
      when (new.appointment_id is not null and old.appointment_id is distinct from new.appointment_id)
      execute function check_counter()`.execute(db)
}

/** A lease that is given back leaves its seats as a visit or a hold does. */
async function leftSeats(db: Kysely<Database>): Promise<void> {
  await sql`drop trigger slot_seats_left on slot_seats`.execute(db)
  await sql`
    create trigger slot_seats_left after update of appointment_id, hold_id, lease_id on slot_seats for each row
      when (new.appointment_id is null and new.hold_id is null
        and (old.appointment_id is not null or old.hold_id is not null or (old.lease_id is not null and new.lease_id is null)))
      execute function leave_shut_seat()`.execute(db)
}
