import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

const accented = 'ÀÁÂÃÄÅÈÉÊËÌÍÎÏÒÓÔÕÖÙÚÛÜÇÑÝàáâãäåèéêëìíîïòóôõöùúûüçñýÿșțăâîŞşŢţĂ'
const plain = 'AAAAAAEEEEIIIIOOOOOUUUUCNYaaaaaaeeeeiiiiooooouuuucnyystaaiSsTtA'

/** Reference data, citizens, contacts and tickets. */
export const directory: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  for (const table of ['offices', 'services', 'topics', 'articles']) {
    await sql`
      create table ${sql.table(table)} (
        id text primary key,
        version bigint not null default 1,
        body jsonb not null check (jsonb_typeof(body) = 'object')
      )`.execute(db)
  }

  // Immutable, so that a generated column may use it: no accents, lower case, one space where a name has ' - or spaces.
  await sql`
    create function search_key(name text) returns text language sql immutable parallel safe as $$
      select trim(regexp_replace(lower(translate(name, ${sql.lit(accented)}, ${sql.lit(plain)})), '[^[:alnum:]]+', ' ', 'g'))
    $$`.execute(db)

  await sql`
    create table citizens (
      id uuid primary key,
      version bigint not null default 1,
      given_name text not null check (given_name <> ''),
      family_name text not null check (family_name <> ''),
      birth_date date,
      fiscal_code text check (fiscal_code ~ '^[A-Z0-9]{16}$'),
      language text not null,
      email text,
      street text,
      municipality text,
      municipio smallint check (municipio between 1 and 9),
      needs_duplicate_check boolean not null default false,
      name_key text not null generated always as (search_key(family_name || ' ' || given_name)) stored,
      name_key_reversed text not null generated always as (search_key(given_name || ' ' || family_name)) stored,
      check ((street is null) = (municipality is null)),
      check (municipio is null or street is not null)
    )`.execute(db)
  await sql`create index citizens_name on citizens (name_key text_pattern_ops)`.execute(db)
  await sql`create index citizens_name_reversed on citizens (name_key_reversed text_pattern_ops)`.execute(db)
  await sql`create index citizens_fiscal_code on citizens (fiscal_code text_pattern_ops)`.execute(db)

  await sql`
    create table citizen_phones (
      citizen_id uuid not null references citizens on delete cascade,
      position smallint not null check (position >= 0),
      number text not null check (number ~ '^\\+[1-9][0-9]{3,14}$'),
      kind text not null check (kind in ('mobile', 'landline', 'work')),
      primary key (citizen_id, position)
    )`.execute(db)
  await sql`create index citizen_phones_number on citizen_phones (number text_pattern_ops)`.execute(db)

  await sql`
    create table contacts (
      id uuid primary key,
      version bigint not null default 1,
      channel text not null check (channel in ('phone')),
      direction text not null check (direction in ('inbound', 'outbound')),
      queue text,
      operator_id uuid not null references users,
      citizen_id uuid references citizens,
      caller_number text,
      started_at timestamptz not null,
      answered_at timestamptz,
      ended_at timestamptz,
      topic_id text references topics,
      outcome text check (outcome in ('resolved', 'appointment', 'request', 'specialist', 'callback', 'dropped')),
      identification text not null default 'none' check (identification in
        ('none', 'number-and-name', 'birth-date', 'birth-date-and-address', 'fiscal-code', 'delegate')),
      tried_before text[] not null default '{}' check (cardinality(tried_before) <= 2),
      note text not null default '',
      practice boolean not null default false,
      check ((ended_at is null) = (outcome is null))
    )`.execute(db)
  await sql`create index contacts_citizen on contacts (citizen_id, started_at desc)`.execute(db)
  await sql`create index contacts_started on contacts (started_at)`.execute(db)

  await sql`
    create table ticket_protocols (
      year integer primary key,
      last_number integer not null check (last_number > 0)
    )`.execute(db)
  await sql`
    create table tickets (
      id uuid primary key,
      version bigint not null default 1,
      protocol_year integer not null,
      protocol_number integer not null check (protocol_number > 0),
      protocol text not null generated always as
        ('R-' || protocol_year::text || '-' || lpad(protocol_number::text, greatest(6, length(protocol_number::text)), '0')) stored,
      kind text not null check (kind in ('information', 'verification', 'suggestion', 'complaint', 'report', 'appreciation')),
      topic_id text not null references topics,
      text text not null check (text <> ''),
      citizen_id uuid references citizens,
      contact_id uuid references contacts,
      status text not null default 'new' check (status in
        ('new', 'in-progress', 'waiting-citizen', 'answered', 'resolved', 'closed')),
      received_at timestamptz not null,
      due_on date not null,
      team text not null check (team <> ''),
      unique (protocol_year, protocol_number)
    )`.execute(db)
  await sql`create index tickets_citizen on tickets (citizen_id, received_at desc)`.execute(db)
  await sql`create index tickets_contact on tickets (contact_id)`.execute(db)
  await sql`create index tickets_received on tickets (received_at)`.execute(db)
}
