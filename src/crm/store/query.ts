import { type CompiledQuery, type RawBuilder, sql } from 'kysely'
import { Fault } from '#contract/errors.ts'
import type { Db, Trx } from './engine.ts'

/** A piece of SQL with its parameters: a condition, an ordering, a scope. */
export type Sql = RawBuilder<unknown>
/** What only reads may run on either. */
export type Reader = Db | Trx

const mark = '/* prepared */'

/** Stands anywhere in a statement that is sent all day, and whose text is always the same: PostgreSQL plans it once for each connection. */
export const prepared = sql.raw(mark)

const names = new Map<string, string>()

/** Of a prepared statement. */
export function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || !text.includes(mark)) return known
  const name = `ascolto_${names.size + 1}`
  names.set(text, name)
  return name
}

export type Places<Values> = { [K in keyof Values]: RawBuilder<Values[K]> }
/** Where the value of that name stands. */
class Place<Name> {
  readonly name: Name
  constructor(name: Name) {
    this.name = name
  }
}

/** As it comes to the connection, which ends the transaction with one that `isLast`. */
export type StatementQuery = CompiledQuery & { isLast: boolean }

export type Statement<Values, Row> = {
  run(db: Reader, values: Values): Promise<Row[]>
  /** With nothing after it: the transaction ends with it, in the same message. */
  runLast(trx: Trx, values: Values): Promise<Row[]>
}

/** One that is sent all day, with other values each time: prepared, and put together only once, as that takes longer than sending it. */
export function statement<Values extends object, Row = never>(
  build: (values: Places<Values>, db: Reader) => { compile(db: Reader): CompiledQuery<Row> },
): Statement<Values, Row> {
  const places = new Proxy({} as Places<Values>, { get: (_, name) => sql.val(new Place(name)) })
  let made: { compiled: CompiledQuery; text: string; read: ((values: Values) => unknown)[] } | undefined
  const make = (db: Reader) => {
    const compiled = build(places, db).compile(db)
    const read = compiled.parameters.map((one) =>
      one instanceof Place ? (values: Values) => values[one.name as keyof Values] : () => one,
    )
    return { compiled, text: `${mark} ${compiled.sql}`, read }
  }
  const send = async (db: Reader, values: Values, isLast: boolean) => {
    made ??= make(db)
    const { compiled, text, read } = made
    const query: StatementQuery = {
      query: compiled.query,
      queryId: compiled.queryId,
      sql: text,
      parameters: read.map((of) => of(values)),
      isLast,
    }
    return (await db.executeQuery<Row>(query)).rows
  }
  return {
    run: (db, values) => send(db, values, false),
    runLast: (trx, values) => send(trx, values, true),
  }
}

/** The rows of a select, in its order, as one value of another: several lists come in one answer. See `withInstants`. */
export const asJson = (select: Sql): Sql => sql`coalesce((select json_agg(x) from (${select}) x), '[]')`

/** Rows that came as JSON, their instants as those of any row. */
export const withInstants = <Row extends object>(
  rows: readonly Row[],
  names: readonly (keyof Row)[],
): Row[] =>
  rows.map((row) => {
    const instants = names.flatMap((name) =>
      row[name] === null ? [] : [[name, new Date(String(row[name])).toISOString()]],
    )
    return { ...row, ...Object.fromEntries(instants) }
  })

/** The condition that rows of an alias belong to a contact, a person, or both. Without either everything would be asked for: refused. */
export function belongsTo(
  alias: string,
  { contactId, citizenId }: { contactId?: string | undefined; citizenId?: string | undefined },
): Sql {
  const conditions = [
    ...(contactId === undefined ? [] : [sql`${sql.ref(`${alias}.contact_id`)} = ${contactId}`]),
    ...(citizenId === undefined ? [] : [sql`${sql.ref(`${alias}.citizen_id`)} = ${citizenId}`]),
  ]
  if (conditions.length === 0) throw new Fault('invalid', 'input-invalid', { params: { field: 'citizenId' } })
  return sql.join(conditions, sql` and `)
}
