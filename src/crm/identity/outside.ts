import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { sql } from 'kysely'
import * as oidc from 'openid-client'
import { z } from 'zod'
import { Role } from '#contract/domain/agent.ts'
import { type Id, newId, Slug } from '#contract/domain/ids.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { releaseLeft } from '../tickets/act.ts'
import { outsideLogin } from './accounts.ts'
import { endSignInsOf } from './sign-ins.ts'

const isSafe = (text: string): boolean => {
  const url = new URL(text)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
}

/** The city's own OpenID provider, and what its claims mean here. */
export const OutsideIssuer = z.strictObject({
  /** TLS, or loopback. */
  url: z.url().refine(isSafe),
  clientId: z.string().min(1),
  scope: z.string().default('openid profile'),
  /** Names of the claims, in the ID token or from UserInfo. `extension`: the person's own at the exchange. */
  claims: z
    .strictObject({
      roles: z.string().default('roles'),
      teams: z.string().default('groups'),
      extension: z.string().default('extension'),
    })
    .prefault({}),
  /** The issuer sends no claim that would be empty: whoever comes without teams is in none. Else a claim that is left out says nothing. */
  omitsEmptyClaims: z.boolean().default(false),
  /** Values of the claims, and which role or team they are; what is not here counts for nothing. */
  roles: z.record(z.string(), Role),
  teams: z.record(z.string(), Slug),
})
export type OutsideIssuer = z.infer<typeof OutsideIssuer>

/** `secret`: of a confidential client; without one it is public. PKCE is used either way. */
export type OutsideOptions = { issuer: OutsideIssuer; secret?: string | undefined }

const minutes = 30
const kind = 'OutsideSignIn'
const Pending = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() })

const Person = z.object({
  sub: z.string().min(1),
  name: z.string().min(1).max(200),
  given_name: z.string().min(1).max(100),
})
const values = z.union([z.string(), z.array(z.string())])

/** Where the outside issuer sends the browser back to; the same for all sign-ins, as issuers want it registered. */
export const returnPath = '/signin/return'

