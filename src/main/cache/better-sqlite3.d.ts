/**
 * The part of better-sqlite3 that this folder uses. The encrypting fork ships types, but its `exports` hide them from
 * TypeScript's resolution of modules.
 */
declare module 'better-sqlite3' {
  class SqliteError extends Error {
    readonly code: string
  }

  interface Statement<Values extends unknown[], Row> {
    get(...values: Values): Row | undefined
    all(...values: Values): Row[]
    run(...values: Values): { changes: number }
  }

  class Database {
    static readonly SqliteError: typeof SqliteError
    constructor(path: string)
    prepare<Values extends unknown[], Row>(sql: string): Statement<Values, Row>
    exec(sql: string): this
    pragma(text: string, options?: { simple: boolean }): unknown
    transaction<T>(work: () => T): { immediate(): T }
    close(): this
  }

  export default Database
}
