import { useEffect, useState } from 'react'
import type { VisitPlace } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import type { Wish } from '../../host/nearest-places.ts'
import { useNow } from '../../ui/now.ts'

export type HoldState =
  | { kind: 'none' }
  | { kind: 'asking' }
  /** `left`: milliseconds until somebody else may take the seats. */
  | { kind: 'held'; left: number }
  /** The CRM is away: what is made now is a wish. */
  | { kind: 'unkept' }
  /** It was kept and is not any more; the place may still be free. */
  | { kind: 'over' }
  | { kind: 'lost'; fault: FaultData }

/** After an answer that nothing is kept, when the CRM is said to be there. */
const askAgainMs = 2_000

type Answer = { of: string; until: number | null } | { of: string; fault: FaultData }

/**
 * Keeps the chosen place while it is chosen: the host asks the CRM, and answers a window that has just been loaded with what it keeps.
 * Leaving the place gives it back; leaving the sheet does not, for the operator may only look something up. What could not be kept because the
 * CRM was away is asked for again when it is back.
 */
export function useHold(
  contactId: string,
  wish: Wish,
  visit: VisitPlace | null,
): {
  state: HoldState
  /** Answers why the time was not lengthened; what is kept is kept as long as before. */
  renew: () => Promise<FaultData | null>
  again: () => void
} {
  const { desk } = useDesk()
  const now = useNow()
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [attempt, setAttempt] = useState(0)
  const place = visit ? `${Object.values(wish).join()} ${visit.officeId} ${visit.startsAt} ${attempt}` : null

  // biome-ignore lint/correctness/useExhaustiveDependencies: `place` says all that is asked for
  useEffect(() => {
    if (!visit || place === null) return
    let left = false
    const { officeId, startsAt } = visit
    desk.work.hold({ contactId, ...wish, officeId, startsAt }).then(
      ({ held }) => {
        if (!left) setAnswer({ of: place, until: held ? Date.parse(held.heldUntil) : null })
      },
      (error: unknown) => {
        if (!left) setAnswer({ of: place, fault: toFault(error) })
      },
    )
    return () => {
      left = true
    }
  }, [desk, contactId, place])

  const state = stateOf(place, answer, now)
  const reachable = useLive(({ truth }) => truth?.crm.state === 'reachable')
  const isUnkept = state.kind === 'unkept'
  // Also when the answer to what was asked before its return comes after it.
  useEffect(() => {
    if (!reachable || !isUnkept) return
    const timer = setTimeout(() => setAttempt((before) => before + 1), askAgainMs)
    return () => clearTimeout(timer)
  }, [reachable, isUnkept])

  return {
    state,
    async renew() {
      if (place === null) return null
      try {
        const { held } = await desk.work.renewHold({ contactId })
        setAnswer({ of: place, until: Date.parse(held.heldUntil) })
        return null
      } catch (error) {
        const fault = toFault(error)
        if (fault.code === 'hold-expired') setAnswer({ of: place, fault })
        return fault
      }
    },
    again: () => setAttempt((before) => before + 1),
  }
}

function stateOf(place: string | null, answer: Answer | null, now: number): HoldState {
  if (place === null) return { kind: 'none' }
  if (!answer || answer.of !== place) return { kind: 'asking' }
  if ('fault' in answer) {
    return answer.fault.code === 'hold-expired' ? { kind: 'over' } : { kind: 'lost', fault: answer.fault }
  }
  if (answer.until === null) return { kind: 'unkept' }
  return answer.until > now ? { kind: 'held', left: answer.until - now } : { kind: 'over' }
}
