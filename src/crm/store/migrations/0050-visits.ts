import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * Seats become counters that can be held, lent and booked; an appointment becomes a visit of one or more services on
 * consecutive seats of one counter.
 */
export const visits: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await appointmentColumns(db)
  await seatColumns(db)
  await legalMoves(db)
  await seatGuard(db)
  await visitOnSeats(db)
}

async function appointmentColumns(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table appointments
      add column service_ids text[],
      add column ends_at timestamptz,
      add column counter integer check (counter > 0),
      add column sequence integer not null default 0 check (sequence >= 0),
      add column confirm_by timestamptz,
      add column reason text check (reason <> ''),
      add column recovery_of uuid references appointments,
      -- How it was made, and from what; no desk needs to know.
      add column channel text not null default 'phone' check (channel in ('web', 'phone', 'counter', 'newsstand', 'office')),
      add column hold_id uuid,
      add column lease_id uuid,
      -- The closure by which the office cancelled it.
      add column closure_id uuid`.execute(db)
  await sql`
    update appointments a set service_ids = array[a.service_id],
      ends_at = a.starts_at + make_interval(mins => s.duration_minutes),
      counter = (select q.seat from slot_seats q where q.appointment_id = a.id)
    from slots s where s.id = a.slot_id`.execute(db)
  await sql`
    alter table appointments
      alter column service_ids set not null,
      alter column ends_at set not null,
      drop column service_id,
      drop constraint appointments_state_check,
      add constraint appointments_state_check check (state in ('requested', 'confirmed', 'proposed',
        'cancelled-by-citizen', 'cancelled-by-office', 'lapsed', 'no-show', 'attended')),
      add check (cardinality(service_ids) > 0 and array_position(service_ids, null) is null),
      add check (ends_at > starts_at),
      add check ((confirm_by is not null) = (state = 'proposed')),
      add check (closure_id is null or state = 'cancelled-by-office')`.execute(db)
  await sql`create index appointments_confirm_by on appointments (confirm_by) where state = 'proposed'`.execute(
    db,
  )
  await sql`create index appointments_closure on appointments (closure_id) where closure_id is not null`.execute(
    db,
  )
  await sql`create index appointments_recovery on appointments (recovery_of) where recovery_of is not null`.execute(
    db,
  )
}

async function seatColumns(db: Kysely<Database>): Promise<void> {
  await sql`
    create table leases (
      id uuid primary key,
      -- recovery: lent to those whom a closure affected; its id is the closure's.
      kind text not null check (kind in ('desk', 'recovery')),
      device_id uuid references devices,
      user_id uuid references users,
      service_id text references services,
      book_until timestamptz,
      kept_until timestamptz not null,
      lent_at timestamptz not null default clock_timestamp(),
      released_at timestamptz,
      check (kind <> 'desk' or (device_id is not null and service_id is not null and book_until is not null)),
      check (book_until is null or book_until <= kept_until)
    )`.execute(db)
  await sql`create index leases_device on leases (device_id, kept_until)`.execute(db)

  // Place and time stand here too, so that "free" is one index.
  await sql`
    alter table slot_seats
      add column office_id text,
      add column agenda text,
      add column starts_at timestamptz,
      add column hold_id uuid,
      add column held_since timestamptz,
      add column held_until timestamptz,
      add column lease_id uuid references leases,
      add column kept_until timestamptz,
      drop constraint slot_seats_appointment_id_key`.execute(db)
  await sql`
    update slot_seats q set office_id = s.office_id, agenda = s.agenda, starts_at = s.starts_at
    from slots s where s.id = q.slot_id`.execute(db)
  await sql`
    alter table slot_seats
      alter column office_id set not null,
      alter column agenda set not null,
      alter column starts_at set not null,
      add check (hold_id is null or appointment_id is null),
      add check ((hold_id is null) = (held_until is null) and (hold_id is null) = (held_since is null)),
      add check ((lease_id is null) = (kept_until is null))`.execute(db)
  await sql`create unique index slot_seats_appointment on slot_seats (appointment_id, slot_id) where appointment_id is not null`.execute(
    db,
  )
  await sql`create unique index slot_seats_hold on slot_seats (hold_id, slot_id) where hold_id is not null`.execute(
    db,
  )
  await sql`create index slot_seats_lease on slot_seats (lease_id) where lease_id is not null`.execute(db)
  await sql`create index slot_seats_free on slot_seats (agenda, starts_at, office_id, seat) where appointment_id is null`.execute(
    db,
  )
  await sql`create index slot_seats_booked on slot_seats (office_id, agenda, starts_at, seat) where appointment_id is not null`.execute(
    db,
  )

  await sql`
    create or replace function make_seats() returns trigger language plpgsql as $$
      begin
        insert into slot_seats (slot_id, seat, office_id, agenda, starts_at)
          select a.id, g, a.office_id, a.agenda, a.starts_at
          from added a cross join lateral generate_series(1, a.capacity) g;
        return null;
      end $$`.execute(db)
  await sql`
    create or replace function change_seats() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from slot_seats where slot_id = new.id and seat > new.capacity
          and (appointment_id is not null or held_until > clock_timestamp() or kept_until > clock_timestamp())) then
          raise exception 'a seat is taken' using errcode = 'restrict_violation';
        end if;
        delete from slot_seats where slot_id = new.id and seat > new.capacity;
        insert into slot_seats (slot_id, seat, office_id, agenda, starts_at)
          select new.id, g, new.office_id, new.agenda, new.starts_at from generate_series(old.capacity + 1, new.capacity) g;
        return null;
      end $$`.execute(db)
  await sql`
    create function fix_slot() returns trigger language plpgsql as $$
      begin raise exception 'a slot does not move' using errcode = 'restrict_violation'; end $$`.execute(db)
  await sql`
    create trigger slots_fixed before update on slots for each row
      when ((old.office_id, old.agenda, old.starts_at, old.duration_minutes)
        is distinct from (new.office_id, new.agenda, new.starts_at, new.duration_minutes))
      execute function fix_slot()`.execute(db)
}

/** `mayBecome` of the contract, and that nothing proposed is confirmed late. */
async function legalMoves(db: Kysely<Database>): Promise<void> {
  await sql`
    create function check_move() returns trigger language plpgsql as $$
      begin
        if not (case old.state
          when 'requested' then new.state in ('confirmed', 'cancelled-by-citizen', 'cancelled-by-office')
          when 'proposed' then new.state in ('confirmed', 'lapsed', 'cancelled-by-citizen', 'cancelled-by-office')
          when 'confirmed' then new.state in ('cancelled-by-citizen', 'cancelled-by-office', 'no-show', 'attended')
          when 'no-show' then new.state in ('attended', 'cancelled-by-office')
          when 'attended' then new.state = 'no-show'
          else false end) then
          raise exception 'an appointment that is % does not become %', old.state, new.state using errcode = 'check_violation';
        end if;
        if old.state = 'proposed' and new.state = 'confirmed' and old.confirm_by <= clock_timestamp() then
          raise exception 'confirmed too late' using errcode = 'serialization_failure';
        end if;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger appointments_move before update of state on appointments for each row
      when (old.state <> new.state) execute function check_move()`.execute(db)
}

/**
 * Nobody takes a seat that another has, whatever a program believed when it looked: two holders are impossible, a hold that is over
 * is never confirmed or renewed, a lease serves its own bookings only. The clock is the database's at this very moment. The error is that of a
 * serialization failure: who gets it looks again and finds how things stand.
 */
async function seatGuard(db: Kysely<Database>): Promise<void> {
  await sql`
    create function guard_seat() returns trigger language plpgsql as $$
      declare
        moment timestamptz := clock_timestamp();
        by_hold uuid;
        by_lease uuid;
      begin
        if new.appointment_id is not null and new.appointment_id is distinct from old.appointment_id then
          select hold_id, lease_id into by_hold, by_lease from appointments where id = new.appointment_id;
          if old.appointment_id is not null
            or (old.hold_id is not null and (old.held_until > moment) is distinct from (old.hold_id is not distinct from by_hold))
            or (old.lease_id is not null and (old.kept_until > moment) is distinct from (old.lease_id is not distinct from by_lease))
          then
            raise exception 'the seat is another’s' using errcode = 'serialization_failure';
          end if;
        end if;
        if new.hold_id is not null and new.hold_id is distinct from old.hold_id and (
          old.appointment_id is not null or old.held_until > moment
          or (old.kept_until > moment and (select kind from leases where id = old.lease_id) <> 'recovery'))
        then
          raise exception 'the seat is another’s' using errcode = 'serialization_failure';
        end if;
        if new.hold_id = old.hold_id and new.held_until > old.held_until and old.held_until <= moment then
          raise exception 'the hold is over' using errcode = 'serialization_failure';
        end if;
        if new.lease_id is not null and new.lease_id is distinct from old.lease_id
          and (old.appointment_id is not null or old.held_until > moment or old.kept_until > moment)
        then
          raise exception 'the seat is another’s' using errcode = 'serialization_failure';
        end if;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger slot_seats_guard before update of appointment_id, hold_id, held_until, lease_id on slot_seats
      for each row execute function guard_seat()`.execute(db)
}

/** Checked at commit: a visit that counts sits on one counter from its beginning to its end, and any other on no seat. */
async function visitOnSeats(db: Kysely<Database>): Promise<void> {
  await sql`drop trigger appointments_seat on appointments`.execute(db)
  await sql`drop function check_seat()`.execute(db)
  await sql`
    create function check_visit(visit uuid) returns void language plpgsql as $$
      declare
        a appointments;
        s record;
      begin
        select * into a from appointments where id = visit;
        if not found then return; end if;
        select count(*) as seats, count(distinct q.seat) as counters, min(q.seat) as counter, min(q.starts_at) as begins,
            max(q.starts_at + make_interval(mins => l.duration_minutes)) as ends, sum(l.duration_minutes) as minutes,
            count(distinct (q.office_id, q.agenda)) as places, min(q.office_id) as office_id,
            (array_agg(q.slot_id order by q.starts_at))[1] as first_slot
          into s from slot_seats q join slots l on l.id = q.slot_id where q.appointment_id = visit;
        if a.state in ('confirmed', 'proposed', 'no-show', 'attended') then
          if s.seats > 0 and s.counters = 1 and s.places = 1 and s.counter = a.counter and s.office_id = a.office_id
            and s.first_slot = a.slot_id and s.begins = a.starts_at and s.ends = a.ends_at
            and make_interval(mins => s.minutes::integer) = a.ends_at - a.starts_at
          then return; end if;
        elsif s.seats = 0 and a.counter is null then return;
        end if;
        raise exception 'appointment and seat disagree' using errcode = 'check_violation';
      end $$`.execute(db)
  await sql`
    create function check_appointment() returns trigger language plpgsql as $$
      begin perform check_visit(new.id); return null; end $$`.execute(db)
  await sql`
    create function check_seat() returns trigger language plpgsql as $$
      begin
        if old.appointment_id is not null then perform check_visit(old.appointment_id); end if;
        if tg_op = 'UPDATE' and new.appointment_id is not null then perform check_visit(new.appointment_id); end if;
        return null;
      end $$`.execute(db)
  await sql`
    create constraint trigger appointments_seat
      after insert or update of state, slot_id, office_id, starts_at, ends_at, counter on appointments
      deferrable initially deferred for each row execute function check_appointment()`.execute(db)
  await sql`
    create constraint trigger slot_seats_visit after update of appointment_id on slot_seats
      deferrable initially deferred for each row when (old.appointment_id is distinct from new.appointment_id)
      execute function check_seat()`.execute(db)
  await sql`
    create constraint trigger slot_seats_gone after delete on slot_seats
      deferrable initially deferred for each row when (old.appointment_id is not null)
      execute function check_seat()`.execute(db)
}
