import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * How seats are taken, in the database, because there it is one step on every engine and one round trip. All lock in one order, so
 * that none waits for another in a circle: appointment id, hold id, the appointment's row, slots by time, seats by time.
 */
export const takingSeats: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await lockVisit(db)
  await holdVisit(db)
  await bookVisit(db)
  await moveVisit(db)
  await seatsChanged(db)
}

/**
 * Finds consecutive seats of one counter for a visit and locks them until the transaction ends.
 *
 * `own`: an appointment whose seats count as free; `hold`: a hold whose seats count as free and come first; `lease`: one whose seats count as
 * free, alone when `lease_only`: then also on a counter that has shut since it was lent. `with_slots`: further slots to lock before any seat, or null to lock no slots.
 * `may_wait`: when all free seats are being taken by others, wait for what becomes of that.
 *
 * Outcome `free`, `taken`, `gone` (the office does not work then, or no longer), `invalid` (services unknown or of several agendas).
 * Counters are chosen to spread the day's visits; among those with equally many, by chance.
 */
export async function lockVisit(db: Kysely<Database>): Promise<void> {
  await sql`
    create or replace function lock_visit(
      at_office text, for_services text[], at_start timestamptz, own uuid, hold uuid, lease uuid, lease_only boolean,
      with_slots uuid[], may_wait boolean,
      out outcome text, out run uuid[], out counter_no integer, out visit_end timestamptz
    ) language plpgsql as $$
      #variable_conflict use_variable
      declare
        of_agenda text;
        needed integer;
        step integer;
        steps integer;
        locked integer;
        is_crossed boolean;
        day timestamptz := date_trunc('day', at_start, 'Europe/Rome');
      begin
        select min(d.body->>'agenda'), sum((d.body->>'durationMinutes')::integer) into of_agenda, needed
          from unnest(for_services) w (id) join services d on d.id = w.id
          having count(*) = cardinality(for_services) and count(distinct d.body->>'agenda') = 1;
        if of_agenda is null then outcome := 'invalid'; return; end if;

        select s.duration_minutes into step from slots s
          where s.office_id = at_office and s.agenda = of_agenda and s.starts_at = at_start;
        if step is null or at_start <= clock_timestamp() then outcome := 'gone'; return; end if;
        steps := ceil(needed::numeric / step);
        visit_end := at_start + make_interval(mins => steps * step);
        select array_agg(s.id order by s.starts_at), bool_or(s.crossed) into run, is_crossed from slots s
          where s.office_id = at_office and s.agenda = of_agenda and s.starts_at >= at_start and s.starts_at < visit_end
            and s.duration_minutes = step and (s.capacity > 0 or lease_only)
            and mod(extract(epoch from s.starts_at - at_start)::bigint, step * 60) = 0;
        if coalesce(cardinality(run), 0) <> steps then outcome := 'gone'; return; end if;
        if with_slots is not null then
          perform 1 from slots s where s.id = any(run || with_slots) order by s.starts_at, s.id for no key update;
        end if;

        for round in 1..2 loop
          for counter_no in
            with load as (
              select d.seat, count(*) as visits from slot_seats d
              where d.office_id = at_office and d.agenda = of_agenda and d.starts_at >= day
                and d.starts_at < day + interval '1 day' and d.appointment_id is not null
              group by d.seat
            ), usable as (
              select q.seat, count(*) filter (where q.hold_id = hold and q.held_until > clock_timestamp()) as held
              from slot_seats q join slots s on s.id = q.slot_id
              where q.slot_id = any(run) and (q.seat <= s.capacity or lease_only) and ${usable}
              group by q.seat having count(*) = steps
            ), busy as materialized (${busySeats})
            select u.seat from usable u left join load l on l.seat = u.seat
              where u.seat not in (select b.seat from busy b)
              order by u.held desc, coalesce(l.visits, 0), random()
          loop
            if steps = 1 then
              perform 1 from slot_seats q where q.slot_id = run[1] and q.seat = counter_no and ${usable}
                for update skip locked;
              if found then outcome := 'free'; return; end if;
            else
              -- All of the run or none: a lock that stays behind could close a circle.
              begin
                perform 1 from slot_seats q where q.slot_id = any(run) and q.seat = counter_no and ${usable}
                  order by q.starts_at for update nowait;
                get diagnostics locked = row_count;
                if locked = steps then outcome := 'free'; return; end if;
                raise lock_not_available;
              exception when lock_not_available then null;
              end;
            end if;
          end loop;
          exit when round = 2 or not may_wait;
          perform 1 from slot_seats q where q.slot_id = any(run) and ${usable}
            and q.seat not in (${busySeats})
            order by q.starts_at, q.seat for update;
          exit when not found;
        end loop;
        outcome := 'taken';
      end $$`.execute(db)
}

