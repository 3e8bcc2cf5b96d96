import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Opening rules and closures, from which slots are made; and slots that follow them without touching a seat that somebody has. */
export const opening: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table opening_rules (
      id uuid primary key,
      office_id text not null references offices,
      agenda text not null check (agenda <> ''),
      weekdays smallint[] not null check (cardinality(weekdays) > 0 and weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]),
      from_time text not null check (from_time ~ '^[0-2][0-9]:[0-5][0-9]$'),
      to_time text not null check (to_time ~ '^[0-2][0-9]:[0-5][0-9]$' and to_time > from_time),
      step_minutes integer not null check (step_minutes between 5 and 240),
      counters integer not null check (counters between 1 and 50),
      valid_from date not null,
      valid_to date check (valid_to >= valid_from),
      on_holidays boolean not null default false
    )`.execute(db)
  await sql`create index opening_rules_office on opening_rules (office_id)`.execute(db)

  await sql`
    create table closures (
      id uuid primary key,
      office_id text not null references offices,
      starts_at timestamptz not null,
      ends_at timestamptz not null check (ends_at > starts_at),
      agendas text[],
      reason text not null check (reason <> ''),
      -- Whether bookings are cancelled by the office, or stay and are listed.
      cancels boolean not null,
      recovery jsonb,
      made_by uuid references users,
      made_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index closures_office on closures (office_id, ends_at)`.execute(db)
  await sql`create index closures_ends on closures (ends_at) where cancels`.execute(db)
  // Bookings whose cancellation failed: they do not keep the others from being cancelled, and are tried again.
  await sql`
    create table closure_failures (
      closure_id uuid not null references closures,
      appointment_id uuid not null references appointments,
      attempts integer not null default 1,
      last_at timestamptz not null default clock_timestamp(),
      primary key (closure_id, appointment_id)
    )`.execute(db)

  // From which plan the slots of an office's day were made; gone when they have to be made again.
  await sql`
    create table agenda_days (
      office_id text not null references offices,
      day date not null,
      made_of text not null,
      primary key (office_id, day)
    )`.execute(db)

  // Seats that somebody has outlive the hours; `seat > capacity` says that they are not open any more. A recovery lease keeps a seat for no one in particular.
  await sql`
    create or replace function change_seats() returns trigger language plpgsql as $$
      begin
        delete from slot_seats q using (
          select f.slot_id, f.seat from slot_seats f
          where f.slot_id = new.id and f.seat > new.capacity and f.appointment_id is null
            and (f.held_until is null or f.held_until <= clock_timestamp())
            and (f.kept_until is null or f.kept_until <= clock_timestamp()
              or exists (select 1 from leases l where l.id = f.lease_id and l.kind = 'recovery'))
          order by f.seat for update skip locked
        ) shut
        where q.slot_id = shut.slot_id and q.seat = shut.seat;
        insert into slot_seats (slot_id, seat, office_id, agenda, starts_at)
          select new.id, g, new.office_id, new.agenda, new.starts_at from generate_series(1, new.capacity) g
          on conflict do nothing;
        return null;
      end $$`.execute(db)

  // Also when the number is what it was: what had been taken away comes back.
  await sql`drop trigger slots_capacity on slots`.execute(db)
  await sql`
    create trigger slots_capacity after update of capacity on slots for each row execute function change_seats()`.execute(
    db,
  )

  // A seat that is not open any more goes with whoever had it, and its day is looked at again.
  await sql`
    create function leave_shut_seat() returns trigger language plpgsql as $$
      begin
        if new.kept_until > clock_timestamp()
          or new.seat <= (select s.capacity from slots s where s.id = new.slot_id) then
          return null;
        end if;
        delete from slot_seats q where q.slot_id = new.slot_id and q.seat = new.seat;
        delete from agenda_days d using offices o
          where d.office_id = new.office_id and o.id = new.office_id
            and d.day = (new.starts_at at time zone (o.body->>'zone'))::date;
        return null;
      end $$`.execute(db)
  await sql`
    create trigger slot_seats_left after update of appointment_id, hold_id on slot_seats for each row
      when (new.appointment_id is null and new.hold_id is null and (old.appointment_id is not null or old.hold_id is not null))
      execute function leave_shut_seat()`.execute(db)

  // Reference rows of before said less.
  await sql`
    update services set version = version + 1, body = jsonb_build_object('rule', '{"kind":"none"}'::jsonb,
      'channels', '["web","phone","counter","newsstand"]'::jsonb, 'channelExceptions', null, 'walkIn', null,
      'languages', '["it"]'::jsonb, 'example', false) || body`.execute(db)
  await sql`
    update offices set version = version + 1, body = jsonb_build_object('address', body->'name',
      'coordinates', '{"lat":45.4642,"lon":9.19}'::jsonb, 'zone', 'Europe/Rome', 'languages', '["it"]'::jsonb,
      'example', false) || body`.execute(db)
}
