import { hostname } from 'node:os'
import { z } from 'zod'
import { Id } from '#contract/domain/ids.ts'
import type { CrmClient, DeviceCredential } from '../sync/sync.ts'
import type { SealedFile } from './sealed-file.ts'

export const SealedDevice = z.object({ deviceId: Id, secret: z.string().min(1), crm: z.string() })

/** This desk's own credential at its CRM: made at the first need by whoever is signed in, then kept. */
export function deviceCredential(
  file: SealedFile<typeof SealedDevice>,
  client: Pick<CrmClient, 'registerDevice'>,
  crmUrl: string,
): () => Promise<DeviceCredential> {
  let known: Promise<DeviceCredential> | null = null
  const find = async (): Promise<DeviceCredential> => {
    const sealed = await file.read()
    if (sealed && sealed.crm === crmUrl) return { deviceId: sealed.deviceId, secret: sealed.secret }
    const credential = await client.registerDevice(hostname().slice(0, 120) || 'desk')
    await file.write({ ...credential, crm: crmUrl })
    return credential
  }
  return () => {
    known ??= find().catch((error: unknown) => {
      known = null
      throw error
    })
    return known
  }
}