/** That nobody else has seat `q` at this moment. */
const usable = sql.raw(`(q.appointment_id = own or (q.appointment_id is null
  and (q.held_until is null or q.held_until <= clock_timestamp() or q.hold_id = hold)
  and (q.kept_until is null or q.kept_until <= clock_timestamp() or q.lease_id = lease)
  and (not lease_only or (q.lease_id = lease and q.kept_until > clock_timestamp()))))`)

/**
 * Counters that another has in a slot which overlaps the visit and is no part of `run`. What a recovery keeps nobody has yet. No slot is longer
 * than four hours.
 */
const busySeats = sql.raw(`
  select t.seat from slot_seats t join slots o on o.id = t.slot_id
  where is_crossed and t.office_id = at_office and t.agenda = of_agenda and t.slot_id <> all(run)
    and t.starts_at > at_start - interval '4 hours' and t.starts_at < visit_end
    and t.starts_at + make_interval(mins => o.duration_minutes) > at_start
    and case when t.appointment_id is not null then t.appointment_id is distinct from own
      else (t.held_until > clock_timestamp() and t.hold_id is distinct from hold)
        or (t.kept_until > clock_timestamp() and t.lease_id is distinct from lease
          and exists (select 1 from leases l where l.id = t.lease_id and l.kind = 'desk')) end`)

/**
 * Keeps seats for a visit while somebody talks. The same id for the same place again is answered as the first time; for another place, or
 * when its time is over, it is `taken`. `recovery`: the cancelled appointment that the visit makes up for.
 */
async function holdVisit(db: Kysely<Database>): Promise<void> {
  await sql`
    create function hold_visit(
      hold uuid, at_office text, for_services text[], at_start timestamptz, length interval, recovery uuid,
      out outcome text, out slot_ids uuid[], out counter_no integer, out visit_end timestamptz, out until timestamptz
    ) language plpgsql as $$
      #variable_conflict use_variable
      declare
        known record;
        v record;
      begin
        perform pg_advisory_xact_lock(hashtextextended(hold::text, 0));
        select min(q.office_id) as office_id, min(q.starts_at) as starts_at, min(q.seat) as seat, min(q.held_until) as held_until,
            max(q.starts_at + make_interval(mins => s.duration_minutes)) as ends_at,
            array_agg(q.slot_id order by q.starts_at) as run
          into known from slot_seats q join slots s on s.id = q.slot_id where q.hold_id = hold;
        if known.office_id is not null then
          if known.office_id = at_office and known.starts_at = at_start and known.held_until > clock_timestamp() then
            outcome := 'held'; slot_ids := known.run; counter_no := known.seat;
            visit_end := known.ends_at; until := known.held_until;
          else
            outcome := 'taken';
          end if;
          return;
        end if;
        select * into v from lock_visit(at_office, for_services, at_start, null, null,
          (select a.closure_id from appointments a where a.id = recovery), false, null, true);
        outcome := v.outcome;
        if outcome <> 'free' then return; end if;
        until := clock_timestamp() + length;
        update slot_seats q set hold_id = hold, held_since = until - length, held_until = until,
            lease_id = case when q.kept_until > clock_timestamp() then q.lease_id end,
            kept_until = case when q.kept_until > clock_timestamp() then q.kept_until end
          where q.slot_id = any(v.run) and q.seat = v.counter_no;
        outcome := 'held'; slot_ids := v.run; counter_no := v.counter_no; visit_end := v.visit_end;
      end $$`.execute(db)
}

