import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Slots, their seats, and appointments. */
export const agenda: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table slots (
      id uuid primary key,
      version bigint not null default 1,
      office_id text not null references offices,
      agenda text not null check (agenda <> ''),
      starts_at timestamptz not null,
      duration_minutes integer not null check (duration_minutes between 5 and 240),
      capacity integer not null check (capacity between 0 and 200),
      unique (office_id, agenda, starts_at)
    )`.execute(db)
  await sql`create index slots_agenda on slots (agenda, starts_at)`.execute(db)
  await sql`create index slots_starts on slots (starts_at)`.execute(db)

  await sql`
    create table appointments (
      id uuid primary key,
      version bigint not null default 1,
      code text not null unique,
      slot_id uuid not null references slots,
      service_id text not null references services,
      office_id text not null references offices,
      starts_at timestamptz not null,
      citizen_id uuid references citizens,
      contact_id uuid references contacts,
      state text not null check (state in
        ('requested', 'confirmed', 'cancelled-by-citizen', 'cancelled-by-office', 'no-show', 'attended'))
    )`.execute(db)
  await sql`create index appointments_citizen on appointments (citizen_id, starts_at desc)`.execute(db)
  await sql`create index appointments_contact on appointments (contact_id)`.execute(db)
  await sql`create index appointments_starts on appointments (starts_at)`.execute(db)
  await sql`create index appointments_slot on appointments (slot_id)`.execute(db)

  await sql`
    create table slot_seats (
      slot_id uuid not null references slots on delete cascade,
      seat integer not null check (seat > 0),
      appointment_id uuid unique references appointments,
      primary key (slot_id, seat)
    )`.execute(db)

  // Seats follow the capacity. Taking away a seat that somebody sits on is refused.
  await sql`
    create function make_seats() returns trigger language plpgsql as $$
      begin
        insert into slot_seats (slot_id, seat)
          select a.id, g from added a cross join lateral generate_series(1, a.capacity) g;
        return null;
      end $$`.execute(db)
  await sql`create trigger slots_inserted after insert on slots referencing new table as added
    for each statement execute function make_seats()`.execute(db)
  await sql`
    create function change_seats() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from slot_seats where slot_id = new.id and seat > new.capacity and appointment_id is not null) then
          raise exception 'a seat is taken' using errcode = 'restrict_violation';
        end if;
        delete from slot_seats where slot_id = new.id and seat > new.capacity;
        insert into slot_seats (slot_id, seat) select new.id, g from generate_series(old.capacity + 1, new.capacity) g;
        return null;
      end $$`.execute(db)
  await sql`create trigger slots_capacity after update of capacity on slots
    for each row when (old.capacity <> new.capacity) execute function change_seats()`.execute(db)

  // Checked at commit: a confirmed appointment sits on a seat of its slot, and a cancelled one on none.
  await sql`
    create function check_seat() returns trigger language plpgsql as $$
      declare
        now_state text;
        seats integer;
      begin
        select state into now_state from appointments where id = new.id;
        select count(*) into seats from slot_seats s join appointments a on a.id = s.appointment_id
          where a.id = new.id and s.slot_id = a.slot_id;
        if (now_state in ('confirmed', 'no-show', 'attended')) <> (seats = 1) then
          raise exception 'appointment and seat disagree' using errcode = 'check_violation';
        end if;
        return null;
      end $$`.execute(db)
  await sql`create constraint trigger appointments_seat after insert or update of state, slot_id on appointments
    deferrable initially deferred for each row execute function check_seat()`.execute(db)
}
