import { sql } from 'kysely'
import { type Places, type Sql, statement } from '../store/query.ts'
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
  await change.run(trx, { entity, id, version })
}

const change = statement((line: Places<{ entity: ChangeEntity; id: string; version: number }>, db) =>
  db.insertInto('change_log').values({ entity: line.entity, id: line.id, version: line.version }),
)

/** Citizens, and those for whom they may speak, as lines of the change log. */
const linesOf = (citizens: Sql): Sql => sql`
    select 'citizen', id::text, version from citizens where id = any(${citizens}::uuid[])
    union select 'citizen', c.id::text, c.version from citizens c
      join citizen_delegations d on d.for_id = c.id where d.citizen_id = any(${citizens}::uuid[])`

/** `changed`: lines of the log; `citizens`: an array of ids. */
export const intoLog = (changed: Sql, citizens: Sql) => sql<never>`
    insert into change_log (entity, id, version) ${changed} union all (${linesOf(citizens)})`

/** A contact, request or appointment brings its citizen, and those for whom they may speak, into the scope of desks that did not hold them. */
export async function appendCitizens(trx: Trx, ...ids: (string | null)[]): Promise<void> {
  const known = ids.filter((id) => id !== null)
  if (known.length === 0) return
  await citizensChange.run(trx, { citizens: known })
}

const citizensChange = statement(
  ({ citizens }: Places<{ citizens: readonly string[] }>) =>
    sql<never>`insert into change_log (entity, id, version) ${linesOf(citizens)}`,
)

/** Both at once. */
export async function appendWithCitizens(
  trx: Trx,
  { entity, id, version }: { entity: ChangeEntity; id: string; version: number },
  ...citizens: (string | null)[]
): Promise<void> {
  const known = citizens.filter((citizen) => citizen !== null)
  await changeWithCitizens.run(trx, { entity, id, version, citizens: known })
}

type Together = { entity: ChangeEntity; id: string; version: number; citizens: readonly string[] }
const changeWithCitizens = statement(({ entity, id, version, citizens }: Places<Together>) =>
  intoLog(sql`select ${entity}::text, ${id}::text, ${version}::bigint`, citizens),
)

/** Those for whom somebody may speak come into the scope of desks, and leave it, with the contacts of whoever speaks for them. */
export async function appendRepresented(trx: Trx, ...by: string[]): Promise<void> {
  await sql`
    insert into change_log (entity, id, version)
    select 'citizen', c.id::text, c.version from citizens c
    where c.id in (select d.for_id from citizen_delegations d where d.citizen_id = any(${by}::uuid[]))`.execute(
    trx,
  )
}

type Announcing = { now: Promise<void>; next: Promise<void> | null }
const announcing = new WeakMap<Db, Announcing>()

/**
 * Tells every process on this database that there is something to pull. After the commit: inside it, notifications queue up behind one lock.
 * Who asks while one is under way shares the next.
 */
export function announceChanges(db: Db): Promise<void> {
  const under = announcing.get(db)
  if (under) {
    under.next ??= under.now.then(
      () => announce(db),
      () => announce(db),
    )
    return under.next
  }
  return announce(db)
}

function announce(db: Db): Promise<void> {
  const mine: Announcing = { now: notify(db), next: null }
  announcing.set(db, mine)
  const done = () => {
    if (mine.next === null) announcing.delete(db)
  }
  void mine.now.then(done, done)
  return mine.now
}

const notice = statement(() => sql`select pg_notify(${changesChannel}, '')`)

async function notify(db: Db): Promise<void> {
  await notice.run(db, {})
}
