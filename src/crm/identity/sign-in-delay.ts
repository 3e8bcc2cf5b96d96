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
  // Guesses at many names. Whole buildings stand behind one address.
  address: { free: 20, longestSeconds: 300 },
} as const satisfies Record<string, Limit>

const forgottenAfterMs = 15 * 60_000
/** After so long without a sign-in a name is nobody's who is known at an address. */
const knownForMs = 30 * 86_400_000
/** An address has one failure less after each of these. */
const drainMs = 45_000
const kind = 'SignInFailures'

/** `since`: when the last was counted; of an address, up to when it has drained. `knownUntil`: of an account from an address. */
const Failures = z.object({
  failures: z.number(),
  blockedUntil: z.number(),
  since: z.number().default(0),
  knownUntil: z.number().default(0),
})
type Failures = z.infer<typeof Failures>
const none: Failures = { failures: 0, blockedUntil: 0, since: 0, knownUntil: 0 }

/** `wait`: seconds until a next attempt is looked at. */
export type Attempt = { allowed: boolean; wait: number }

/**
 * Growing waits after failed sign-ins, for an account name (whether it exists or not) from an address and from all, and for an address. An attempt counts
 * as failed from the moment it is made until `succeeded`, so that many at once gain nothing.
 *
 * Behind one address many people work, and of five hundred who begin a shift thirty mistype. So an address's failures drain away; who signed in
 * from there of late neither waits for it nor, with a slip or two, counts against it; and each account that comes in from there for the first time takes
 * back one failure of others, which an intruder with an account of their own can do once.
 */
export function createSignInDelay(db: Db, now: () => number) {
  const open = async (trx: Trx, login: string, address: string, at: number) => {
    const ids = {
      here: digest('account from address', `${address} ${login}`),
      account: digest('account', login),
      address: digest('address', address),
    }
    // Always in this order, so that two attempts do not wait for each other.
    const here = await hold(trx, ids.here, at)
    const account = await hold(trx, ids.account, at)
    const all = await hold(trx, ids.address, at)
    const drained = Math.max(0, all.failures - Math.max(0, at - all.since) / drainMs)
    const known = here.knownUntil > at
    return { ids, known, here, account, address: { ...all, failures: drained, since: at } }
  }
  const countsHere = (known: boolean, { failures }: Failures) =>
    !known || failures > limits.accountFromAddress.free

  return {
    async attempt(login: string, address: string): Promise<Attempt> {
      const at = now()
      return db.transaction().execute(async (trx) => {
        const held = await open(trx, login, address, at)
        const { ids, known } = held
        const blockedUntil = Math.max(
          held.here.blockedUntil,
          held.account.blockedUntil,
          known ? 0 : held.address.blockedUntil,
        )
        if (blockedUntil > at) return { allowed: false, wait: Math.ceil((blockedUntil - at) / 1000) }
        const failed = (state: Failures, limit: Limit) => {
          const failures = state.failures + 1
          const seconds = waitAfter(failures, limit)
          const until = Math.max(state.blockedUntil, at + seconds * 1000)
          return { seconds, state: { ...state, failures, blockedUntil: until, since: at } }
        }
        const here = failed(held.here, limits.accountFromAddress)
        const account = failed(held.account, limits.account)
        await write(trx, ids.here, here.state)
        await write(trx, ids.account, account.state)
        let wait = Math.max(here.seconds, account.seconds)
        if (countsHere(known, here.state)) {
          const all = failed(held.address, limits.address)
          await write(trx, ids.address, all.state)
          if (!known) wait = Math.max(wait, all.seconds)
        }
        return { allowed: true, wait }
      })
    },

    /** From here the account begins anew; the others are given back this one attempt: an intruder may own an account too. */
    async succeeded(login: string, address: string): Promise<void> {
      const at = now()
      await db.transaction().execute(async (trx) => {
        const { ids, known, here, account, address: all } = await open(trx, login, address, at)
        const less = (state: Failures, by: number, limit: Limit) => {
          const failures = Math.max(0, state.failures - by)
          const blockedUntil = Math.min(state.blockedUntil, at + waitAfter(failures, limit) * 1000)
          return { ...state, failures, blockedUntil }
        }
        await write(trx, ids.here, { ...none, since: at, knownUntil: at + knownForMs })
        await write(trx, ids.account, less(account, 1, limits.account))
        const back = known ? Number(countsHere(known, here)) : 2
        if (back > 0) await write(trx, ids.address, less(all, back, limits.address))
      })
    },
  }
}

export const waitAfter = (failures: number, { free, longestSeconds }: Limit): number =>
  failures <= free ? 0 : Math.min(longestSeconds, 2 ** Math.ceil(failures - free))

/** So that the store keeps no list of names and addresses. */
const digest = (what: string, value: string): string =>
  `${what}:${createHash('sha256').update(value).digest('base64url')}`

/** The row of `id`, locked; made if it was not there, so that two first attempts meet at one row. */
async function hold(trx: Trx, id: string, at: number): Promise<Failures> {
  await trx
    .insertInto('oidc_records')
    .values({ kind, id, payload: JSON.stringify(none), expires_at: expiry({ ...none, since: at }) })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    .execute()
  const row = await trx
    .selectFrom('oidc_records')
    .select('payload')
    .where('kind', '=', kind)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const state = Failures.parse(row.payload)
  return state.since + forgottenAfterMs > at ? state : { ...none, knownUntil: state.knownUntil }
}

const expiry = ({ since, blockedUntil, knownUntil }: Failures): string =>
  new Date(Math.max(since + forgottenAfterMs, blockedUntil, knownUntil)).toISOString()

async function write(trx: Trx, id: string, state: Failures): Promise<void> {
  await trx
    .updateTable('oidc_records')
    .set({ payload: JSON.stringify(state), expires_at: expiry(state) })
    .where('kind', '=', kind)
    .where('id', '=', id)
    .execute()
}
