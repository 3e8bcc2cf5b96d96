import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'
import type { Db } from '../store/store.ts'

const SigningKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
  kid: z.string(),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})
const IssuerKeys = z.object({ signing: z.array(SigningKey).min(1), cookies: z.array(z.string()).min(1) })
export type IssuerKeys = z.infer<typeof IssuerKeys>

const row = { kind: 'IssuerKeys', id: 'current' }

/** The issuer's secrets, made once a store: tokens and sign-ins outlive a restart, and all processes on a store share them. */
export async function issuerKeys(db: Db): Promise<IssuerKeys> {
  const read = async () => {
    const found = await db
      .selectFrom('oidc_records')
      .select('payload')
      .where('kind', '=', row.kind)
      .where('id', '=', row.id)
      .executeTakeFirst()
    return found && IssuerKeys.parse(found.payload)
  }
  const known = await read()
  if (known) return known
  await db
    .insertInto('oidc_records')
    .values({ ...row, payload: JSON.stringify(await makeKeys()) })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    .execute()
  const kept = await read()
  if (!kept) throw new Error('the issuer has no keys')
  return kept
}

/** What others need to check a token: no private part. */
export const publicKeys = (keys: IssuerKeys) => ({
  keys: keys.signing.map(({ d: _private, ...key }) => key),
})

async function makeKeys(): Promise<IssuerKeys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return IssuerKeys.parse({
    signing: [{ ...jwk, alg: 'ES256', use: 'sig', kid: randomBytes(12).toString('base64url') }],
    cookies: [randomBytes(32).toString('base64url')],
  })
}
