import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Db, Trx } from '../store/store.ts'

/** Failures that cost nothing, and where the wait, doubled by each further one, ends. */
type Limit = { free: number; longestSeconds: number }
const limits = {
  // Where the name is tried from counts first: somebody elsewhere must not keep its owner out.
  accountFromAddress: { free: 2, longestSeconds: 60 },
  // Guesses from many addresses; so short that its owner still comes in between.
  account: { free: 20, longestSeconds: 10 },
  // A whole room of operators may stand behind one address.
  address: { free: 20, longestSeconds: 300 },
} as const satisfies Record<string, Limit>

const forgottenAfterMs = 15 * 60_000
const kind = 'SignInFailures'

const Failures = z.object({ failures: z.number(), blockedUntil: z.number() })

/** `wait`: seconds until a next attempt is looked at. */
export type Attempt = { allowed: boolean; wait: number }

/**
 * Growing waits after failed sign-ins, for an account name (whether it exists or not) from an address and from all, and for an address. An attempt counts
 * as failed from the moment it is made until `succeeded`, so that many at once gain nothing.
 */
export function createSignInDelay(db: Db, now: () => number) {
  const keysOf = (login: string, address: string) =>
    [
      [digest('account from address', `${address} ${login}`), limits.accountFromAddress],
      [digest('account', login), limits.account],
      [digest('address', address), limits.address],
    ] as const

  return {
    async attempt(login: string, address: string): Promise<Attempt> {
      const at = now()
      return db.transaction().execute(async (trx) => {
        const held = []
        for (const [id, limit] of keysOf(login, address)) {
          held.push({ id, limit, state: await hold(trx, id, at) })
        }
        const blockedUntil = Math.max(...held.map(({ state }) => state.blockedUntil))
        if (blockedUntil > at) return { allowed: false, wait: Math.ceil((blockedUntil - at) / 1000) }
        let wait = 0
        for (const { id, limit, state } of held) {
          const failures = state.failures + 1
          const seconds = waitAfter(failures, limit)
          wait = Math.max(wait, seconds)
          await write(trx, id, { failures, blockedUntil: at + seconds * 1000 }, at)
        }
        return { allowed: true, wait }
      })
    },

    /** From here the account begins anew; the others are given back this one attempt, no more: an intruder may own an account too. */
    async succeeded(login: string, address: string): Promise<void> {
      const at = now()
      await db.transaction().execute(async (trx) => {
        const [[here], ...others] = keysOf(login, address)
        await write(trx, here, { failures: 0, blockedUntil: 0 }, at)
        for (const [id, limit] of others) {
          const state = await hold(trx, id, at)
          const failures = Math.max(0, state.failures - 1)
          const blockedUntil = waitAfter(failures, limit) === 0 ? 0 : state.blockedUntil
          await write(trx, id, { failures, blockedUntil }, at)
        }
      })
    },
  }
}

export const waitAfter = (failures: number, { free, longestSeconds }: Limit): number =>
  failures <= free ? 0 : Math.min(longestSeconds, 2 ** (failures - free))

/** So that the store keeps no list of names and addresses. */
const digest = (what: string, value: string): string =>
  `${what}:${createHash('sha256').update(value).digest('base64url')}`

const expiry = (at: number): string => new Date(at + forgottenAfterMs).toISOString()

/** The row of `id`, locked; made if it was not there, so that two first attempts meet at one row. */
async function hold(trx: Trx, id: string, at: number): Promise<z.infer<typeof Failures>> {
  const none = { failures: 0, blockedUntil: 0 }
  await trx
    .insertInto('oidc_records')
    .values({ kind, id, payload: JSON.stringify(none), expires_at: expiry(at) })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    .execute()
  const row = await trx
    .selectFrom('oidc_records')
    .select(['payload', 'expires_at'])
    .where('kind', '=', kind)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return row.expires_at === null || Date.parse(row.expires_at) <= at ? none : Failures.parse(row.payload)
}

async function write(trx: Trx, id: string, state: z.infer<typeof Failures>, at: number): Promise<void> {
  await trx
    .updateTable('oidc_records')
    .set({ payload: JSON.stringify(state), expires_at: expiry(at) })
    .where('kind', '=', kind)
    .where('id', '=', id)
    .execute()
}
