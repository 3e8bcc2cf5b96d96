import { hostname } from 'node:os'
import { z } from 'zod'
import { Id } from '#contract/domain/ids.ts'
import type { CrmClient, DeviceCredential } from '../sync/sync.ts'
import type { SealedFile } from './sealed-file.ts'

export const SealedDevice = z.object({ deviceId: Id, secret: z.string().min(1) })

/** This desk's own credential at its CRM: made at the first need by whoever is signed in, then kept. */
export type Device = {
  credential(): Promise<DeviceCredential>
  /** The CRM does not know `unknown`: whoever is signed in registers this desk anew. Nothing is dropped before that has succeeded. */
  renew(unknown: Id): Promise<void>
  /** It is worth nothing any more: the next need makes another. */
  forget(): Promise<void>
}

export function openDevice(
  file: SealedFile<typeof SealedDevice>,
  client: Pick<CrmClient, 'registerDevice'>,
): Device {
  let known: Promise<DeviceCredential> | null = null
  const register = () => client.registerDevice(hostname().slice(0, 120) || 'desk')
  const find = async (): Promise<DeviceCredential> => {
    const sealed = await file.read()
    if (sealed) return sealed
    const credential = await register()
    await file.write(credential)
    return credential
  }
  const current = () => {
    known ??= find().catch((error: unknown) => {
      known = null
      throw error
    })
    return known
  }
  return {
    credential: current,
    async forget() {
      known = null
      await file.remove()
    },
    async renew(unknown) {
      if ((await current()).deviceId !== unknown) return
      const credential = await register()
      known = Promise.resolve(credential)
      await file.write(credential)
    },
  }
}
