import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * What was said in time at a desk was in time, though the CRM heard later: `said_at` is when the desk was asked. A proposal that has lapsed meanwhile
 * remembers by when it was to be taken, and gets its place again where nobody else has it; who was noted as a no-show meanwhile is none. A visit
 * whose hour has come moves no more: `begun`. To where it is already nothing moves, and what was held for it is free again.
 */
export const saidInTime: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table appointments add column lapsed_by timestamptz,
      add check (lapsed_by is null or state = 'lapsed')`.execute(db)
  await sql`
    create or replace function check_move() returns trigger language plpgsql as $$
      declare
        asked_at timestamptz := nullif(current_setting('ascolto.said_at', true), '')::timestamptz;
        said_at timestamptz := least(asked_at, clock_timestamp());
      begin
        if not (case old.state
          when 'requested' then new.state in ('confirmed', 'cancelled-by-citizen', 'cancelled-by-office')
          when 'proposed' then new.state in ('confirmed', 'lapsed', 'cancelled-by-citizen', 'cancelled-by-office')
          when 'confirmed' then new.state in ('cancelled-by-citizen', 'cancelled-by-office', 'no-show', 'attended')
          when 'no-show' then new.state in ('attended', 'cancelled-by-office')
            or new.state in ('cancelled-by-citizen', 'confirmed') and coalesce(old.starts_at > asked_at, false)
          when 'attended' then new.state = 'no-show'
          when 'lapsed' then new.state = 'confirmed' and coalesce(old.lapsed_by > said_at, false)
          else false end) then
          raise exception 'an appointment that is % does not become %', old.state, new.state using errcode = 'check_violation';
        end if;
        if old.state = 'proposed' and new.state = 'confirmed' and old.confirm_by <= said_at then
          raise exception 'confirmed too late' using errcode = 'serialization_failure';
        end if;
        return new;
      end $$`.execute(db)
  await sql`drop function move_visit(uuid, text, timestamptz, uuid)`.execute(db)
  await sql`
    create function move_visit(
      visit uuid, at_office text, at_start timestamptz, hold uuid, said_at timestamptz, out outcome text, out slot_ids uuid[]
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
        if before.state not in ('confirmed', 'proposed')
          and not (before.state = 'no-show' and coalesce(before.starts_at > said_at, false))
          and not coalesce(before.lapsed_by > least(said_at, clock_timestamp()), false) then outcome := 'settled'; return; end if;
        if before.confirm_by <= least(said_at, clock_timestamp()) then outcome := 'late'; return; end if;
        if before.state = 'confirmed' and before.office_id = at_office and before.starts_at = at_start then
          perform 1 from slot_seats q where q.hold_id = hold order by q.starts_at, q.seat for update;
          update slot_seats q set hold_id = null, held_since = null, held_until = null where q.hold_id = hold;
          outcome := 'same'; return;
        end if;
        if before.starts_at <= least(said_at, clock_timestamp()) then outcome := 'begun'; return; end if;
        select coalesce(array_agg(q.slot_id), '{}') into left_slots from slot_seats q where q.appointment_id = visit;
        select * into v from lock_visit(at_office, before.service_ids, at_start, visit, hold,
          (select a.closure_id from appointments a where a.id = before.recovery_of), false, left_slots, true);
        outcome := v.outcome;
        if outcome <> 'free' then return; end if;

        select bool_or(q.hold_id = hold and q.held_until > clock_timestamp()),
            (array_agg(q.lease_id) filter (where q.kept_until > clock_timestamp()))[1]
          into from_hold, from_lease from slot_seats q where q.slot_id = any(v.run) and q.seat = v.counter_no;
        perform set_config('ascolto.said_at', coalesce(said_at::text, ''), true);
        update appointments a set slot_id = v.run[1], office_id = at_office, starts_at = at_start, ends_at = v.visit_end,
            counter = v.counter_no, state = 'confirmed', confirm_by = null, lapsed_by = null, sequence = a.sequence + 1,
            version = a.version + 1, hold_id = case when from_hold then hold end, lease_id = from_lease
          where a.id = visit returning a.version into now_version;
        update slot_seats q set appointment_id = null
          where q.appointment_id = visit and not (q.slot_id = any(v.run) and q.seat = v.counter_no);
        perform sit(visit, v.run, v.counter_no, hold);
        insert into change_log (entity, id, version) values ('appointment', visit::text, now_version);
        perform seats_changed(v.run || left_slots);
        outcome := 'moved'; slot_ids := v.run;
      end $$`.execute(db)
}