/** Signs people in at another issuer. What is under way lies in the database: another process may see the return. */
export function openOutside(
  { issuer, secret }: OutsideOptions,
  { db, publicUrl, log }: { db: Db; publicUrl: URL; log: FastifyBaseLogger },
) {
  const redirectUri = `${publicUrl.origin}${returnPath}`
  let discovered: Promise<oidc.Configuration> | null = null
  const configuration = (): Promise<oidc.Configuration> => {
    discovered ??= oidc
      .discovery(
        new URL(issuer.url),
        issuer.clientId,
        undefined,
        secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret),
        {
          timeout: 8,
          execute: [
            // Signatures too, by its JWKS: not only what TLS vouches for.
            oidc.enableNonRepudiationChecks,
            ...(issuer.url.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
          ],
        },
      )
      .catch((error: unknown) => {
        discovered = null
        throw error
      })
    return discovered
  }

  return {
    /** The address to send the browser to, for the sign-in `uid`. */
    async begin(uid: string, language: string): Promise<string> {
      const config = await configuration()
      const pending = {
        state: `${uid}.${oidc.randomState()}`,
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      }
      const row = {
        payload: JSON.stringify(pending),
        expires_at: new Date(Date.now() + minutes * 60_000).toISOString(),
      }
      await db
        .insertInto('oidc_records')
        .values({ kind, id: uid, ...row })
        .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(row))
        .execute()
      return oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: issuer.scope,
        ui_locales: language,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      }).href
    },

    /** Who came back; null for somebody without a role or an extension here, or who is deactivated. A return is good once. Rejects when it is not the issuer's. */
    async complete(uid: string, search: string): Promise<Id | null> {
      const row = await db
        .deleteFrom('oidc_records')
        .where('kind', '=', kind)
        .where('id', '=', uid)
        .where('expires_at', '>', new Date().toISOString())
        .returning('payload')
        .executeTakeFirst()
      if (!row) return null
      const pending = Pending.parse(row.payload)
      const config = await configuration()
      const tokens = await oidc.authorizationCodeGrant(config, new URL(redirectUri + search), {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (!claims) return null
      const told = config.serverMetadata().userinfo_endpoint
        ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
        : {}
      return remember({ ...claims, ...told })
    },
  }

  async function remember(claims: Record<string, unknown>): Promise<Id | null> {
    const person = Person.safeParse(claims)
    const extension = z.string().min(1).max(40).safeParse(claims[issuer.claims.extension])
    const roles = mapped(claims[issuer.claims.roles], issuer.roles)
    if (!person.success || !extension.success || roles.length === 0) return null
    const { sub, name, given_name } = person.data
    const known = { name, given_name, extension: extension.data, roles }
    const isEmpty = issuer.omitsEmptyClaims && !isElsewhere(claims, issuer.claims.teams)
    const { [issuer.claims.teams]: groups = isEmpty ? [] : undefined } = claims
    const named = mapped(groups, issuer.teams)
    const login = outsideLogin(createHash('sha256').update(`${issuer.url} ${sub}`).digest('hex'))
    return inTransaction(db, async (trx) => {
      const before = await trx
        .selectFrom('users')
        .select(['teams', 'deactivated_at'])
        .where('login', '=', login)
        .forNoKeyUpdate()
        .executeTakeFirst()
      // Who is locked out here takes nothing from anybody by trying.
      if (before && before.deactivated_at !== null) return null
      await takeExtension(trx, extension.data, login)
      // A claim that is left out says nothing of teams.
      const isSilent = groups === undefined
      const now = { ...known, teams: isSilent ? (before?.teams ?? []) : named }
      const user = await trx
        .insertInto('users')
        .values({ id: newId(), login, password_hash: '-', ...now })
        .onConflict((conflict) => conflict.column('login').doUpdateSet(now))
        .returning('id')
        .executeTakeFirstOrThrow()
      // Groups of which none is a team here may be a mistake in names: rights end by it, and requests stay with their owner until somebody moves them.
      if (named.length > 0 || isEmptyList(groups))
        await releaseLeft({ trx, author: null, now: new Date() }, sql`t.assignee_id = ${user.id}`)
      else if (before && before.teams.length > 0)
        log.warn(
          { userId: user.id },
          isSilent
            ? 'the outside issuer names no teams at all; who signed in keeps theirs'
            : 'the outside issuer names no team of this city; who signed in is in none now, and keeps their open requests',
        )
      return user.id
    })
  }
}
export type Outside = ReturnType<typeof openOutside>

/**
 * Whoever the issuer names has the extension now. Who had it before has left, or gets another at their next sign-in: nobody tells this CRM, so they are
 * signed out and stay without.
 */
async function takeExtension(trx: Trx, extension: string, login: string): Promise<void> {
  const before = await trx
    .updateTable('users')
    .set({ extension: sql<string>`'-' || id::text`, version: sql<number>`version + 1` })
    .where('extension', '=', extension)
    .where('login', '<>', login)
    .where('deactivated_at', 'is', null)
    .returning('id')
    .execute()
  for (const { id } of before) await endSignInsOf(trx, id)
}

/** Too many to be in a token, or of another source, which is not asked (OpenID Connect Core, 5.6.2). */
const isElsewhere = ({ _claim_names: names }: Record<string, unknown>, claim: string): boolean =>
  typeof names === 'object' && names !== null && claim in names

const isEmptyList = (claim: unknown): boolean => Array.isArray(claim) && claim.length === 0

function mapped<T extends string>(claim: unknown, to: Record<string, T>): T[] {
  const given = values.safeParse(claim)
  if (!given.success) return []
  const list = typeof given.data === 'string' ? [given.data] : given.data
  return [...new Set(list.flatMap((value) => (Object.hasOwn(to, value) ? [to[value] as T] : [])))]
}
