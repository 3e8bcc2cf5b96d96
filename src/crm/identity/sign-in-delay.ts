import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Db, Trx } from '../store/store.ts'

/** An address has one failure less after each of these. */
const drainMs = 45_000

/** Failures that cost nothing, where the wait, doubled by each further one, ends, and how long after the last they are forgotten. */
type Limit = { free: number; longestSeconds: number; forgottenAfterMs: number }
const limits = {
  // Where the name is tried from counts first: somebody elsewhere must not keep its owner out.
  accountFromAddress: { free: 2, longestSeconds: 60, forgottenAfterMs: 15 * 60_000 },
  // Guesses from many addresses; so short that its owner still comes in between.
  account: { free: 20, longestSeconds: 10, forgottenAfterMs: 15 * 60_000 },
  // Guesses at many names. Whole buildings stand behind one address.
  address: { free: 20, longestSeconds: 300, forgottenAfterMs: 20 * drainMs },
  // Guesses at the names of those who work there, a few at each: three times what a building of five hundred mistypes at the begin of a
  // shift. Little more than drains away meanwhile, for the wait is everybody's there.
  knownAtAddress: { free: 100, longestSeconds: 30, forgottenAfterMs: 100 * drainMs },
} as const satisfies Record<string, Limit>

/** After so long without a sign-in a name is nobody's who is known at an address. */
const knownForMs = 30 * 86_400_000
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

type Row = { id: string; limit: Limit; state: Failures }

/** `wait`: seconds until a next attempt is looked at. */
export type Attempt = { allowed: boolean; wait: number }

/**
 * Growing waits after failed sign-ins, for an account name (whether it exists or not) from an address and from all, and for an address. An attempt counts
 * as failed from the moment it is made until `succeeded`, so that many at once gain nothing.
 *
 * Behind one address many people work, and of five hundred who begin a shift thirty mistype. So an address's failures drain away; who signed in
 * from there of late neither waits for it nor, with a slip or two, counts against it, but has a wider limit with the others who are known there; and each
 * account that comes in from there for the first time takes back one failure of others, which an intruder with an account of their own can do once.
 */
export function createSignInDelay(db: Db, now: () => number) {
  const open = async (trx: Trx, login: string, address: string, at: number) => {
    const drained = ({ state, ...row }: Row): Row => {
      const failures = Math.max(0, state.failures - Math.max(0, at - state.since) / drainMs)
      return { ...row, state: { ...state, failures, since: at } }
    }
    // Always in this order, so that two attempts do not wait for each other.
    const [here, account, all, allKnown] = await hold(trx, at, [
      { id: digest('account from address', `${address} ${login}`), limit: limits.accountFromAddress },
      { id: digest('account', login), limit: limits.account },
      { id: digest('address', address), limit: limits.address },
      { id: digest('known at address', address), limit: limits.knownAtAddress },
    ])
    const known = here.state.knownUntil > at
    return { known, here, account, address: drained(all), knownAtAddress: drained(allKnown) }
  }
  const countsHere = (known: boolean, { failures }: Pick<Failures, 'failures'>) =>
    !known || failures > limits.accountFromAddress.free

  return {
    async attempt(login: string, address: string): Promise<Attempt> {
      const at = now()
      return db.transaction().execute(async (trx) => {
        const held = await open(trx, login, address, at)
        const { known } = held
        const shared = known ? held.knownAtAddress : held.address
        const blockedUntil = Math.max(
          ...[held.here, held.account, shared].map(({ state }) => state.blockedUntil),
        )
        if (blockedUntil > at) return { allowed: false, wait: Math.ceil((blockedUntil - at) / 1000) }
        const fail = ({ id, limit, state }: Row) => {
          const failures = Math.min(state.failures + 1, most(limit))
          const seconds = waitAfter(failures, limit)
          const until = Math.max(state.blockedUntil, at + seconds * 1000)
          return {
            row: { id, limit, state: { ...state, failures, blockedUntil: until, since: at } },
            seconds,
          }
        }
        const here = fail(held.here)
        const account = fail(held.account)
        const all = fail(shared)
        const slipped = known && countsHere(known, here.row.state) ? [fail(held.address)] : []
        await write(
          trx,
          [here, account, all, ...slipped].map(({ row }) => row),
        )
        return { allowed: true, wait: Math.max(here.seconds, account.seconds, all.seconds) }
      })
    },

    /** From here the account begins anew; the others are given back this one attempt: an intruder may own an account too. */
    async succeeded(login: string, address: string): Promise<void> {
      const at = now()
      await db.transaction().execute(async (trx) => {
        const { known, here, ...held } = await open(trx, login, address, at)
        const giveBack = ({ id, limit, state }: Row, by: number): Row => {
          const failures = Math.max(0, state.failures - by)
          const blockedUntil = Math.min(state.blockedUntil, at + waitAfter(failures, limit) * 1000)
          return { id, limit, state: { ...state, failures, blockedUntil } }
        }
        const back = known ? Number(countsHere(known, here.state)) : 2
        await write(trx, [
          { ...here, state: { ...none, since: at, knownUntil: at + knownForMs } },
          giveBack(held.account, 1),
          ...(back > 0 ? [giveBack(held.address, back)] : []),
          ...(known ? [giveBack(held.knownAtAddress, 1)] : []),
        ])
      })
    },
  }
}

