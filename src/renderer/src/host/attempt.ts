import type { FaultData } from '#contract/errors.ts'
import { toFault } from './fault.ts'
import { sessionStore } from './session-store.ts'

/** What is asked of a call. */
export type CallDeed =
  | 'answer'
  | 'reject'
  | 'ignore'
  | 'hangUp'
  | 'hold'
  | 'mute'
  | 'dial'
  | 'redial'
  | 'transfer'
  | 'consult'
  | 'swap'
  | 'complete'
  | 'conference'
  | 'cancelConsult'

/** What the operator asked for, as a refusal names it. */
export type Deed =
  | CallDeed
  | 'dtmf'
  | 'takeOver'
  | 'ready'
  | 'pause'
  | 'signOut'
  | 'identify'
  | 'cancelAppointment'
  | 'confirmProposal'
  | 'book'
  | 'reschedule'
  | 'calendarFile'
  | 'sendAgain'
  | 'dismiss'
  | 'saveFile'
  | 'extend'

type Refusal = { deed: Deed; fault: FaultData }

/** The refusal that has not been answered yet. There is one place for it on the desk. */
export const useRefusal = sessionStore<{ refusal: Refusal | null }>(() => ({ refusal: null }))

/** Not even asked for: why is shown until something else succeeds. */
export const refuse = (deed: Deed, fault: FaultData): void =>
  useRefusal.setState({ refusal: { deed, fault } })

export const forgetRefusal = (): void => useRefusal.setState({ refusal: null })

/** Asks, and shows why it was refused until something else succeeds. Whether it succeeded. */
export async function attempt(deed: Deed, request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request()
  } catch (error) {
    const fault = toFault(error)
    // The call itself says what became of its transfer.
    if (fault.code !== 'transfer-refused') refuse(deed, fault)
    return false
  }
  forgetRefusal()
  return true
}
