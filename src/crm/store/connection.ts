import type { CompiledQuery, DatabaseConnection, QueryResult, TransactionSettings } from 'kysely'
import type pg from 'pg'
// @ts-expect-error no types of its own: how this driver writes a value as PostgreSQL reads it
import { prepareValue } from 'pg/lib/utils.js'
import { nameOf, type StatementQuery } from './query.ts'

/** How a transaction begins, and on whose behalf. */
type Opening = { begin: string; actor: string | null }
/** How the columns of a statement are read. */
type Columns = readonly { name: string; read(text: string): unknown }[]

type Parsers = { getTypeParser(oid: number): (text: string) => unknown }
type PooledClient = pg.PoolClient & { release(discard: boolean): void }

const actorStatement = 'ascolto_actor'

/**
 * A connection of the pool. What needs no answer in between travels in one message: the beginning of a transaction with its first statement, its end with
 * the last. A statement of all day is read and planned once, and so is what its columns are.
 */
export class Connection implements DatabaseConnection {
  readonly #client: PooledClient
  readonly #types: Parsers
  /** By the names of prepared statements that the server has. */
  readonly #known = new Map<string, Columns>()
  #knowsActor = false
  /** Of a transaction of which the server has not heard yet. */
  #opening: Opening | null = null
  #isClosed = false
  /** Why the server is not at the other end any more. */
  #lost: Error | null = null

  constructor(client: pg.PoolClient, types: Parsers) {
    this.#client = client as PooledClient
    this.#types = types
    // The pool listens only while nobody uses it, and an error that nobody listens to ends the process.
    client.on('error', (error) => {
      this.#lost ??= error
    })
  }

  begin({ isolationLevel, accessMode }: TransactionSettings, actor: string | null): void {
    const level = isolationLevel ? ` isolation level ${isolationLevel}` : ''
    this.#opening = { begin: `begin${level}${accessMode ? ` ${accessMode}` : ''}`, actor }
  }

  async commit(): Promise<void> {
    if (this.#nothingToEnd()) return
    const { command } = await this.#client.query('commit')
    if (command !== 'COMMIT') throw new Error('a transaction in which a statement had failed was to be kept')
  }

  async rollback(): Promise<void> {
    if (this.#nothingToEnd() || this.#lost) return
    try {
      await this.#client.query('rollback')
    } catch (error) {
      // The server rolls back what loses its connection; whoever asked is told why their own statement failed.
      this.#lost = error as Error
    }
  }

  release(): void {
    this.#client.release(this.#lost !== null)
  }

  async executeQuery<Row>(query: CompiledQuery | StatementQuery): Promise<QueryResult<Row>> {
    if (this.#isClosed) throw new Error('the transaction has ended with its last statement')
    const { sql: text, parameters: values } = query
    try {
      if (this.#lost) throw this.#lost
      const name = nameOf(text)
      if (name === undefined && values.length === 0) return await this.#plain<Row>(text)
      const opening = this.#opening
      if (opening !== null && opening.actor !== null) await this.#prepareActor()
      this.#opening = null
      const isLast = 'isLast' in query && query.isLast
      const answer = await this.#send({ name, text, values, opening, isLast })
      this.#isClosed = isLast
      return answer as QueryResult<Row>
    } catch (error) {
      // What the driver throws leads to a socket; this leads to who asked.
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: part of the interface, and nothing here reads as it comes
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('results are read whole')
  }

  /** May be several statements, of which the extended protocol knows nothing. */
  async #plain<Row>(text: string): Promise<QueryResult<Row>> {
    const opening = this.#opening
    this.#opening = null
    if (opening) {
      await this.#client.query(opening.begin)
      if (opening.actor !== null)
        await this.#client.query(`select set_config('ascolto.actor', $1, true)`, [opening.actor])
    }
    const { command, rowCount, rows } = await this.#client.query(text)
    return resultOf(command, rowCount ?? 0, rows ?? [])
  }

  /** The server has not heard of the transaction, or it has ended with its last statement. */
  #nothingToEnd(): boolean {
    const nothing = this.#opening !== null || this.#isClosed
    this.#opening = null
    this.#isClosed = false
    return nothing
  }

  async #prepareActor(): Promise<void> {
    if (this.#knowsActor) return
    await this.#client.query(
      `prepare ${actorStatement} (text) as select set_config('ascolto.actor', $1, true)`,
    )
    this.#knowsActor = true
  }

  #send(asked: Asked): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#client.query(
        new Batch(asked, this.#known, this.#types, (error, result) =>
          result === null ? reject(error) : resolve(result),
        ),
      )
    })
  }
}