export const waitAfter = (failures: number, { free, longestSeconds }: Limit): number =>
  failures <= free ? 0 : Math.min(longestSeconds, 2 ** Math.ceil(failures - free))

/** One more than the longest wait needs: what is counted beyond would only keep others waiting after the guesses have ended. */
const most = ({ free, longestSeconds }: Limit): number => free + Math.ceil(Math.log2(longestSeconds)) + 1

/** So that the store keeps no list of names and addresses. */
const digest = (what: string, value: string): string =>
  `${what}:${createHash('sha256').update(value).digest('base64url')}`

/** The rows with these ids, locked in their order; made where they were not there, so that two first attempts meet at one row. */
async function hold<const Wanted extends readonly Omit<Row, 'state'>[]>(
  trx: Trx,
  at: number,
  wanted: Wanted,
): Promise<{ [K in keyof Wanted]: Row }> {
  const rows = await trx
    .insertInto('oidc_records')
    .values(
      wanted.map(({ id, limit }) => ({
        ...{ kind, id, payload: JSON.stringify(none) },
        expires_at: expiry(limit, { ...none, since: at }),
      })),
    )
    // Changes nothing: only an update locks, and gives back, what is there.
    .onConflict((conflict) =>
      conflict.columns(['kind', 'id']).doUpdateSet(({ ref }) => ({ kind: ref('excluded.kind') })),
    )
    .returning(['id', 'payload'])
    .execute()
  const payloads = new Map(rows.map(({ id, payload }) => [id, payload]))
  const held = wanted.map(({ id, limit }): Row => {
    const state = Failures.parse(payloads.get(id))
    const counts = state.since + limit.forgottenAfterMs > at
    return { id, limit, state: counts ? state : { ...none, knownUntil: state.knownUntil } }
  })
  return held as { [K in keyof Wanted]: Row }
}

const expiry = ({ forgottenAfterMs }: Limit, { since, blockedUntil, knownUntil }: Failures): string =>
  new Date(Math.max(since + forgottenAfterMs, blockedUntil, knownUntil)).toISOString()

async function write(trx: Trx, rows: readonly Row[]): Promise<void> {
  await sql`
    update oidc_records set payload = told.payload, expires_at = told.expires_at
    from unnest(${rows.map(({ id }) => id)}::text[], ${rows.map(({ state }) => JSON.stringify(state))}::jsonb[],
      ${rows.map(({ limit, state }) => expiry(limit, state))}::timestamptz[]) told(id, payload, expires_at)
    where kind = ${kind} and oidc_records.id = told.id`.execute(trx)
}
