import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Logger } from 'pino'
import { type ErrorCode, Fault } from '#contract/errors.ts'

/** `version` goes in tens, so that a fix can be put between two. Applied once, in order, with `user_version` in the same transaction. */
export type Migration = { version: number; sql: string }

export type SqliteOptions = {
  path: string
  /** 64 hex digits. */
  key: string
  /** `full`: a commit is on the medium when it returns. `normal`: the newest commits may be lost with the power, never the order. */
  synchronous: 'full' | 'normal'
  migrations: readonly Migration[]
  /** The code of a file that is damaged or was written with another key (the two cannot be told apart). */
  corrupt: ErrorCode
  log: Logger
}

export type Cell = string | number | Uint8Array | null

export interface Query<Row> {
  get(...values: Cell[]): Row | undefined
  all(...values: Cell[]): Row[]
  run(...values: Cell[]): number
}

export interface Sqlite {
  /** Static text only: it is logged when slow, its values are not. */
  query<Row = never>(sql: string): Query<Row>
  /** All or none; begins as a writer. Not to be nested. */
  transaction<T>(work: () => T): T
  /** From now on a commit waits for the medium, or does not. */
  synchronous(mode: 'full' | 'normal'): void
  close(): void
}

const slowMs = 40
/** Below it a WAL reset can corrupt the file (sqlite.org, release 3.51.3). */
const leastSqlite = [3, 51, 3] as const
/**
 * A checkpoint waits for the medium, so it is made between two operations. In a rush of writes SQLite makes one itself at so many
 * pages: few, since each costs some 50 µs of the thread that answers a screen pop (8,000 at once stalled it for 200 ms).
 */
const checkpointAfterMs = 300
const checkpointPages = 300

const damagedCodes = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR']

/** Whether the file itself is at fault, so that asking again cannot help. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Database.SqliteError && damagedCodes.some((code) => error.code.startsWith(code))

/**
 * Open an encrypted file, made when it is missing. Throws `invalid: key-missing` for a malformed key,
 * `unsupported: cache-newer` for a file of a newer program and `unavailable: <corrupt>` for an unreadable one; none of them is written to.
 */
export function openSqlite(options: SqliteOptions): Sqlite {
  // SQLite takes a malformed raw key for a passphrase without a word.
  if (!/^[0-9a-f]{64}$/i.test(options.key)) throw new Fault('invalid', 'key-missing')
  closeSync(openSync(options.path, 'a', 0o600))
  const db = new Database(options.path)
  try {
    unlock(db, options)
    migrate(db, options.migrations)
    return wrap(db, options.log)
  } catch (error) {
    db.close()
    throw isDamage(error) ? new Fault('unavailable', options.corrupt, { cause: error }) : error
  }
}

function unlock(db: Database, options: SqliteOptions): void {
  db.pragma(`cipher='sqlcipher'`)
  db.pragma('legacy=4')
  db.pragma(`key="x'${options.key}'"`)
  // Opening succeeds with any key; only reading tells.
  db.prepare('SELECT count(1) FROM sqlite_schema').get()
  const { version } = db.prepare<[], { version: string }>('SELECT sqlite_version() AS version').get() ?? {
    version: '0',
  }
  const parts = version.split('.').map(Number)
  const difference = leastSqlite.map((least, i) => (parts[i] ?? 0) - least).find((d) => d !== 0) ?? 0
  if (difference < 0) throw new Error(`SQLite ${version} is too old: ${leastSqlite.join('.')} is needed`)
  const newest = options.migrations.at(-1)?.version ?? 0
  if (Number(db.pragma('user_version', { simple: true })) > newest)
    throw new Fault('unsupported', 'cache-newer')
  db.pragma('journal_mode=wal')
  db.pragma(`synchronous=${options.synchronous}`)
  db.pragma('temp_store=memory') // temporary files would be in clear
  db.pragma('cell_size_check=on')
  db.pragma('cache_size=-32000')
  db.pragma(`wal_autocheckpoint=${checkpointPages}`)
}

function migrate(db: Database, migrations: readonly Migration[]): void {
  for (const migration of migrations) {
    if (Number(db.pragma('user_version', { simple: true })) >= migration.version) continue
    db.transaction(() => {
      db.exec(migration.sql)
      db.pragma(`user_version=${migration.version}`)
    }).immediate()
  }
}

function wrap(db: Database, log: Logger): Sqlite {
  let checkpoint: NodeJS.Timeout | null = null

  const timed = <T>(what: string, work: () => T): T => {
    const begin = performance.now()
    const result = work()
    const ms = performance.now() - begin
    if (ms > slowMs) log.warn({ sql: what, ms: Math.round(ms) }, 'slow query')
    return result
  }

  const written = () => {
    if (checkpoint) return
    checkpoint = setTimeout(() => {
      checkpoint = null
      try {
        timed('checkpoint', () => db.pragma('wal_checkpoint(passive)'))
      } catch (error) {
        log.error({ err: error }, 'checkpoint failed')
      }
    }, checkpointAfterMs)
    checkpoint.unref()
  }

  return {
    query<Row>(sql: string): Query<Row> {
      const statement = db.prepare<Cell[], Row>(sql)
      return {
        get: (...values) => timed(sql, () => statement.get(...values)),
        all: (...values) => timed(sql, () => statement.all(...values)),
        run(...values) {
          const { changes } = timed(sql, () => statement.run(...values))
          written()
          return changes
        },
      }
    },
    transaction<T>(work: () => T): T {
      return db.transaction(work).immediate()
    },
    synchronous(mode) {
      db.pragma(`synchronous=${mode}`)
    },
    close() {
      if (checkpoint) clearTimeout(checkpoint)
      db.close()
    },
  }
}
