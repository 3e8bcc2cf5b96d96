import { type Kysely, sql } from 'kysely'
import { type Id, newId } from '#contract/domain/ids.ts'
import type { Database } from './schema.ts'

/**
 * The change log is ordered by transaction numbers, which mean nothing in another cluster or on another timeline (a dump
 * that was restored, a recovery to a point in time). There the log begins anew under a new id, and desks, whose cursors carry the id, too.
 */
export async function claimEpoch(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`lock table feed_epoch in exclusive mode`.execute(trx)
    const { rows } = await sql<{ cluster: string }>`
      select s.system_identifier || ':' || c.timeline_id as cluster from pg_control_system() s, pg_control_checkpoint() c`.execute(
      trx,
    )
    const cluster = rows[0]?.cluster ?? 'unknown'
    const known = await trx.selectFrom('feed_epoch').select('cluster').executeTakeFirst()
    if (known?.cluster === cluster) return
    await sql`truncate change_log`.execute(trx)
    await trx.deleteFrom('feed_epoch').execute()
    await trx.insertInto('feed_epoch').values({ id: newId(), cluster }).execute()
  })
}

export async function readEpoch(db: Kysely<Database>): Promise<Id> {
  const { id } = await db.selectFrom('feed_epoch').select('id').executeTakeFirstOrThrow()
  return id
}
