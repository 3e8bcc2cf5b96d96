import { sql } from 'kysely'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Db } from '../store/store.ts'
import { clientMetadata } from './clients.ts'

/**
 * A desk that lost the answer to a renewal brings the old refresh token again: this long after its first use it is taken once more.
 * See docs/decisions/0010.
 */
const graceMs = 60_000
/** A first use that has stored no successor by then never will: the program ended within it. */
const answerMs = 5_000

type UsedToken = { payload: AdapterPayload; consumed_at: string; grant_id: string | null }

/** The issuer's storage, one adapter a kind of record; `oidc-provider` itself checks expiry of what it finds. */
export const oidcAdapter =
  (db: Db, now: () => number = Date.now) =>
  (kind: string): Adapter => {
    const find = async (column: 'id' | 'uid' | 'user_code', value: string) => {
      const row = await db
        .selectFrom('oidc_records')
        .select(['id', 'payload', 'consumed_at', 'grant_id'])
        .where('kind', '=', kind)
        .where(column, '=', value)
        .executeTakeFirst()
      if (!row) return undefined
      const payload: AdapterPayload = { ...row.payload }
      if (row.consumed_at !== null && !(await mayUseAgain({ ...row, consumed_at: row.consumed_at }))) {
        payload.consumed = seconds(row.consumed_at)
      }
      return payload
    }

    /** Not when a token that came after it was used as well: then its answer was not lost, and somebody else has it. */
    async function mayUseAgain(used: UsedToken): Promise<boolean> {
      if (kind !== 'RefreshToken' || used.payload.usedAgain === true) return false
      if (now() - Date.parse(used.consumed_at) >= graceMs) return false
      const later = await db
        .selectFrom('oidc_records')
        .select('id')
        .where('kind', '=', kind)
        .where('grant_id', '=', used.grant_id)
        .where('consumed_at', '>', used.consumed_at)
        .executeTakeFirst()
      return later === undefined
    }

    /**
     * True for the one request that may use it again; what the lost answer brought is worth nothing from then on. While the
     * first request has not stored that yet, nobody gets it: two answers would be good.
     */
    async function consumeAgain(id: string): Promise<boolean> {
      if (kind !== 'RefreshToken') return false
      return db.transaction().execute(async (trx) => {
        const again = await trx
          .updateTable('oidc_records')
          .set({ payload: sql`payload || '{"usedAgain": true}'` })
          .where('kind', '=', kind)
          .where('id', '=', id)
          .where('consumed_at', '>', new Date(now() - graceMs).toISOString())
          .where(sql<boolean>`not payload ? 'usedAgain'`)
          .returning(['grant_id', 'consumed_at'])
          .executeTakeFirst()
        if (!again?.consumed_at) return false
        const dropped = await trx
          .deleteFrom('oidc_records')
          .where('kind', '=', kind)
          .where('grant_id', '=', again.grant_id)
          .where('consumed_at', 'is', null)
          .returning('id')
          .execute()
        const isUnanswered = now() - Date.parse(again.consumed_at) > answerMs
        if (dropped.length === 0 && !isUnanswered) throw new errors.InvalidGrant('already used')
        return true
      })
    }

    return {
      async upsert(id, payload, expiresIn) {
        const values = {
          payload: JSON.stringify(payload),
          expires_at: expiresIn ? new Date(Date.now() + expiresIn * 1000).toISOString() : null,
          grant_id: payload.grantId ?? null,
          uid: payload.uid ?? null,
          user_code: payload.userCode ?? null,
        }
        await db
          .insertInto('oidc_records')
          .values({ kind, id, ...values })
          .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(values))
          .execute()
      },
      find: (id) => (kind === 'Client' ? clientMetadata(db, id) : find('id', id)),
      findByUid: (uid) => find('uid', uid),
      findByUserCode: (userCode) => find('user_code', userCode),
      async consume(id) {
        const consumed = await db
          .updateTable('oidc_records')
          .set({ consumed_at: new Date(now()).toISOString() })
          .where('kind', '=', kind)
          .where('id', '=', id)
          .where('consumed_at', 'is', null)
          .returning('id')
          .executeTakeFirst()
        // Two requests with one code or refresh token at the same moment: only one of them may have it.
        if (!consumed && !(await consumeAgain(id))) throw new errors.InvalidGrant('already used')
      },
      async destroy(id) {
        await db.deleteFrom('oidc_records').where('kind', '=', kind).where('id', '=', id).execute()
      },
      async revokeByGrantId(grantId) {
        await db.deleteFrom('oidc_records').where('kind', '=', kind).where('grant_id', '=', grantId).execute()
      },
    }
  }

/** Rows that nobody can use any more. */
export async function dropExpired(db: Db): Promise<void> {
  await db.deleteFrom('oidc_records').where('expires_at', '<', new Date().toISOString()).execute()
  await sql`
    delete from device_sign_ins d
    where not exists (select 1 from oidc_records o where o.kind = 'Grant' and o.id = d.grant_id)`.execute(db)
}

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000)
