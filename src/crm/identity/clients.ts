import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { AdapterPayload } from 'oidc-provider'
import type { Role } from '#contract/domain/agent.ts'
import { type Id, isId, newId } from '#contract/domain/ids.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { endSignInsOf, shiftSeconds } from './sign-ins.ts'

/** Another system of the city: an account without a person, which signs in by its own secret (RFC 6749, 4.4). */
export type Client = { id: Id; name: string; roles: Role[]; teams: string[]; endedAt: string | null }
export type ClientRights = { roles: readonly Role[]; teams: readonly string[] }

// A random secret of 256 bits cannot be guessed from its hash, so a fast hash is enough; and this one is no password's.
const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export const isSecretOf = (secret: string, secretHash: string): boolean =>
  timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(secretHash))

const loginOf = (name: string): string => `client:${name}`

const clients = (db: Db) =>
  db
    .selectFrom('users')
    .select(['id', 'name', 'roles', 'teams', 'deactivated_at as endedAt'])
    .where('client', '=', true)

export const readClients = (db: Db): Promise<Client[]> => clients(db).orderBy('name').execute()

export const clientNamed = async (db: Db, name: string): Promise<Client | null> =>
  (await clients(db).where('login', '=', loginOf(name)).executeTakeFirst()) ?? null

/** A new client, or one that was ended, under its old id and with another secret. The secret is told this once. */
export async function addClient(
  db: Db,
  name: string,
  { roles, teams }: ClientRights,
): Promise<{ id: Id; secret: string }> {
  const secret = randomBytes(32).toString('base64url')
  const may = { roles: [...roles], teams: [...teams], password_hash: hash(secret), deactivated_at: null }
  const { id } = await inTransaction(db, (trx) =>
    trx
      .insertInto('users')
      .values({
        ...{ id: newId(), login: loginOf(name), name, given_name: name, extension: loginOf(name) },
        ...{ ...may, client: true },
      })
      .onConflict((conflict) => conflict.column('login').doUpdateSet(may))
      .returning('id')
      .executeTakeFirstOrThrow(),
  )
  return { id, secret }
}

/** Its secret gets nothing more, and the tokens it has are worth nothing. */
export async function endClient(db: Db, id: Id): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx
      .updateTable('users')
      .set({ deactivated_at: new Date().toISOString() })
      .where('id', '=', id)
      .execute()
    await endSignInsOf(trx, id)
  })
  await announceChanges(db)
}

/** As the issuer knows a client; its secret is a hash, see `isSecretOf`. */
export async function clientMetadata(db: Db, id: string): Promise<AdapterPayload | undefined> {
  if (!isId(id)) return undefined
  const row = await db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', id)
    .where('client', '=', true)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    client_id: id,
    client_secret: row.password_hash,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: 'ES256',
  }
}

/**
 * What stands for a client's sign-in, as for a person's: whoever signs it out ends its tokens, and it signs in again. That makes another
 * grant, of another id: by the id of the ended one the tokens of before would be good again. Null for a client that has just been ended.
 */
export const clientSignIn = (db: Db, id: Id): Promise<string | null> =>
  inTransaction(db, async (trx) => {
    // Waits for who ends it or signs it out, and for another sign-in of its own: one of its grants stands at a time.
    const client = await trx
      .selectFrom('users')
      .select('id')
      .where('id', '=', id)
      .where('client', '=', true)
      .where('deactivated_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!client) return null
    const now = Math.floor(Date.now() / 1000)
    const values = {
      payload: JSON.stringify({ kind: 'Grant', accountId: id, clientId: id, iat: now }),
      expires_at: new Date((now + shiftSeconds) * 1000).toISOString(),
    }
    const standing = await trx
      .updateTable('oidc_records')
      .set(values)
      .where('kind', '=', 'Grant')
      .where(sql<boolean>`payload->>'accountId' = ${id}`)
      .returning('id')
      .executeTakeFirst()
    if (standing) return standing.id
    const grant = randomBytes(32).toString('base64url')
    await trx
      .insertInto('oidc_records')
      .values({ kind: 'Grant', id: grant, ...values })
      .execute()
    return grant
  })
