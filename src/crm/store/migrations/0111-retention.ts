import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** What lets contents go: legal holds, statistics without persons, a change log that is cut, and devices that are wiped. */
export const retention: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table legal_holds (
      citizen_id uuid primary key references citizens on delete cascade,
      reason text not null check (reason <> ''),
      set_by uuid not null references users,
      set_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  // Counts of what was purged; with the rows that are still there they are everything.
  await sql`
    create table statistics (
      day date not null,
      kind text not null check (kind in ('contact', 'ticket', 'appointment')),
      topic text not null,
      channel text not null,
      outcome text not null,
      count bigint not null check (count > 0),
      primary key (day, kind, topic, channel, outcome)
    )`.execute(db)
  await sql`
    create table change_log_horizon (
      single boolean primary key default true check (single),
      xid xid8 not null
    )`.execute(db)
  await sql`create index change_log_at on change_log (at)`.execute(db)
  await sql`drop trigger reads_append_only on reads`.execute(db)
  await sql`
    create function keep_reads() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and coalesce(current_setting('ascolto.purge', true), '') = 'on' then return null; end if;
        raise exception 'the journal of reads is append-only' using errcode = 'restrict_violation';
      end $$`.execute(db)
  await sql`
    create trigger reads_append_only before update or delete or truncate on reads
      for each statement execute function keep_reads()`.execute(db)
  await sql`
    alter table devices
      add column wipe text check (wipe in ('now', 'after-delivery')),
      add column wipe_asked_at timestamptz,
      add column wipe_asked_by uuid references users,
      add column wiped_at timestamptz,
      add column wipe_destroyed integer check (wipe_destroyed >= 0),
      add check ((wipe is null) = (wipe_asked_at is null) and (wipe is null) = (wipe_asked_by is null)),
      add check ((wiped_at is null) = (wipe_destroyed is null))`.execute(db)
  await sql`
    create trigger audited after insert or update or delete on legal_holds
      for each row execute function audit_row()`.execute(db)
}
