import { type RawBuilder, sql } from 'kysely'
import { Fault } from '#contract/errors.ts'
import type { Db, Trx } from './engine.ts'

/** A piece of SQL with its parameters: a condition, an ordering, a scope. */
export type Sql = RawBuilder<unknown>
/** What only reads may run on either. */
export type Reader = Db | Trx

const mark = '/* prepared */'

/** Stands anywhere in a statement that is sent all day, and whose text is always the same: PostgreSQL plans it once for each connection. */
export const prepared = sql.raw(mark)
export const isPrepared = (text: string): boolean => text.includes(mark)

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
