import { sql } from 'kysely'
import type { KnownDevice, LeftUser, WipeMode } from '#contract/crm-audit.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { endSignInsAt } from '../identity/sign-ins.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from './changes.ts'
import { takenAfterLeavingMs } from './leaving.ts'

type Row = {
  id: Id
  name: string
  registeredBy: string
  registeredAt: string
  mode: WipeMode | null
  askedAt: string | null
  wipedAt: string | null
  destroyed: number | null
}

/** Newest first. */
export async function readDevices(db: Db, id: Id | null = null): Promise<KnownDevice[]> {
  const { rows } = await sql<Row>`
    select d.id, d.name, u.name as "registeredBy", d.registered_at as "registeredAt", d.wipe as mode,
      d.wipe_asked_at as "askedAt", d.wiped_at as "wipedAt", d.wipe_destroyed as destroyed
    from devices d join users u on u.id = d.registered_by where ${id}::uuid is null or d.id = ${id}
    order by d.registered_at desc, d.id limit 5000`.execute(db)
  return rows.map(({ mode, askedAt, wipedAt, destroyed, ...device }) => ({
    ...device,
    wipe: mode === null || askedAt === null ? null : { mode, askedAt },
    wiped: wipedAt === null || destroyed === null ? null : { at: wipedAt, destroyed },
  }))
}

/**
 * Asks a desk to empty itself at its next contact; one that was wiped stays as it is. `now` ends whoever's sign-in works there, at once, and stands: who
 * asks for less afterwards has seen the desk before that.
 */
export async function orderWipe(db: Db, id: Id, userId: Id, mode: WipeMode): Promise<KnownDevice> {
  await inTransaction(db, async (trx) => {
    await sql`update devices set wipe = ${mode}, wipe_asked_at = clock_timestamp(), wipe_asked_by = ${userId}
      where id = ${id} and wiped_at is null
        and (wipe is null or (wipe = 'after-delivery' and ${mode} = 'now'))`.execute(trx)
    if (mode === 'now') await endSignInsAt(trx, id)
  })
  await announceChanges(db)
  const [device] = await readDevices(db, id)
  if (!device) throw new Fault('not-found', 'record-not-found')
  return device
}

export async function ordersOf(
  db: Db,
  id: Id,
  now: Date,
): Promise<{ wipe: WipeMode | null; left: LeftUser[] }> {
  const { rows } = await sql<{ wipe: WipeMode | null }>`select wipe from devices where id = ${id}`.execute(db)
  const wipe = rows[0]?.wipe ?? null
  // One that is lost is told nothing of anybody.
  if (wipe === 'now') return { wipe, left: [] }
  const since = new Date(now.getTime() - takenAfterLeavingMs).toISOString()
  const { rows: left } = await sql<LeftUser>`
    select u.id, u.name from users u
    where u.deactivated_at > ${since}::timestamptz
      and exists (select from streams s where s.device_id = ${id} and s.user_id = u.id)
    order by u.id`.execute(db)
  return { wipe, left }
}

/** The desk is empty: its credential is worth nothing from here on. Only one that was asked to may say so. */
export async function confirmWipe(db: Db, id: Id, destroyed: number): Promise<void> {
  const { numAffectedRows } = await inTransaction(db, async (trx) => {
    await endSignInsAt(trx, id)
    return sql`update devices set wiped_at = clock_timestamp(), wipe_destroyed = ${destroyed}, revoked_at = clock_timestamp()
      where id = ${id} and wipe is not null and wiped_at is null`.execute(trx)
  })
  if (numAffectedRows !== 1n) throw new Fault('conflict', 'input-invalid')
}
