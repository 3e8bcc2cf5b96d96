import { type Selectable, sql } from 'kysely'
import { Recovery } from '#contract/crm-agenda.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Closure } from '#contract/domain/opening.ts'
import { Fault } from '#contract/errors.ts'
import { isClosed } from '../appointments/closed.ts'
import type { Reader, Sql } from '../store/query.ts'
import type { ClosuresTable } from '../store/schema.ts'

export type ClosureRow = Selectable<ClosuresTable>

export const readClosureRows = (db: Reader, where: Sql): Promise<ClosureRow[]> =>
  db
    .selectFrom('closures')
    .selectAll()
    .where(sql<boolean>`${where}`)
    .orderBy('starts_at', 'desc')
    .orderBy('id')
    .execute()

export async function readClosure(db: Reader, id: Id): Promise<ClosureRow> {
  const [row] = await readClosureRows(db, sql`id = ${id}`)
  if (!row) throw new Fault('not-found', 'record-not-found')
  return row
}

export const toClosure = (row: ClosureRow): Closure => ({
  ...{ id: row.id, officeId: row.office_id, from: row.starts_at, to: row.ends_at },
  ...{ agendas: row.agendas, reason: row.reason },
})

/** As it was asked for. */
export const recoveryShown = ({ recovery }: ClosureRow): Recovery | null =>
  Recovery.nullable().parse(recovery)

/** That appointment `alias` is, or was, really to take place. */
export const takesPlace = (alias: string): Sql =>
  sql`${sql.ref(`${alias}.state`)} in ('confirmed', 'proposed', 'attended', 'no-show')`

/** `lost` of these and the appointments `id` that make up for it, be it for one that did and was lost too. */
export const inPlaceOf = (ids: Sql): Sql => sql`
  with recursive instead (lost, id) as (
    select o.id, o.id from (${ids}) o (id)
    union select i.lost, r.id from instead i join appointments r on r.recovery_of = i.id)
  select lost, id from instead where id <> lost`

export const canStand = sql`a.state in ('confirmed', 'proposed', 'no-show')`

/** Appointments `a` that stand in the closed time, with those who were noted as not having come before the closure was recorded. */
export const standing = (id: Id): Sql => sql`
  ${canStand} and exists (
    select 1 from closures c where c.id = ${id} and c.withdrawn_at is null and ${isClosed})`

export const refuse = (field: string): Fault => new Fault('invalid', 'input-invalid', { params: { field } })
