import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Db } from '../store/store.ts'

export type Stream = { id: Id; deviceId: Id; userId: Id }

/** Makes the stream known, or finds it as it is. Rejects with `conflict: stream-reset` when its id is another device's or user's. */
export async function openStream(db: Db, stream: Stream): Promise<{ lastN: number }> {
  await db
    .insertInto('streams')
    .values({ id: stream.id, device_id: stream.deviceId, user_id: stream.userId })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  const row = await db
    .selectFrom('streams')
    .select(['device_id', 'user_id', 'last_n'])
    .where('id', '=', stream.id)
    .executeTakeFirstOrThrow()
  if (row.device_id !== stream.deviceId || row.user_id !== stream.userId) {
    throw new Fault('conflict', 'stream-reset')
  }
  return { lastN: row.last_n }
}

/** A new stream for the same device and user. */
export async function replaceStream(
  db: Db,
  deviceId: Id,
  streamId: Id,
  replacement: Id,
): Promise<{ lastN: number }> {
  const row = await db
    .selectFrom('streams')
    .select('user_id')
    .where('id', '=', streamId)
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  if (!row) throw new Fault('not-found', 'record-not-found')
  return openStream(db, { id: replacement, deviceId, userId: row.user_id })
}
