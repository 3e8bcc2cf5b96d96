import { CrmIdentity, identityPath } from '#contract/crm.ts'
import { Fault } from '#contract/errors.ts'
import type { HomeStore } from '../cache/cache.ts'
import { crmBase, faultOf, faultOfAnswer, limit } from './crm-link.ts'

const identityMs = 5_000

/** Whether the CRM at the configured address is the one that this desk's files belong to. Asked before anything is sent to it. */
export interface CrmHome {
  /**
   * The files belong to another address; the CRM at this one has not shown yet that it is the same.
   * Its owner may have moved it, or this desk was started with another.
   */
  isDoubtful(): boolean
  /** Asks the CRM once. Rejects `conflict: other-crm` with the `address` of the files' own, `unavailable` when it does not answer. */
  verify(stop?: AbortSignal): Promise<void>
}

/**
 * Files without a home get this one. The address is trusted as it always was: a CRM that was restored or replaced there is still this
 * desk's. At another address it must be the same database: its change log has the epoch that was last heard.
 */
export function openCrmHome({ url, home }: { url: string; home: HomeStore }): CrmHome {
  const address = crmBase(url)
  let verified = false
  return {
    isDoubtful: () => !verified && (home.get()?.address ?? address) !== address,
    async verify(stop) {
      if (verified) return
      const { epoch } = await identityOf(address, stop)
      const before = home.get()
      if (before && before.address !== address && before.epoch !== epoch)
        throw new Fault('conflict', 'other-crm', { params: { address: before.address } })
      if (before?.address !== address || before.epoch !== epoch) home.set({ address, epoch })
      verified = true
    },
  }
}

async function identityOf(address: string, stop?: AbortSignal): Promise<CrmIdentity> {
  let status: number
  let text: string
  try {
    const response = await fetch(address + identityPath, {
      redirect: 'error',
      signal: limit(identityMs, stop),
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    throw faultOf(error)
  }
  if (status !== 200) throw faultOfAnswer(status, null, status)
  // An answer that is no CRM's, such as a captive portal's.
  const identity = CrmIdentity.safeParse(parsed(text))
  if (!identity.success) throw new Fault('unavailable', 'crm-away', { cause: identity.error })
  return identity.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