/**
 * Makes an appointment that sits on its seats. `channel`: one of the services is not booked by this channel. `settled`: what it makes up for has been made up for. `known`: there is one with this id already, and it is left as it is. `codes`: tried in turn until
 * one is nobody else's. A hold that is over counts for nothing: then any free seat of that moment does. A lease's seats are taken
 * only while they are kept, and no others.
 */
export async function bookVisit(db: Kysely<Database>): Promise<void> {
  await sql`
    create or replace function book_visit(
      visit uuid, codes text[], for_services text[], at_office text, at_start timestamptz, of_citizen uuid, in_contact uuid,
      by_channel text, as_state text, until timestamptz, hold uuid, lease uuid, recovery uuid,
      out outcome text, out slot_ids uuid[]
    ) language plpgsql as $$
      #variable_conflict use_variable
      declare
        v record;
        closure uuid;
        from_hold boolean;
        from_lease uuid;
        one_code text;
        made integer := 0;
      begin
        perform pg_advisory_xact_lock(hashtextextended(visit::text, 0));
        if exists (select 1 from appointments a where a.id = visit) then outcome := 'known'; return; end if;
        if hold is not null then perform pg_advisory_xact_lock(hashtextextended(hold::text, 0)); end if;
        if by_channel <> 'office' and exists (select 1 from services d
          where d.id = any(for_services) and jsonb_exists(d.body->'channels', by_channel) is false)
        then outcome := 'channel'; return; end if;
        if recovery is not null then
          select a.closure_id into closure from appointments a
            where a.id = recovery and a.state = 'cancelled-by-office' and a.citizen_id is not distinct from of_citizen
            for no key update;
          if not found then outcome := 'invalid'; return; end if;
          if exists (select 1 from appointments a where a.recovery_of = recovery
            and a.state in ('confirmed', 'proposed', 'attended', 'no-show')) then outcome := 'settled'; return; end if;
        end if;
        select * into v from lock_visit(at_office, for_services, at_start, null, hold, coalesce(lease, closure),
          lease is not null, '{}', true);
        outcome := v.outcome;
        if outcome <> 'free' then return; end if;

        select bool_or(q.hold_id = hold and q.held_until > clock_timestamp()),
            (array_agg(q.lease_id) filter (where q.kept_until > clock_timestamp()))[1]
          into from_hold, from_lease from slot_seats q where q.slot_id = any(v.run) and q.seat = v.counter_no;
        foreach one_code in array codes loop
          insert into appointments (id, code, slot_id, service_ids, office_id, starts_at, ends_at, counter, citizen_id,
              contact_id, state, confirm_by, channel, hold_id, lease_id, recovery_of)
            values (visit, one_code, v.run[1], for_services, at_office, at_start, v.visit_end, v.counter_no, of_citizen,
              in_contact, as_state, until, by_channel, case when from_hold then hold end, from_lease, recovery)
            on conflict (code) do nothing;
          get diagnostics made = row_count;
          exit when made = 1;
        end loop;
        if made = 0 then raise exception 'no free appointment code'; end if;
        perform sit(visit, v.run, v.counter_no, hold);
        insert into change_log (entity, id, version) values ('appointment', visit::text, 1);
        perform seats_changed(v.run);
        outcome := 'booked'; slot_ids := v.run;
      end $$`.execute(db)
  await sql`
    create or replace function sit(visit uuid, run uuid[], counter_no integer, hold uuid) returns void language plpgsql as $$
      #variable_conflict use_variable
      begin
        update slot_seats q set appointment_id = visit, hold_id = null, held_since = null, held_until = null,
            lease_id = case when q.kept_until > clock_timestamp() then q.lease_id end,
            kept_until = case when q.kept_until > clock_timestamp() then q.kept_until end
          where q.slot_id = any(run) and q.seat = counter_no and q.appointment_id is distinct from visit;
        -- What was held for a longer visit, or at another counter, is free again.
        update slot_seats q set hold_id = null, held_since = null, held_until = null where q.hold_id = hold;
      end $$`.execute(db)
}

