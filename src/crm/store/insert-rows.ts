import { sql } from 'kysely'
import type { Trx } from './engine.ts'
import type { Database } from './schema.ts'

const batch = 2000

/**
 * Inserts many rows, each batch as one JSON parameter: several times quicker than a value list. `columns` names what the
 * rows carry; the table's defaults fill the rest.
 */
export async function insertRows<Row extends object>(
  trx: Trx,
  table: keyof Database,
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): Promise<void> {
  const list = sql.join(columns.map((column) => sql.ref(column)))
  for (let from = 0; from < rows.length; from += batch) {
    const json = JSON.stringify(rows.slice(from, from + batch))
    await sql`insert into ${sql.table(table)} (${list})
      select ${list} from jsonb_populate_recordset(null::${sql.table(table)}, ${json}::jsonb)`.execute(trx)
  }
}
