import type { Migration } from '../sqlite.ts'

/**
 * The aggregates' tables hold the projection; `shadow` holds, for each row that a pending command has altered,
 * what the CRM last said of it (null: the CRM has no such row).
 */
export const cacheMigrations: readonly Migration[] = [
  {
    version: 10,
    sql: `
      CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT;

      CREATE TABLE applied (
        stream_id TEXT PRIMARY KEY,
        n INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE shadow (
        entity TEXT NOT NULL,
        id TEXT NOT NULL,
        row TEXT,
        PRIMARY KEY (entity, id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE citizen (
        rid INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        family_name TEXT NOT NULL,
        given_name TEXT NOT NULL,
        terms TEXT NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE TABLE citizen_phone (
        number TEXT NOT NULL,
        citizen_rid INTEGER NOT NULL,
        PRIMARY KEY (number, citizen_rid)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX citizen_phone_of ON citizen_phone (citizen_rid);
      CREATE VIRTUAL TABLE citizen_fts USING fts5(
        terms, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2", prefix='2 3 4'
      );

      CREATE TABLE contact (
        id TEXT PRIMARY KEY,
        citizen_id TEXT,
        started_at INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX contact_of_citizen ON contact (citizen_id, started_at DESC);

      CREATE TABLE ticket (
        id TEXT PRIMARY KEY,
        citizen_id TEXT,
        contact_id TEXT,
        open INTEGER NOT NULL,
        due_on TEXT NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ticket_of_citizen ON ticket (citizen_id, open, due_on);
      CREATE INDEX ticket_of_contact ON ticket (contact_id);

      CREATE TABLE appointment (
        id TEXT PRIMARY KEY,
        citizen_id TEXT,
        contact_id TEXT,
        active INTEGER NOT NULL,
        starts_at INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX appointment_of_citizen ON appointment (citizen_id, active, starts_at);
      CREATE INDEX appointment_of_contact ON appointment (contact_id);

      CREATE TABLE slot (
        id TEXT PRIMARY KEY,
        agenda TEXT NOT NULL,
        office_id TEXT NOT NULL,
        starts_at INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX slot_of_agenda ON slot (agenda, starts_at, office_id);

      CREATE TABLE reference (
        entity TEXT NOT NULL,
        id TEXT NOT NULL,
        row TEXT NOT NULL,
        PRIMARY KEY (entity, id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    // Appointments got other fields: everything is asked of the CRM anew. What waits for it is in the other file.
    version: 20,
    sql: `
      DELETE FROM meta;
      DELETE FROM shadow;
      DELETE FROM citizen;
      DELETE FROM citizen_phone;
      DELETE FROM citizen_fts;
      DELETE FROM contact;
      DELETE FROM ticket;
      DELETE FROM appointment;
      DELETE FROM slot;
      DELETE FROM reference;
    `,
  },
  {
    // Requests got a team, a clock and a history, contacts more fields: everything is asked of the CRM anew.
    version: 40,
    sql: `
      DELETE FROM meta;
      DELETE FROM shadow;
      DELETE FROM contact;
      DROP TABLE ticket;
      CREATE TABLE ticket (
        id TEXT PRIMARY KEY,
        citizen_id TEXT,
        contact_id TEXT,
        open INTEGER NOT NULL,
        due_on TEXT NOT NULL,
        team TEXT NOT NULL,
        assignee_id TEXT,
        answered INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ticket_of_citizen ON ticket (citizen_id, open, due_on);
      CREATE INDEX ticket_of_contact ON ticket (contact_id);
      CREATE INDEX ticket_of_team ON ticket (team, due_on) WHERE closed = 0;
      CREATE INDEX ticket_due ON ticket (due_on) WHERE closed = 0 AND answered = 0;

      CREATE TABLE ticket_entry (
        id TEXT PRIMARY KEY,
        ticket_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ticket_entry_of_ticket ON ticket_entry (ticket_id, at);
    `,
  },
  {
    // Persons got more fields and are found by every word of their names and addresses: everything is asked of the CRM anew.
    version: 50,
    sql: `
      DELETE FROM meta;
      DELETE FROM shadow;
      DELETE FROM contact;
      DELETE FROM ticket;
      DELETE FROM ticket_entry;
      DELETE FROM appointment;
      DROP TABLE citizen;
      DROP TABLE citizen_phone;
      DROP TABLE citizen_fts;
      CREATE TABLE citizen (
        rid INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name_key TEXT,
        reversed_key TEXT,
        fiscal_code TEXT,
        birth_date TEXT,
        merged_into TEXT,
        found TEXT NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX citizen_name ON citizen (name_key);
      CREATE INDEX citizen_reversed ON citizen (reversed_key);
      CREATE INDEX citizen_code ON citizen (fiscal_code) WHERE fiscal_code IS NOT NULL;
      CREATE INDEX citizen_born ON citizen (birth_date) WHERE birth_date IS NOT NULL;
      CREATE INDEX citizen_merged ON citizen (merged_into) WHERE merged_into IS NOT NULL;
      CREATE TABLE citizen_number (
        number TEXT NOT NULL,
        citizen_rid INTEGER NOT NULL,
        PRIMARY KEY (number, citizen_rid)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX citizen_number_of ON citizen_number (citizen_rid);
      CREATE VIRTUAL TABLE citizen_fts USING fts5(
        words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3 4'
      );
    `,
  },
  {
    version: 60,
    sql: `CREATE INDEX appointment_code ON appointment (json_extract(row, '$.code'))`,
  },
  {
    version: 61,
    sql: `CREATE INDEX contact_on_behalf ON contact (json_extract(row, '$.onBehalfOf'))`,
  },
  {
    version: 62,
    sql: `CREATE INDEX ticket_protocol ON ticket (json_extract(row, '$.protocol'))`,
  },
]
