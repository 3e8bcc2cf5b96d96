import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Users, devices, their command streams, the change log, the read journal and the issuer's records. */
export const peopleAndStreams: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table users (
      id uuid primary key,
      login text not null unique check (login = lower(login) and login <> ''),
      name text not null check (name <> ''),
      given_name text not null check (given_name <> ''),
      roles text[] not null check (roles <@ array['operator', 'specialist', 'supervisor', 'administrator']),
      teams text[] not null,
      extension text not null unique check (extension <> ''),
      password_hash text not null,
      active boolean not null default true
    )`.execute(db)

  await sql`
    create table devices (
      id uuid primary key,
      name text not null,
      secret_hash text not null,
      registered_by uuid not null references users,
      registered_at timestamptz not null default now(),
      revoked_at timestamptz
    )`.execute(db)

  await sql`
    create table streams (
      id uuid primary key,
      device_id uuid not null references devices,
      user_id uuid not null references users,
      last_n bigint not null default 0 check (last_n >= 0),
      opened_at timestamptz not null default now()
    )`.execute(db)
  await sql`create index streams_device on streams (device_id)`.execute(db)

  await sql`
    create table commands (
      stream_id uuid not null references streams,
      n bigint not null check (n > 0),
      id uuid not null,
      name text not null,
      status text not null check (status in ('applied', 'refused', 'failed', 'repeated')),
      fault jsonb,
      at timestamptz not null,
      received_at timestamptz not null default now(),
      primary key (stream_id, n),
      check ((fault is not null) = (status in ('refused', 'failed')))
    )`.execute(db)
  await sql`create unique index commands_once on commands (id) where status <> 'repeated'`.execute(db)

  await sql`
    create table command_failures (
      stream_id uuid not null references streams,
      n bigint not null,
      id uuid not null,
      attempts integer not null check (attempts > 0),
      primary key (stream_id, n, id)
    )`.execute(db)

  await sql`
    create table change_log (
      xid xid8 not null default pg_current_xact_id(),
      seq bigint generated always as identity,
      entity text not null,
      id text not null,
      version bigint not null,
      at timestamptz not null default clock_timestamp(),
      primary key (xid, seq)
    )`.execute(db)
  await sql`create index change_log_stream on change_log (id, xid, seq) where entity = 'stream'`.execute(db)

  await sql`create table scope_days (day date primary key)`.execute(db)

  await sql`
    create table feed_epoch (
      single boolean primary key default true check (single),
      id uuid not null,
      cluster text not null
    )`.execute(db)

  await sql`
    create table reads (
      id bigint generated always as identity primary key,
      citizen_id uuid not null,
      user_id uuid not null references users,
      at timestamptz not null,
      reason_kind text not null check (reason_kind in ('call', 'ticket', 'search')),
      reason_id uuid,
      source text not null check (source in ('cache', 'crm')),
      recorded_at timestamptz not null default now(),
      check (reason_kind = 'search' or reason_id is not null)
    )`.execute(db)
  await sql`create index reads_citizen on reads (citizen_id, at)`.execute(db)
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception 'the journal of reads is append-only' using errcode = 'restrict_violation'; end $$`.execute(
    db,
  )
  await sql`
    create trigger reads_append_only before update or delete or truncate on reads
      for each statement execute function refuse_change()`.execute(db)

  await sql`
    create table oidc_records (
      kind text not null,
      id text not null,
      payload jsonb not null,
      expires_at timestamptz,
      grant_id text,
      uid text,
      user_code text,
      consumed_at timestamptz,
      primary key (kind, id)
    )`.execute(db)
  await sql`create index oidc_records_grant on oidc_records (grant_id) where grant_id is not null`.execute(db)
  await sql`create index oidc_records_uid on oidc_records (kind, uid) where uid is not null`.execute(db)
  await sql`create index oidc_records_user_code on oidc_records (kind, user_code) where user_code is not null`.execute(
    db,
  )
  await sql`create index oidc_records_expiry on oidc_records (expires_at)`.execute(db)
}
