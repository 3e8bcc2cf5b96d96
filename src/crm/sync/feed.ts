import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { FeedLine } from '#contract/crm.ts'
import type { User } from '#contract/domain/agent.ts'
import { type Entity, EntityName } from '#contract/domain/entities.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Db, Trx } from '../store/store.ts'
import { type Cursor, readCursor, writeCursor } from './cursor.ts'
import { requireOwnDevice } from './devices.ts'
import { feedOrder, rowsAfter, rowsOf } from './rows.ts'
import { type DirectoryPolicy, type Scope, scopeOf } from './scope.ts'

export type FeedDeps = { db: Db; log: Logger; directory: DirectoryPolicy; now(): Date }
export type FeedRequest = {
  user: User
  /** The sign-in that the user's token is of. */
  grant: string
  deviceId: Id
  deviceCredential: string | null
  cursor: string | undefined
  limit: number
}

const stallWarningMs = 30_000

/**
 * One page of the feed, read in one snapshot of the database.
 *
 * Log entries are numbered before their transaction commits, so a page reads only below the oldest running transaction: what
 * lies there is settled, and no entry can appear behind the cursor later.
 *
 * `applied` is the streams' `last_n` in that snapshot. Rows are as they are now, so they may already show a command of this
 * device whose entries the page has not come to; everything such commands touched is therefore added, and the desk can drop
 * them from its projection without seeing an effect twice or not at all.
 */
export async function feedPage(deps: FeedDeps, request: FeedRequest): Promise<FeedLine[]> {
  await requireOwnDevice(deps.db, request.deviceId, {
    ...{ userId: request.user.id, grant: request.grant },
    deviceCredential: request.deviceCredential,
  })
  const scope = scopeOf(request.user, deps.directory, deps.now())
  return deps.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const { epoch, horizon, end, cut } = await readHorizon(trx)
      const cursor = request.cursor ? readCursor(request.cursor) : firstCursor(epoch, scope, horizon)
      // Numbers beyond the newest one: the database went back in time.
      const foreign =
        cursor?.epoch !== epoch || cursor.scope !== scope.key || BigInt(cursor.xid) > BigInt(end)
      // What is cut off the log cannot be read any more.
      const behind = cursor !== null && cut !== null && BigInt(cursor.xid) <= BigInt(cut)
      if (foreign || behind) return [{ type: 'end', cursor: '', more: true, restart: true }]
      return cursor.phase === 'rows'
        ? rowsPage(trx, scope, cursor, request)
        : logPage(deps, trx, scope, cursor, horizon, request)
    })
}

type Horizon = { epoch: string; horizon: string; end: string; cut: string | null }

async function readHorizon(trx: Trx): Promise<Horizon> {
  const { rows } = await sql<Horizon>`
    select id as epoch, pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
      pg_snapshot_xmax(pg_current_snapshot())::text as end,
      (select xid::text from change_log_horizon) as cut
    from feed_epoch`.execute(trx)
  if (!rows[0]) throw new Error('the change log has no epoch')
  return rows[0]
}

/** The rows of a first pull show all that is settled now; the log is read from here on. */
const firstCursor = (epoch: string, scope: Scope, horizon: string): Cursor => ({
  ...{ phase: 'rows', entity: feedOrder[0] as Entity, after: null },
  ...{ epoch, scope: scope.key, xid: horizon, seq: 0 },
})

async function rowsPage(
  trx: Trx,
  scope: Scope,
  cursor: Cursor & { phase: 'rows' },
  request: FeedRequest,
): Promise<FeedLine[]> {
  const lines: FeedLine[] = []
  let after = cursor.after
  for (const entity of feedOrder.slice(feedOrder.indexOf(cursor.entity))) {
    const room = request.limit - lines.length
    const rows = room > 0 ? await rowsAfter(trx, entity, scope, after, room) : []
    lines.push(...rows.map((row): FeedLine => ({ type: 'row', entity, id: row.id, row })))
    if (lines.length >= request.limit) {
      const last = rows.at(-1)?.id ?? after
      lines.push({
        type: 'end',
        cursor: writeCursor({ ...cursor, entity, after: last }),
        more: true,
        restart: false,
      })
      return lines
    }
    after = null
  }
  const { epoch, xid, seq } = cursor
  const position: Cursor = { phase: 'log', epoch, scope: cursor.scope, xid, seq }
  lines.push(...(await ownCommands(trx, scope, position, request.deviceId, [])))
  lines.push({ type: 'end', cursor: writeCursor(position), more: true, restart: false })
  return lines
}

