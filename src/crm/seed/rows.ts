import { sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import type { Trx } from '../store/store.ts'

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

/** The seats of every slot, with those who have one already on theirs. */
export async function insertSeats(
  trx: Trx,
  taken: readonly { slot_id: string; seat: number; appointment_id: string }[],
): Promise<void> {
  await sql`
    insert into slot_seats (slot_id, seat, office_id, agenda, starts_at, appointment_id)
      select s.id, g.seat, s.office_id, s.agenda, s.starts_at, x.appointment_id
      from slots s cross join lateral generate_series(1, s.capacity) g (seat)
      left join jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) as x(slot_id uuid, seat integer, appointment_id uuid)
        on x.slot_id = s.id and x.seat = g.seat`.execute(trx)
}
