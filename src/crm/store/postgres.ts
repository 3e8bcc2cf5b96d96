import { CompiledQuery, Kysely, PostgresDialect, PostgresDriver, type TransactionSettings } from 'kysely'
import pg from 'pg'
import { actorOfNow } from '../audit/actor.ts'
import { parsers, type Store } from './engine.ts'
import { isPrepared } from './query.ts'
import type { Database } from './schema.ts'

const reconnectMs = 500

export async function openPostgres(options: {
  databaseUrl: string
  poolSize?: number
  /** After which a statement is ended; 0 for never. */
  statementMs?: number
  onConnectionLost?: (error: Error) => void
}): Promise<Store> {
  const lost = options.onConnectionLost ?? (() => {})
  const settings: pg.ClientConfig = {
    connectionString: options.databaseUrl,
    application_name: 'ascolto-crm',
    // A transaction that its process forgot would hold the change feed's horizon back for every desk.
    idle_in_transaction_session_timeout: 60_000,
    // Longer than any request waits for its answer; seeds and migrations set their own.
    statement_timeout: options.statementMs ?? 45_000,
    connectionTimeoutMillis: 5_000,
    options: '-c timezone=UTC',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        parsers[oid] ?? pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  }
  const pool = new pg.Pool({ ...settings, max: options.poolSize ?? 10 })
  pool.on('error', lost)
  pool.on('connect', keepPrepared)
  const dialect = new PostgresDialect({ pool })
  dialect.createDriver = () => new ActingDriver({ pool })
  const db = new Kysely<Database>({ dialect })
  const listeners = new Set<{ end(): Promise<void> }>()

  return {
    engine: 'postgres',
    db,
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

type Connection = Parameters<PostgresDriver['rollbackTransaction']>[0]

/** A transaction begins with whose it is, in one message to the server. */
class ActingDriver extends PostgresDriver {
  override async beginTransaction(connection: Connection, settings: TransactionSettings): Promise<void> {
    const actor = actorOfNow()
    if (actor === null || settings.isolationLevel || settings.accessMode) {
      return super.beginTransaction(connection, settings)
    }
    const named = `select set_config('ascolto.actor', ${pg.escapeLiteral(actor)}, true)`
    try {
      await connection.executeQuery(CompiledQuery.raw(`begin; ${named}`))
    } catch (error) {
      // It may have begun; a connection on which even this fails is thrown away.
      await super.rollbackTransaction(connection).catch(() => {})
      throw error
    }
  }
}

const names = new Map<string, string>()
const nameOf = (text: string): string => {
  const name = names.get(text) ?? `ascolto_${names.size + 1}`
  names.set(text, name)
  return name
}

/** The server reads and plans a statement marked as `prepared` once for each connection. */
function keepPrepared(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const preparing = (text: unknown, values: unknown, ...rest: unknown[]) =>
    typeof text === 'string' && isPrepared(text)
      ? query({ name: nameOf(text), text, values }, ...rest)
      : query(text, values, ...rest)
  client.query = preparing as typeof client.query
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
