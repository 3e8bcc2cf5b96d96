import { useEffect, useRef, useState } from 'react'
import { type Call, isLive } from '#contract/domain/call.ts'
import type { FaultData } from '#contract/errors.ts'
import { useCalls } from '../host/call-store.ts'

/** So long after a call has gone from its place a press there was meant for it: eyes and hands take that long to see what came instead. */
export const aimedMs = 1000

/** Why nothing was done then. */
export const callReplaced: FaultData = { kind: 'conflict', code: 'call-replaced', params: {} }

/** A place of the desk: the live calls in it, and when one last ended there, and did so without the operator (ms, of one clock). */
export type Place = { shown: readonly string[]; endedAt: number; lostAt: number }

const never = Number.NEGATIVE_INFINITY
export const emptyPlace: Place = { shown: [], endedAt: never, lostAt: never }

/** A call that the operator only turned away from lives on, and its place is another's by their own deed. */
export function placeAfter(
  before: Place,
  shown: readonly string[],
  calls: readonly Call[],
  now: number,
): Place {
  const ended = before.shown.filter(
    (id) => !shown.includes(id) && !calls.some((call) => call.id === id && isLive(call)),
  )
  const lost = ended.some((id) => calls.find((call) => call.id === id)?.endReason !== 'operator')
  return {
    shown,
    endedAt: ended.length > 0 ? now : before.endedAt,
    lostAt: lost ? now : before.lostAt,
  }
}

/**
 * Whether a press now was meant for a call that has just ended in this place, asked of whoever stands there since. `ends`: the press ends a
 * call, and may be the second of the one by which the operator ended that call; any other press comes after it knowingly.
 */
export type Aim = { isStale(ends: boolean): boolean }

export const isStale = ({ endedAt, lostAt }: Place, ends: boolean, now: number): boolean =>
  now - (ends ? endedAt : lostAt) < aimedMs

export function useAim(shownOf: (calls: readonly Call[]) => readonly string[]): Aim {
  const calls = useCalls((state) => state.calls)
  const place = useRef(emptyPlace)
  place.current = placeAfter(place.current, shownOf(calls), calls, performance.now())
  const aim = useRef<Aim>({ isStale: (ends) => isStale(place.current, ends, performance.now()) })
  return aim.current
}

/** The same for what is drawn where hanging up stood: false once the hands have had their time. */
export function useStale(aim: Aim): boolean {
  const [stale, setStale] = useState(() => aim.isStale(true))
  useEffect(() => {
    if (!stale) return
    const timer = setTimeout(() => setStale(false), aimedMs)
    return () => clearTimeout(timer)
  }, [stale])
  return stale
}
