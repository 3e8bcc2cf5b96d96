import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Id, isId, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'

// A random secret of 256 bits cannot be guessed from its hash, so a fast hash is enough; passwords need a slow one.
const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Makes a desk known. The secret is shown this once. */
export async function registerDevice(
  db: Db,
  userId: Id,
  name: string,
): Promise<{ deviceId: Id; secret: string }> {
  const deviceId = newId()
  const secret = randomBytes(32).toString('base64url')
  await inTransaction(db, (trx) =>
    trx
      .insertInto('devices')
      .values({ id: deviceId, name, secret_hash: hash(secret), registered_by: userId, revoked_at: null })
      .execute(),
  )
  return { deviceId, secret }
}

/** The device that `<deviceId>.<secret>` belongs to. Rejects with `unauthenticated: signed-out`, whatever is wrong with it. */
export async function authenticateDevice(db: Db, credential: string): Promise<Id> {
  const [deviceId = '', secret = ''] = credential.split('.', 2)
  const device = isId(deviceId)
    ? await db
        .selectFrom('devices')
        .select('secret_hash')
        .where('id', '=', deviceId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
    : undefined
  // An unknown device takes the same comparison, so that time does not tell it from a wrong secret.
  const expected = Buffer.from(device?.secret_hash ?? hash(''), 'hex')
  const given = Buffer.from(hash(secret), 'hex')
  if (!timingSafeEqual(expected, given) || !device) throw new Fault('unauthenticated', 'signed-out')
  return deviceId
}

/**
 * A user may name a device that they registered, or whose own credential comes with the request (a shared desk). Any other is
 * `not-found`, whether it exists or not.
 */
export async function requireOwnDevice(
  db: Db,
  deviceId: Id,
  by: { userId: Id; deviceCredential: string | null },
): Promise<void> {
  const device = await db
    .selectFrom('devices')
    .select('registered_by')
    .where('id', '=', deviceId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (device?.registered_by === by.userId) return
  if (device && by.deviceCredential?.startsWith(`${deviceId}.`)) {
    try {
      await authenticateDevice(db, by.deviceCredential)
      return
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
  }
  throw new Fault('not-found', 'record-not-found')
}