type Entry = { xid: string; seq: number; entity: string; id: string }

async function logPage(
  deps: FeedDeps,
  trx: Trx,
  scope: Scope,
  cursor: Cursor & { phase: 'log' },
  horizon: string,
  request: FeedRequest,
): Promise<FeedLine[]> {
  const { rows: entries } = await sql<Entry>`
    select l.xid::text as xid, l.seq, l.entity, l.id from change_log l
    where (l.xid, l.seq) > (${cursor.xid}::xid8, ${cursor.seq}::bigint) and l.xid < ${horizon}::xid8
    order by l.xid, l.seq limit ${request.limit + 1}`.execute(trx)
  const page = entries.slice(0, request.limit)
  const last = page.at(-1)
  const position = last ? { ...cursor, xid: last.xid, seq: last.seq } : cursor
  await warnWhenStalled(deps, trx, horizon)
  return [
    ...(await ownCommands(trx, scope, position, request.deviceId, page)),
    { type: 'end', cursor: writeCursor(position), more: entries.length > page.length, restart: false },
  ]
}

/** Lines for the entries, and for those that this device's commands made beyond `position`; then how far each of its streams is. */
async function ownCommands(
  trx: Trx,
  scope: Scope,
  position: Cursor,
  deviceId: Id,
  page: readonly Entry[],
): Promise<FeedLine[]> {
  const streams = await trx
    .selectFrom('streams')
    .select(['id', 'last_n'])
    .where('device_id', '=', deviceId)
    .orderBy('id')
    .execute()
  const { rows: ahead } = await sql<Entry>`
    select l.xid::text as xid, l.seq, l.entity, l.id from change_log l
    where l.xid in (
      select m.xid from change_log m
      where m.entity = 'stream' and m.id = any(${streams.map((stream) => stream.id)}::text[])
        and (m.xid, m.seq) > (${position.xid}::xid8, ${position.seq}::bigint))`.execute(trx)
  return [
    ...(await linesOf(trx, scope, [...page, ...ahead])),
    ...streams.map((stream): FeedLine => ({ type: 'applied', streamId: stream.id, n: stream.last_n })),
  ]
}

async function linesOf(trx: Trx, scope: Scope, entries: readonly Entry[]): Promise<FeedLine[]> {
  const changed = new Map<Entity, Set<string>>()
  for (const { entity, id } of entries) {
    const known = EntityName.safeParse(entity)
    if (!known.success) continue
    const ids = changed.get(known.data) ?? new Set()
    changed.set(known.data, ids.add(id))
  }
  const lines: FeedLine[] = []
  for (const entity of feedOrder) {
    const ids = changed.get(entity)
    if (!ids) continue
    for (const row of await rowsOf(trx, entity, scope, [...ids])) {
      ids.delete(row.id)
      lines.push({ type: 'row', entity, id: row.id, row })
    }
    for (const id of ids) lines.push({ type: 'gone', entity, id })
  }
  return lines
}

let warnedAt = Number.NEGATIVE_INFINITY

/** A transaction that stays open, in whatever database of the cluster, keeps newer changes from every desk. */
async function warnWhenStalled(deps: FeedDeps, trx: Trx, horizon: string): Promise<void> {
  const { rows } = await sql<{ waited: number | null }>`
    select extract(epoch from clock_timestamp() - min(at))::float8 * 1000 as waited
    from change_log where xid >= ${horizon}::xid8`.execute(trx)
  const waited = rows[0]?.waited ?? 0
  if (waited < stallWarningMs || performance.now() - warnedAt < stallWarningMs) return
  warnedAt = performance.now()
  deps.log.warn(
    { waitedMs: Math.round(waited), horizon },
    'the change feed waits for a transaction that stays open',
  )
}
