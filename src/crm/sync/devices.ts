import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Id, isId, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { noteSignIn } from '../identity/sign-ins.ts'
import { type Places, statement } from '../store/query.ts'
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

/** Lost, as far as anybody knows: it gets and gives nothing more, whether it empties itself or not. */
const isCondemned = ({ wipe }: { wipe: string | null }): boolean => wipe === 'now'

const known = statement(({ id }: Places<{ id: Id }>, db) =>
  db
    .selectFrom('devices')
    .select(['secret_hash', 'wipe'])
    .where('id', '=', id)
    .where('revoked_at', 'is', null),
)

/** The device that `<deviceId>.<secret>` belongs to. Rejects with `unauthenticated: signed-out`, whatever is wrong with it. */
export async function authenticateDevice(
  db: Db,
  credential: string,
): Promise<{ deviceId: Id; condemned: boolean }> {
  const [deviceId = '', secret = ''] = credential.split('.', 2)
  const [device] = isId(deviceId) ? await known.run(db, { id: deviceId }) : []
  // An unknown device takes the same comparison, so that time does not tell it from a wrong secret.
  const expected = Buffer.from(device?.secret_hash ?? hash(''), 'hex')
  const given = Buffer.from(hash(secret), 'hex')
  if (!timingSafeEqual(expected, given) || !device) throw new Fault('unauthenticated', 'signed-out')
  return { deviceId, condemned: isCondemned(device) }
}

/**
 * A user may name a device that they registered, or whose own credential comes with the request (a shared desk). Any other is
 * `not-found`, whether it exists or not; their own that is to empty itself now is `forbidden: device-wiped`. Their sign-in works there from
 * here on, and ends with it.
 */
export async function requireOwnDevice(
  db: Db,
  deviceId: Id,
  by: { userId: Id; grant: string; deviceCredential: string | null },
): Promise<void> {
  const device = await db
    .selectFrom('devices')
    .select(['registered_by', 'wipe'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('device_sign_ins')
          .select('since')
          .where('grant_id', '=', by.grant)
          .where('device_id', '=', deviceId),
      ).as('noted'),
    )
    .where('id', '=', deviceId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!device || !(device.registered_by === by.userId || (await isNamedByItself(db, deviceId, by)))) {
    throw new Fault('not-found', 'record-not-found')
  }
  if (isCondemned(device)) throw new Fault('forbidden', 'device-wiped')
  if (!device.noted) await noteSignIn(db, by.grant, deviceId)
}

async function isNamedByItself(
  db: Db,
  deviceId: Id,
  { deviceCredential }: { deviceCredential: string | null },
): Promise<boolean> {
  if (!deviceCredential?.startsWith(`${deviceId}.`)) return false
  try {
    await authenticateDevice(db, deviceCredential)
    return true
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return false
  }
}
