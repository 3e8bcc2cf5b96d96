import type { Migration } from '../sqlite.ts'

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
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        stream_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        args TEXT NOT NULL,
        author TEXT NOT NULL,
        at TEXT NOT NULL,
        contact_id TEXT,
        state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'refused', 'failed')),
        fault TEXT,
        UNIQUE (stream_id, n)
      ) STRICT;
      CREATE INDEX command_by_state ON command (state, stream_id, n);

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
