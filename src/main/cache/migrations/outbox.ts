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
]
