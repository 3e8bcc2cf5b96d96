import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Db } from '../store/store.ts'

/** The issuer's storage, one adapter a kind of record; `oidc-provider` itself checks expiry of what it finds. */
export const oidcAdapter =
  (db: Db) =>
  (kind: string): Adapter => {
    const find = async (column: 'id' | 'uid' | 'user_code', value: string) => {
      const row = await db
        .selectFrom('oidc_records')
        .select(['payload', 'consumed_at'])
        .where('kind', '=', kind)
        .where(column, '=', value)
        .executeTakeFirst()
      if (!row) return undefined
      const payload: AdapterPayload = { ...row.payload }
      if (row.consumed_at !== null && !inGrace(kind, row.consumed_at))
        payload.consumed = seconds(row.consumed_at)
      return payload
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
      find: (id) => find('id', id),
      findByUid: (uid) => find('uid', uid),
      findByUserCode: (userCode) => find('user_code', userCode),
      async consume(id) {
        const consumed = await db
          .updateTable('oidc_records')
          .set({ consumed_at: new Date().toISOString() })
          .where('kind', '=', kind)
          .where('id', '=', id)
          .where('consumed_at', 'is', null)
          .returning('id')
          .executeTakeFirst()
        if (consumed) return
        const before = await db
          .selectFrom('oidc_records')
          .select('consumed_at')
          .where('kind', '=', kind)
          .where('id', '=', id)
          .executeTakeFirst()
        // Two requests with one code at the same moment: only one of them may have it.
        if (!before?.consumed_at || !inGrace(kind, before.consumed_at))
          throw new errors.InvalidGrant('already used')
      },
      async destroy(id) {
        await db.deleteFrom('oidc_records').where('kind', '=', kind).where('id', '=', id).execute()
      },
      async revokeByGrantId(grantId) {
        await db.deleteFrom('oidc_records').where('kind', '=', kind).where('grant_id', '=', grantId).execute()
      },
    }
  }

/** How long a refresh token may be shown again after its first use: its answer may have been lost on the wire. */
export const refreshGraceMs = 60_000

const inGrace = (kind: string, consumedAt: string): boolean =>
  kind === 'RefreshToken' && Date.now() - Date.parse(consumedAt) < refreshGraceMs

/** Rows that nobody can use any more. */
export async function dropExpired(db: Db): Promise<void> {
  await db.deleteFrom('oidc_records').where('expires_at', '<', new Date().toISOString()).execute()
}

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000)