function resultOf<Row>(command: string, count: number, rows: Row[]): QueryResult<Row> {
  const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE'
  return changes ? { numAffectedRows: BigInt(count), rows } : { rows }
}

/** A prepared statement that the server has no more, or whose columns have become others since: the next time it is put together anew. */
const isStale = (error: unknown): boolean =>
  ['0A000', '26000'].includes((error as { code?: string }).code ?? '')

type Done = (error: unknown, result: QueryResult<unknown> | null) => void

type Asked = {
  name: string | undefined
  text: string
  values: readonly unknown[]
  opening: Opening | null
  isLast: boolean
}

/** What of the driver's connection is used: the messages of the extended query protocol. */
type Wire = {
  stream: { cork(): void; uncork(): void }
  close(message: { type: 'S'; name: string }): void
  parse(message: { name: string; text: string }): void
  bind(message: { statement: string; values: unknown[] }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: object): void
  sync(): void
  sendCopyFail(reason: string): void
}

/** Statements up to one Sync, at which the server answers: after one that fails it skips the rest. What `Submittable` of the driver has to be. */
class Batch implements pg.Submittable {
  readonly #asked: Asked
  readonly #known: Map<string, Columns>
  readonly #types: Parsers
  readonly #done: Done
  #columns: Columns | undefined
  /** How many statements of the opening are to come. */
  #before: number
  #tag = ''
  readonly #rows: Record<string, unknown>[] = []
  /** A value was not what its column's type says: `handleDataRow` may not throw, as nobody would catch it. */
  #unreadable: unknown = null

  constructor(asked: Asked, known: Map<string, Columns>, types: Parsers, done: Done) {
    this.#asked = asked
    this.#known = known
    this.#types = types
    this.#done = done
    this.#columns = asked.name === undefined ? undefined : known.get(asked.name)
    this.#before = asked.opening === null ? 0 : asked.opening.actor === null ? 1 : 2
  }

  submit(connection: unknown): Error | null {
    const wire = connection as Wire
    const { name = '', text, opening, isLast } = this.#asked
    let values: unknown[]
    try {
      values = this.#asked.values.map((value) => prepareValue(value))
    } catch (error) {
      return error as Error
    }
    wire.stream.cork()
    if (opening) {
      this.#once(wire, opening.begin)
      if (opening.actor !== null) {
        wire.bind({ statement: actorStatement, values: [opening.actor] })
        wire.execute({})
      }
    }
    if (!this.#columns) {
      // One that failed the last time may be there or not.
      if (name !== '') wire.close({ type: 'S', name })
      wire.parse({ name, text })
    }
    wire.bind({ statement: name, values })
    if (!this.#columns) wire.describe({ type: 'P', name: '' })
    wire.execute({})
    if (isLast) this.#once(wire, 'commit')
    wire.sync()
    wire.stream.uncork()
    return null
  }

  #once(wire: Wire, text: string): void {
    wire.parse({ name: '', text })
    wire.bind({ statement: '', values: [] })
    wire.execute({})
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({
      name,
      read: this.#types.getTypeParser(dataTypeID),
    }))
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#before > 0 || !this.#columns) return
    const row: Record<string, unknown> = {}
    try {
      this.#columns.forEach(({ name, read }, place) => {
        const text = fields[place] ?? null
        row[name] = text === null ? null : read(text)
      })
    } catch (error) {
      this.#unreadable ??= error
    }
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    if (this.#before > 0) this.#before -= 1
    else if (this.#tag === '') this.#tag = text
  }

  handleReadyForQuery(): void {
    if (this.#asked.name !== undefined) this.#known.set(this.#asked.name, this.#columns ?? [])
    if (this.#unreadable !== null) {
      this.#done(this.#unreadable, null)
      return
    }
    const [command = '', ...counts] = this.#tag.split(' ')
    this.#done(null, resultOf(command, Number(counts.at(-1)), this.#rows))
  }

  handleError(error: unknown): void {
    const { name } = this.#asked
    if (name !== undefined && isStale(error)) this.#known.delete(name)
    this.#done(error, null)
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
  handleCopyInResponse(connection: Wire): void {
    connection.sendCopyFail('nothing is copied here')
  }
}
