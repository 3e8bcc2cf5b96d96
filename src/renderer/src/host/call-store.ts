import { replaceEqualDeep } from '@tanstack/react-query'
import type { CallerView } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { isLive } from '#contract/domain/call.ts'
import { sessionStore } from './session-store.ts'

export type CallState = {
  /** Live calls and, until they are dismissed by a newer one, those that ended while this page looked. */
  calls: Call[]
  callers: Record<string, CallerView>
  /** Who was picked for a call that rings: it becomes part of the contact when the call is answered. */
  picked: Record<string, string | null>
  /** When this page saw a call held, in ms since 1970. */
  heldSince: Record<string, number>
}

export const useCalls = sessionStore<CallState>(() => ({ calls: [], callers: {}, picked: {}, heldSince: {} }))

/** An ended call is told once; it is kept, so that its end stays in sight while the contact is wrapped up. */
export function takeCalls(told: Call[]): void {
  useCalls.setState(({ calls, callers, picked, heldSince }) => {
    const kept = calls.filter((call) => !isLive(call) && !told.some(({ id }) => id === call.id))
    const next = [...kept.slice(-3), ...told]
    const here = new Set(next.map(({ id }) => id))
    return {
      calls: next,
      heldSince: Object.fromEntries(
        told.filter(({ state }) => state === 'held').map(({ id }) => [id, heldSince[id] ?? Date.now()]),
      ),
      callers: Object.fromEntries(Object.entries(callers).filter(([id]) => here.has(id))),
      picked: Object.fromEntries(Object.entries(picked).filter(([id]) => here.has(id))),
    }
  })
}

/** What did not change in it stays the same object, so that nothing is drawn again that was told twice. */
export const takeCaller = (view: CallerView): void =>
  useCalls.setState(({ callers }) => {
    const before = callers[view.callId]
    const now = before ? replaceEqualDeep(before, view) : view
    return now === before ? {} : { callers: { ...callers, [view.callId]: now } }
  })

/** Null: somebody else than those who are known on this number. */
export const pickCaller = (callId: string, citizenId: string | null): void =>
  useCalls.setState(({ picked }) => ({ picked: { ...picked, [callId]: citizenId } }))
