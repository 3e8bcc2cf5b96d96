import { createHash } from 'node:crypto'
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { z } from 'zod'
import { crmAudience } from '#contract/crm.ts'
import { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Principal } from '../http/principal.ts'
import type { Store } from '../store/store.ts'
import { signedInUser } from './accounts.ts'

const Claims = z.object({ sub: Id, grant: z.string(), scope: z.string(), exp: z.number() })

/**
 * Checks access tokens (RFC 9068): `principal` takes the value of an `authorization` header and rejects with
 * `unauthenticated: signed-out` for anything but a valid bearer token of an active user whose sign-in still stands. Both, and rights,
 * come from the store, not from the token, so that taking them away works at once.
 */
export function createAccess(options: { store: Store; issuerUrl: string; jwks: JSONWebKeySet }) {
  const keys = createLocalJWKSet(options.jwks)
  const subjects = rememberedSubjects(async (token) => {
    const verified = await jwtVerify(token, keys, {
      issuer: options.issuerUrl,
      audience: crmAudience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['exp', 'sub', 'client_id'],
    }).catch((error: unknown) => {
      if (error instanceof errors.JOSEError)
        throw new Fault('unauthenticated', 'signed-out', { cause: error })
      throw error
    })
    const claims = Claims.safeParse(verified.payload)
    if (!claims.success || !claims.data.scope.split(' ').includes('crm')) {
      throw new Fault('unauthenticated', 'signed-out')
    }
    const { sub, grant, exp } = claims.data
    return { subject: sub, grant, expiresAt: exp * 1000 }
  })
  return {
    async principal(authorization: string | undefined): Promise<Principal> {
      const token = /^bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1]
      if (!token) throw new Fault('unauthenticated', 'signed-out')
      const { subject, grant } = await subjects.of(token)
      const signedIn = await signedInUser(options.store.db, subject, grant)
      if (!signedIn) throw new Fault('unauthenticated', 'signed-out')
      return { kind: 'user', ...signedIn, grant }
    },
  }
}
export type Access = ReturnType<typeof createAccess>

const mostRemembered = 5_000

type Verified = { subject: Id; grant: string; expiresAt: number }

/** What a valid token says stays true until it expires: its signature is checked once. By hash, so that memory holds no token. */
function rememberedSubjects(verify: (token: string) => Promise<Verified>) {
  const known = new Map<string, Verified>()
  return {
    async of(token: string): Promise<Verified> {
      const key = createHash('sha256').update(token).digest('base64url')
      const before = known.get(key)
      if (before && before.expiresAt > Date.now()) return before
      known.delete(key)
      const verified = await verify(token)
      known.set(key, verified)
      const [oldest] = known.keys()
      if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest)
      return verified
    },
  }
}
