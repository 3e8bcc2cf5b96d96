import { useEffect, useRef, useState } from 'react'
import { type Call, isLive } from '#contract/domain/call.ts'
import type { FaultData } from '#contract/errors.ts'
import { useCalls } from '../host/call-store.ts'

/** So long after a call has gone from its place a press there was meant for it: eyes and hands take that long to see what came instead. */
export const aimedMs = 1000

/** Why nothing was done then. */
export const callReplaced: FaultData = { kind: 'conflict', code: 'call-replaced', params: {} }

/** A place of the desk: the live calls in it, and when one last ended there (ms, of one clock). */
export type Place = { shown: readonly string[]; endedAt: number }

export const emptyPlace: Place = { shown: [], endedAt: Number.NEGATIVE_INFINITY }

/** A call that the operator only turned away from lives on, and its place is another's by their own deed. */
export function placeAfter(
  before: Place,
  shown: readonly string[],
  calls: readonly Call[],
  now: number,
): Place {
  const ended = before.shown.some(
    (id) => !shown.includes(id) && !calls.some((call) => call.id === id && isLive(call)),
  )
  return { shown, endedAt: ended ? now : before.endedAt }
}

/** Whether a press now was meant for a call that has just ended in this place, asked of whoever stands there since. */
export type Aim = { isStale(): boolean }

export function useAim(shownOf: (calls: readonly Call[]) => readonly string[]): Aim {
  const calls = useCalls((state) => state.calls)
  const place = useRef(emptyPlace)
  place.current = placeAfter(place.current, shownOf(calls), calls, performance.now())
  const aim = useRef<Aim>({ isStale: () => performance.now() - place.current.endedAt < aimedMs })
  return aim.current
}

/** The same for what is drawn: false once the hands have had their time. */
export function useStale(aim: Aim): boolean {
  const [stale, setStale] = useState(() => aim.isStale())
  useEffect(() => {
    if (!stale) return
    const timer = setTimeout(() => setStale(false), aimedMs)
    return () => clearTimeout(timer)
  }, [stale])
  return stale
}
