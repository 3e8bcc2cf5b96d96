import { sql } from 'kysely'
import type { Sql } from '../store/query.ts'

/**
 * That nobody has the seat `alias` of `slot_seats` at this moment, by the database's clock. Not that its counter is open: `seat` beyond its slot's
 * `capacity` is closed, and stands only because somebody sits there.
 */
export const isFree = (alias: string): Sql => {
  const of = (column: string) => sql.ref(`${alias}.${column}`)
  return sql`(${of('appointment_id')} is null
    and (${of('held_until')} is null or ${of('held_until')} <= clock_timestamp())
    and (${of('kept_until')} is null or ${of('kept_until')} <= clock_timestamp()))`
}
