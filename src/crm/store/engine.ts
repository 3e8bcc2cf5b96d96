import type { Kysely, Transaction } from 'kysely'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>
/** Inside a transaction use only this: a query on the `Db` would wait for ever for PGlite's one connection. */
export type Trx = Transaction<Database>

export type Store = {
  engine: 'postgres' | 'pglite'
  db: Db
  /** How many statements and transactions wait for a connection; none where there is but one, in this thread. */
  waiting(): number
  /** Calls back after each committed `notify` on the channel, from any process on this database. Resolves to the way to stop. */
  listen(channel: string, callback: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Type numbers of pg_type.h. */
const int8 = 20
const date = 1082
const timestamptz = 1184

/** So that both engines hand out the same values: see `schema.ts`. */
export const parsers: Record<number, (text: string) => unknown> = {
  [int8]: Number,
  [date]: (text) => text,
  [timestamptz]: (text) => new Date(text).toISOString(),
}
