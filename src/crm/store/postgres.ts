import { type Driver, Kysely, PostgresDialect, type TransactionSettings } from 'kysely'
import pg from 'pg'
import { actorOfNow } from '../audit/actor.ts'
import { Connection } from './connection.ts'
import { parsers, type Store } from './engine.ts'
import type { Database } from './schema.ts'

const reconnectMs = 500
/** None is closed for having been idle: a new one reads and plans anew what is asked all day, and comes just when there is much to do. */
const never = 0

export async function openPostgres(options: {
  databaseUrl: string
  poolSize?: number
  /** After which a statement is ended; 0 for never. */
  statementMs?: number
  onConnectionLost?: (error: Error) => void
}): Promise<Store> {
  const lost = options.onConnectionLost ?? (() => {})
  const types: Parsers = { getTypeParser: (oid) => parsers[oid] ?? pg.types.getTypeParser(oid) }
  const settings: pg.ClientConfig = {
    types: types as pg.CustomTypesConfig,
    connectionString: options.databaseUrl,
    application_name: 'ascolto-crm',
    // A transaction that its process forgot would hold the change feed's horizon back for every desk.
    idle_in_transaction_session_timeout: 60_000,
    // Longer than any request waits for its answer; seeds and migrations set their own.
    statement_timeout: options.statementMs ?? 45_000,
    connectionTimeoutMillis: 5_000,
    // What stands between forgets connections that are silent for some minutes, and tells neither end.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    // No JIT: of tables that nobody has analyzed yet it expects so much that it compiles for longer than the statement takes.
    options: '-c timezone=UTC -c jit=off',
  }
  const pool = new pg.Pool({ ...settings, max: options.poolSize ?? 10, idleTimeoutMillis: never })
  pool.on('error', lost)
  const dialect = new PostgresDialect({ pool })
  dialect.createDriver = () => new PooledDriver(pool, types)
  const db = new Kysely<Database>({ dialect })
  const listeners = new Set<{ end(): Promise<void> }>()

  return {
    engine: 'postgres',
    db,
    waiting: () => pool.waitingCount,
    async listen(channel, callback) {
      const listener = openListener(settings, channel, callback, lost)
      listeners.add(listener)
      await listener.ready
      return async () => {
        listeners.delete(listener)
        await listener.end()
      }
    },
    async close() {
      await Promise.all([...listeners].map((listener) => listener.end()))
      await db.destroy()
    },
  }
}

type Parsers = ConstructorParameters<typeof Connection>[1]

class PooledDriver implements Driver {
  readonly #pool: pg.Pool
  readonly #types: Parsers
  readonly #connections = new WeakMap<pg.PoolClient, Connection>()

  constructor(pool: pg.Pool, types: Parsers) {
    this.#pool = pool
    this.#types = types
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Connection> {
    const client = await this.#pool.connect()
    const connection = this.#connections.get(client) ?? new Connection(client, this.#types)
    this.#connections.set(client, connection)
    return connection
  }

  async beginTransaction(connection: Connection, settings: TransactionSettings): Promise<void> {
    connection.begin(settings, actorOfNow())
  }

  commitTransaction(connection: Connection): Promise<void> {
    return connection.commit()
  }

  rollbackTransaction(connection: Connection): Promise<void> {
    return connection.rollback()
  }

  async releaseConnection(connection: Connection): Promise<void> {
    connection.release()
  }

  destroy(): Promise<void> {
    return this.#pool.end()
  }
}

/** A connection of its own that listens, and comes back when it is lost, calling back once since it may have missed something. */
function openListener(
  settings: pg.ClientConfig,
  channel: string,
  callback: () => void,
  lost: (error: Error) => void,
) {
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const connect = async () => {
    const next = new pg.Client(settings)
    client = next
    next.on('error', lost)
    next.on('end', () => {
      if (ended || client !== next) return
      timer = setTimeout(() => {
        connect().then(callback, lost)
      }, reconnectMs)
    })
    next.on('notification', () => callback())
    await next.connect()
    await next.query(`listen ${next.escapeIdentifier(channel)}`)
  }

  return {
    ready: connect(),
    async end() {
      ended = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
