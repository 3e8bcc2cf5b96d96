import type { Migration } from '../sqlite.ts'

/** `command` is one tree and accepting writes nothing else: every further page would be encrypted and flushed while the operator waits. */
export const outboxMigrations: readonly Migration[] = [
  {
    version: 10,
    sql: `
      CREATE TABLE stream (
        stream_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL UNIQUE,
        registered INTEGER NOT NULL,
        next_n INTEGER NOT NULL,
        replaces TEXT
      ) STRICT;

      CREATE TABLE command (
        seq INTEGER NOT NULL,
        stream_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        args TEXT NOT NULL,
        author TEXT NOT NULL,
        at TEXT NOT NULL,
        contact_id TEXT,
        state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'refused', 'failed')),
        fault TEXT,
        PRIMARY KEY (stream_id, n)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE work (
        contact_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        facts TEXT NOT NULL,
        draft TEXT NOT NULL,
        revision INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        saved_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX work_by_user ON work (user_id, started_at);

      CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    // A booking became one of several services, and may come from a hold or a lease.
    version: 20,
    sql: `
      UPDATE command SET args = json_set(json_remove(args, '$.serviceId'),
        '$.serviceIds', json_array(args ->> '$.serviceId'), '$.slotIds', json_array(args ->> '$.slotId'),
        '$.endsAt', strftime('%Y-%m-%dT%H:%M:%fZ', args ->> '$.startsAt', '+30 minutes'), '$.recoveryOf', NULL,
        '$.holdId', NULL, '$.leaseId', NULL, '$.channel', 'phone', '$.notify', json('[]'))
        WHERE name = 'appointment.book' AND args ->> '$.serviceId' IS NOT NULL;
      UPDATE command SET args = json_set(args, '$.reason', NULL, '$.notify', json('[]'))
        WHERE name = 'appointment.cancel' AND json_type(args, '$.notify') IS NULL;
    `,
  },
  {
    version: 40,
    sql: `
      CREATE TABLE call_record (
        call_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        record TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX call_record_by_user ON call_record (user_id, started_at DESC);
    `,
  },
  {
    version: 50,
    sql: `
      CREATE TABLE home (
        address TEXT NOT NULL,
        epoch TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    version: 70,
    sql: `
      CREATE TABLE ticket_draft (
        user_id TEXT NOT NULL,
        ticket_id TEXT NOT NULL,
        draft TEXT NOT NULL,
        revision INTEGER NOT NULL,
        saved_at TEXT NOT NULL,
        PRIMARY KEY (user_id, ticket_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 80,
    sql: 'ALTER TABLE work ADD COLUMN kept_visit TEXT;',
  },
  {
    version: 90,
    sql: `
      CREATE TABLE live_call (
        call_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        call TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 100,
    sql: `
      CREATE TABLE waiting_file (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        ticket_id TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        at TEXT NOT NULL,
        whole INTEGER NOT NULL,
        fault TEXT
      ) STRICT;
      CREATE TABLE waiting_part (
        file_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (file_id, position)
      ) STRICT;
    `,
  },
]
