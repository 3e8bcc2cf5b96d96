import { useEffect, useState } from 'react'
import type { VisitPlace } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import type { Wish } from '../../host/nearest-places.ts'
import { useNow } from '../../ui/now.ts'
import { asksAgain, type Returns, seenNow } from './returns.ts'

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

/** `unkept`: how often the CRM had come back when it was asked for. */
type Answer = { of: string } & ({ until: number } | { unkept: number } | { fault: FaultData })

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
  const reachable = useLive(({ truth }) => truth?.crm.state === 'reachable')
  const [before, setReturns] = useState<Returns>({ reachable, count: 0 })
  const returns = seenNow(before, reachable)
  if (returns !== before) setReturns(returns)
  const place = visit ? `${Object.values(wish).join()} ${visit.officeId} ${visit.startsAt} ${attempt}` : null

  // biome-ignore lint/correctness/useExhaustiveDependencies: `place` says all that is asked for
  useEffect(() => {
    if (!visit || place === null) return
    let left = false
    const { officeId, startsAt } = visit
    const unkept = returns.count
    desk.work.hold({ contactId, ...wish, officeId, startsAt }).then(
      ({ held }) => {
        if (!left) setAnswer({ of: place, ...(held ? { until: Date.parse(held.heldUntil) } : { unkept }) })
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
  const isOld =
    answer !== null && answer.of === place && 'unkept' in answer && asksAgain(returns, answer.unkept)
  useEffect(() => {
    if (isOld) setAttempt((before) => before + 1)
  }, [isOld])

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
  if ('unkept' in answer) return { kind: 'unkept' }
  return answer.until > now ? { kind: 'held', left: answer.until - now } : { kind: 'over' }
}
