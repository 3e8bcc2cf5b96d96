import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * Persons with several e-mails, addresses and languages, known without a number, speaking for others; joined when they were two, or kept apart; found by
 * any word of their names and addresses.
 */
export const people: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await columns(db)
  await words(db)
  await tables(db)
  // What is made from other columns is no change of its own.
  await sql`drop trigger audited on citizens`.execute(db)
  await sql`
    create trigger audited after insert or update or delete on citizens
      for each row execute function audit_row('name_key', 'name_key_reversed', 'words')`.execute(db)
  for (const table of [
    'citizen_identities',
    'citizen_delegations',
    'citizen_merges',
    'citizens_kept_apart',
  ]) {
    await sql`
      create trigger audited after insert or update or delete on ${sql.table(table)}
        for each row execute function audit_row('record')`.execute(db)
  }
}

async function columns(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table citizens
      add column other_languages text[] not null default '{}' check (cardinality(other_languages) <= 32),
      add column other_emails text[] not null default '{}' check (cardinality(other_emails) <= 32),
      add column other_addresses jsonb not null default '[]'
        check (jsonb_typeof(other_addresses) = 'array' and jsonb_array_length(other_addresses) <= 32),
      add column merged_into uuid references citizens check (merged_into <> id)`.execute(db)
  await sql`create index citizens_merged on citizens (merged_into) where merged_into is not null`.execute(db)
  await sql`create index citizens_birth_date on citizens (birth_date)`.execute(db)
  await sql`
    create index citizens_to_compare on citizens (id) where needs_duplicate_check and merged_into is null`.execute(
    db,
  )
}

/**
 * `search_key` knows every accent now, as `searchKey` of the contract does, and what was made with it is made anew. `words`: every word of names and
 * addresses; a name with an apostrophe also in one word, as many type it. Sorted by its bytes, a name is found by its beginning and in the order of a desk's cache.
 */
async function words(db: Kysely<Database>): Promise<void> {
  await sql`alter table citizens drop column name_key, drop column name_key_reversed`.execute(db)
  await sql`
    create or replace function search_key(name text) returns text language sql immutable parallel safe as $$
      select trim(regexp_replace(replace(translate(lower(regexp_replace(normalize(name, NFD), ${sql.lit('[\\u0300-\\u036f]')}, '', 'g')),
        'ŁłØøĐđı', 'llooddi'), 'ß', 'ss'), ${sql.lit('[^a-z0-9\\u0370-\\u1fff\\u2c00-\\ufaff]+')}, ' ', 'g'))
    $$`.execute(db)
  await sql`
    create function citizen_words(family text, given text, street text, municipality text, others jsonb)
    returns tsvector language sql immutable parallel safe as $$
      select array_to_tsvector(array_remove(string_to_array(search_key(concat_ws(' ', family, given,
        translate(family || ' ' || given, '''’‘ʼ', ''), street, municipality, jsonb_path_query_array(others, '$[*].street')::text,
        jsonb_path_query_array(others, '$[*].municipality')::text)), ' '), ''))
    $$`.execute(db)
  await sql`
    alter table citizens
      add column name_key text collate "C" not null generated always as (search_key(family_name || ' ' || given_name)) stored,
      add column name_key_reversed text collate "C" not null generated always as (search_key(given_name || ' ' || family_name)) stored,
      add column words tsvector not null generated always as
        (citizen_words(family_name, given_name, street, municipality, other_addresses)) stored`.execute(db)
  await sql`create index citizens_name on citizens (name_key)`.execute(db)
  await sql`create index citizens_name_reversed on citizens (name_key_reversed)`.execute(db)
  await sql`create index citizens_words on citizens using gin (words)`.execute(db)
}

async function tables(db: Kysely<Database>): Promise<void> {
  await sql`
    create table citizen_identities (
      scheme text not null check (scheme in ('whatsapp')),
      value text not null check (value ~ '^[A-Z]{2}\\.[A-Za-z0-9]{1,128}$'),
      citizen_id uuid not null references citizens on delete cascade,
      position smallint not null check (position >= 0),
      primary key (scheme, value)
    )`.execute(db)
  await sql`create index citizen_identities_of on citizen_identities (citizen_id)`.execute(db)
  await sql`
    create table citizen_delegations (
      citizen_id uuid not null references citizens on delete cascade,
      for_id uuid not null references citizens on delete cascade,
      kind text not null check (kind in
        ('parent', 'guardian', 'support-administrator', 'proxy', 'professional', 'relative')),
      until date,
      since timestamptz not null default now(),
      primary key (citizen_id, for_id),
      check (citizen_id <> for_id)
    )`.execute(db)
  await sql`create index citizen_delegations_for on citizen_delegations (for_id)`.execute(db)
  // One at a time: who is somebody else already is joined to nobody again before that is undone.
  await sql`
    create table citizen_merges (
      id uuid primary key,
      citizen_id uuid not null references citizens on delete cascade,
      merged_id uuid not null references citizens on delete cascade,
      made_by uuid not null references users,
      made_at timestamptz not null default now(),
      undone_by uuid references users,
      undone_at timestamptz,
      record jsonb not null,
      check (citizen_id <> merged_id),
      check ((undone_by is null) = (undone_at is null))
    )`.execute(db)
  await sql`create unique index citizen_merges_once on citizen_merges (merged_id) where undone_at is null`.execute(
    db,
  )
  await sql`create index citizen_merges_of on citizen_merges (citizen_id)`.execute(db)
  await sql`create index citizen_merges_merged on citizen_merges (merged_id)`.execute(db)
  await sql`
    create table citizens_kept_apart (
      citizen_id uuid not null references citizens on delete cascade,
      other_id uuid not null references citizens on delete cascade,
      set_by uuid not null references users,
      set_at timestamptz not null default now(),
      primary key (citizen_id, other_id),
      check (citizen_id < other_id)
    )`.execute(db)
  await sql`create index citizens_kept_apart_other on citizens_kept_apart (other_id)`.execute(db)
}
