import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Who changed what: an entry for each operation, and under it each row with what it was and what it became. Written by triggers, so that no way of writing escapes it. */
export const audit: Migration = { up }

/** Columns that nobody may read again, or that are made from others. */
const hidden: Record<string, string[]> = {
  users: ['password_hash'],
  devices: ['secret_hash'],
  citizens: ['name_key', 'name_key_reversed'],
}

const audited = [
  ...['users', 'devices', 'citizens', 'citizen_phones', 'contacts', 'tickets', 'ticket_suspensions'],
  ...['ticket_extensions', 'ticket_contacts', 'ticket_entries', 'ticket_attachments', 'appointments'],
  ...['channel_opt_outs', 'teams', 'rulebooks', 'offices', 'services', 'topics', 'articles'],
  ...['opening_rules', 'closures'],
]

async function up(db: Kysely<Database>): Promise<void> {
  await tables(db)
  await sql`
    create function audit_row() returns trigger language plpgsql as $$
      declare
        entry text := coalesce(current_setting('ascolto.audit', true), '');
        actor jsonb;
        was jsonb;
        now_is jsonb;
        whole jsonb;
      begin
        -- A synthetic city is one entry, not a million.
        if entry = 'off' then return null; end if;
        if tg_op <> 'INSERT' then was := to_jsonb(old) - coalesce(tg_argv, array[]::text[]); end if;
        if tg_op <> 'DELETE' then now_is := to_jsonb(new) - coalesce(tg_argv, array[]::text[]); end if;
        whole := coalesce(now_is, was);
        if tg_op = 'UPDATE' then
          select jsonb_object_agg(n.key, was->n.key), jsonb_object_agg(n.key, n.value) into was, now_is
          from jsonb_each(now_is) n where n.value is distinct from was->n.key;
          if now_is is null then return null; end if;
        end if;
        if entry = '' then
          actor := coalesce(nullif(current_setting('ascolto.actor', true), ''), '{"operation":"system"}')::jsonb;
          insert into audit_entries (operation, user_id, device_id, command_id, request_id) values (actor->>'operation',
            (actor->>'user')::uuid, (actor->>'device')::uuid, (actor->>'command')::uuid, actor->>'request')
          returning id::text into entry;
          perform set_config('ascolto.audit', entry, true);
        end if;
        insert into audit_changes (entry_id, what, row_id, citizen_id, did, before, after, purged_at) values (entry::bigint,
          tg_table_name, coalesce(whole->>'id', whole->>'ticket_id', whole->>'citizen_id'),
          case tg_table_name when 'citizens' then (whole->>'id')::uuid else (whole->>'citizen_id')::uuid end, lower(tg_op),
          -- What is purged must not live on here.
          case when current_setting('ascolto.purge', true) = 'on' then null else was end,
          case when current_setting('ascolto.purge', true) = 'on' then null else now_is end,
          case when current_setting('ascolto.purge', true) = 'on' then clock_timestamp() end);
        return null;
      end $$`.execute(db)
  for (const table of audited) {
    const args = sql.join((hidden[table] ?? []).map((column) => sql.lit(column)))
    await sql`
      create trigger audited after insert or update or delete on ${sql.table(table)}
        for each row execute function audit_row(${args})`.execute(db)
  }
}

async function tables(db: Kysely<Database>): Promise<void> {
  await sql`
    create table audit_entries (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      operation text not null,
      user_id uuid references users,
      device_id uuid,
      command_id uuid,
      request_id text
    )`.execute(db)
  await sql`create index audit_entries_user on audit_entries (user_id, id) where user_id is not null`.execute(
    db,
  )
  await sql`
    create table audit_changes (
      id bigint generated always as identity primary key,
      entry_id bigint not null references audit_entries,
      what text not null,
      row_id text not null,
      citizen_id uuid,
      did text not null check (did in ('insert', 'update', 'delete')),
      before jsonb,
      after jsonb,
      purged_at timestamptz
    )`.execute(db)
  await sql`create index audit_changes_entry on audit_changes (entry_id)`.execute(db)
  await sql`create index audit_changes_row on audit_changes (row_id, id)`.execute(db)
  await sql`create index audit_changes_citizen on audit_changes (citizen_id, id) where citizen_id is not null`.execute(
    db,
  )
  // Retention may take the contents and nothing else: what happened, when and by whom stays.
  await sql`
    create function keep_audit() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and coalesce(current_setting('ascolto.purge', true), '') = 'on' and new.before is null
          and new.after is null and new.purged_at is not null and (new.id, new.entry_id, new.what, new.row_id, new.did)
            = (old.id, old.entry_id, old.what, old.row_id, old.did) and new.citizen_id is not distinct from old.citizen_id then
          return new;
        end if;
        raise exception 'the audit is append-only' using errcode = 'restrict_violation';
      end $$`.execute(db)
  await sql`
    create function refuse_audit() returns trigger language plpgsql as $$
      begin raise exception 'the audit is append-only' using errcode = 'restrict_violation'; end $$`.execute(
    db,
  )
  await sql`
    create trigger audit_changes_append_only before update or delete on audit_changes
      for each row execute function keep_audit()`.execute(db)
  await sql`
    create trigger audit_changes_not_emptied before truncate on audit_changes
      for each statement execute function refuse_audit()`.execute(db)
  await sql`
    create trigger audit_entries_append_only before update or delete or truncate on audit_entries
      for each statement execute function refuse_audit()`.execute(db)
}
