import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** What a request may become, and what nobody changes: receipt, protocol number, history. */
export const requestRules: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  // `ticketMayBecome` of the contract.
  await sql`
    create function check_ticket_move() returns trigger language plpgsql as $$
      begin
        if not (case old.status
          when 'new' then new.status in ('in-progress', 'waiting-citizen', 'answered', 'closed')
          when 'in-progress' then new.status in ('waiting-citizen', 'answered', 'closed')
          when 'waiting-citizen' then new.status in ('in-progress', 'answered', 'closed')
          when 'answered' then new.status in ('resolved', 'closed', 'in-progress')
          when 'resolved' then new.status in ('closed', 'in-progress')
          when 'closed' then new.status = 'in-progress'
          else false end) then
          raise exception 'a request that is % does not become %', old.status, new.status using errcode = 'check_violation';
        end if;
        if old.status in ('answered', 'resolved', 'closed') and new.status = 'in-progress' and new.reopened <= old.reopened then
          raise exception 'a reopening is counted' using errcode = 'check_violation';
        end if;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger tickets_move before update of status on tickets for each row
      when (old.status <> new.status) execute function check_ticket_move()`.execute(db)

  await sql`
    create function keep_ticket() returns trigger language plpgsql as $$
      begin
        if (old.received_at, old.protocol_year, old.protocol_number)
          is distinct from (new.received_at, new.protocol_year, new.protocol_number) then
          raise exception 'receipt and protocol number stay' using errcode = 'restrict_violation';
        end if;
        if old.answered_at is not null and new.answered_at is distinct from old.answered_at then
          raise exception 'the first answer stays' using errcode = 'restrict_violation';
        end if;
        -- The clock is not begun anew by whoever gets the request next, and it is counted that it went on.
        if new.team <> old.team and (new.due_on <> old.due_on or new.rerouted <= old.rerouted) then
          raise exception 'another team has the same time left' using errcode = 'restrict_violation';
        end if;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger tickets_keep before update of received_at, protocol_year, protocol_number, answered_at, team, due_on on tickets
      for each row execute function keep_ticket()`.execute(db)

  // The contents of an entry may be emptied by retention, which says so for its transaction: set_config('ascolto.purge', 'on', true).
  await sql`
    create function keep_history() returns trigger language plpgsql as $$
      begin
        if tg_level = 'ROW' and coalesce(current_setting('ascolto.purge', true), '') = 'on' then
          return case when tg_op = 'DELETE' then old else new end;
        end if;
        raise exception 'the history of requests is append-only' using errcode = 'restrict_violation';
      end $$`.execute(db)
  await sql`
    create trigger ticket_entries_append_only before update or delete on ticket_entries
      for each row execute function keep_history()`.execute(db)
  await sql`
    create trigger ticket_entries_not_emptied before truncate on ticket_entries
      for each statement execute function keep_history()`.execute(db)

  // A suspension that ended stays as it was, and none is taken back.
  await sql`
    create function keep_suspension() returns trigger language plpgsql as $$
      begin
        if coalesce(current_setting('ascolto.purge', true), '') = 'on' then
          return case when tg_op = 'DELETE' then old else new end;
        end if;
        if tg_op = 'DELETE' or old.to_day is not null
          or (old.from_day, old.reason, old.position) is distinct from (new.from_day, new.reason, new.position) then
          raise exception 'a suspension stays as it was' using errcode = 'restrict_violation';
        end if;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger ticket_suspensions_keep before update or delete on ticket_suspensions
      for each row execute function keep_suspension()`.execute(db)

  // Two levels: a family, and its topics.
  await sql`
    create function check_topic() returns trigger language plpgsql as $$
      declare
        parent text := new.body->>'parentId';
      begin
        if parent is not null and not exists (select 1 from topics where id = parent and body->>'parentId' is null) then
          raise exception 'a topic belongs to a family' using errcode = 'check_violation';
        end if;
        return null;
      end $$`.execute(db)
  await sql`
    create constraint trigger topics_levels after insert or update on topics
      deferrable initially deferred for each row execute function check_topic()`.execute(db)
}
