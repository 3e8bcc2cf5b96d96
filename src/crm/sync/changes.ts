import { sql } from 'kysely'
import type { ChangeEntity } from '../store/schema.ts'
import type { Db, Trx } from '../store/store.ts'

export const changesChannel = 'ascolto_changes'

/** Writes to the change log that a row is not what it was, in the transaction that changes it. */
export async function appendChange(
  trx: Trx,
  entity: ChangeEntity,
  id: string,
  version: number,
): Promise<void> {
  await trx.insertInto('change_log').values({ entity, id, version }).execute()
}

/** A contact, request or appointment brings its citizen into the scope of desks that did not hold them. */
export async function appendCitizens(trx: Trx, ...ids: (string | null)[]): Promise<void> {
  const known = ids.filter((id) => id !== null)
  if (known.length === 0) return
  await sql`
    insert into change_log (entity, id, version)
    select 'citizen', id::text, version from citizens where id = any(${known}::uuid[])`.execute(trx)
}

/** Tells every process on this database that there is something to pull. After the commit: inside it, notifications queue up behind one lock. */
export async function announceChanges(db: Db): Promise<void> {
  await sql`select pg_notify(${changesChannel}, '')`.execute(db)
}
