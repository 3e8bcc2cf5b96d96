import { sql } from 'kysely'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'

/** That a sign-in (`grant`) works at a desk. Rejects with `forbidden: device-wiped` when somebody has just ordered that it empties itself now. */
export async function noteSignIn(db: Db, grant: string, deviceId: Id): Promise<void> {
  // Waits for an order that is being given, which otherwise would not know of this sign-in.
  const { rows } = await sql`
    with desk as (select id from devices where id = ${deviceId} and wipe is distinct from 'now' for share), noted as (
      insert into device_sign_ins (grant_id, device_id) select ${grant}, id from desk on conflict do nothing
    ) select id from desk`.execute(db)
  if (rows.length === 0) throw new Fault('forbidden', 'device-wiped')
}

/** A shift: signed in once, a desk works this long. */
export const shiftSeconds = 12 * 3600

/** Until when a sign-in stands if nobody ends it before. */
export async function signInEnd(db: Db, grant: string): Promise<Date> {
  const { rows } = await sql<{ began: number }>`
    select (payload->>'iat')::float as began from oidc_records where kind = 'Grant' and id = ${grant}`.execute(
    db,
  )
  const [standing] = rows
  if (!standing) throw new Fault('unauthenticated', 'signed-out')
  return new Date((standing.began + shiftSeconds) * 1000)
}

/** Access tokens, refresh tokens and codes of these grants are worth nothing from here on. */
async function end(trx: Trx, grants: Sql): Promise<number> {
  const { rows } = await sql`
    with ended as (${grants}), rest as (
      delete from oidc_records where grant_id in (select id from ended)
    ) delete from oidc_records where kind = 'Grant' and id in (select id from ended) returning id`.execute(
    trx,
  )
  return rows.length
}

export const endSignInsAt = (trx: Trx, deviceId: Id): Promise<number> =>
  end(trx, sql`select grant_id as id from device_sign_ins where device_id = ${deviceId}`)

export const endSignInsOf = (trx: Trx, userId: Id): Promise<number> =>
  end(trx, sql`select id from oidc_records where kind = 'Grant' and payload->>'accountId' = ${userId}`)