/** Takes new seats for an appointment and leaves the old ones. `unknown`, `settled` (over, or confirmed too late), `same` (it is there already). */
async function moveVisit(db: Kysely<Database>): Promise<void> {
  await sql`
    create function move_visit(
      visit uuid, at_office text, at_start timestamptz, hold uuid, out outcome text, out slot_ids uuid[]
    ) language plpgsql as $$
      #variable_conflict use_variable
      declare
        before appointments;
        left_slots uuid[];
        v record;
        from_hold boolean;
        from_lease uuid;
        now_version bigint;
      begin
        perform pg_advisory_xact_lock(hashtextextended(visit::text, 0));
        if hold is not null then perform pg_advisory_xact_lock(hashtextextended(hold::text, 0)); end if;
        select a.* into before from appointments a where a.id = visit for update;
        if before.id is null then outcome := 'unknown'; return; end if;
        if before.state not in ('confirmed', 'proposed') then outcome := 'settled'; return; end if;
        if before.confirm_by <= clock_timestamp() then outcome := 'late'; return; end if;
        if before.state = 'confirmed' and before.office_id = at_office and before.starts_at = at_start then
          outcome := 'same'; return;
        end if;
        select array_agg(q.slot_id) into left_slots from slot_seats q where q.appointment_id = visit;
        select * into v from lock_visit(at_office, before.service_ids, at_start, visit, hold,
          (select a.closure_id from appointments a where a.id = before.recovery_of), false, left_slots, true);
        outcome := v.outcome;
        if outcome <> 'free' then return; end if;

        select bool_or(q.hold_id = hold and q.held_until > clock_timestamp()),
            (array_agg(q.lease_id) filter (where q.kept_until > clock_timestamp()))[1]
          into from_hold, from_lease from slot_seats q where q.slot_id = any(v.run) and q.seat = v.counter_no;
        update appointments a set slot_id = v.run[1], office_id = at_office, starts_at = at_start, ends_at = v.visit_end,
            counter = v.counter_no, state = 'confirmed', confirm_by = null, sequence = a.sequence + 1, version = a.version + 1,
            hold_id = case when from_hold then hold end, lease_id = from_lease
          where a.id = visit returning a.version into now_version;
        update slot_seats q set appointment_id = null
          where q.appointment_id = visit and not (q.slot_id = any(v.run) and q.seat = v.counter_no);
        perform sit(visit, v.run, v.counter_no, hold);
        insert into change_log (entity, id, version) values ('appointment', visit::text, now_version);
        perform seats_changed(v.run || left_slots);
        outcome := 'moved'; slot_ids := v.run;
      end $$`.execute(db)
}

/** Tells every desk of the seats of these slots. They are locked already, or are now, in the order of time. */
async function seatsChanged(db: Kysely<Database>): Promise<void> {
  await sql`
    create function seats_changed(of_slots uuid[]) returns void language plpgsql as $$
      begin
        perform 1 from slots s where s.id = any(of_slots) order by s.starts_at, s.id for no key update;
        with raised as (update slots s set version = s.version + 1 where s.id = any(of_slots) returning s.id, s.version)
        insert into change_log (entity, id, version) select 'slot', r.id::text, r.version from raised r order by r.id;
      end $$`.execute(db)
}
