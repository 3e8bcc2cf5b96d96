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
  /** Who alone had the number, as it was last told. */
  assumed: Record<string, string>
  /** The contact that is shown, whose call this page may never have seen. */
  shownWork: string | null
  /** When this page saw a call held, in ms since 1970. */
  heldSince: Record<string, number>
}

export const useCalls = sessionStore<CallState>(() => ({
  ...{ calls: [], callers: {}, picked: {}, assumed: {}, shownWork: null, heldSince: {} },
}))

/** An ended call is told once; it is kept, so that its end stays in sight while the contact is wrapped up. */
export function takeCalls(told: Call[]): void {
  useCalls.setState(({ calls, callers, picked, assumed, shownWork, heldSince }) => {
    const kept = calls.filter((call) => !isLive(call) && !told.some(({ id }) => id === call.id))
    const next = [...kept.slice(-3), ...told]
    const here = new Set([...next.map(({ id }) => id), shownWork])
    const ofThese = <T>(rows: Record<string, T>): Record<string, T> =>
      Object.fromEntries(Object.entries(rows).filter(([id]) => here.has(id)))
    return {
      calls: next,
      heldSince: Object.fromEntries(
        told.filter(({ state }) => state === 'held').map(({ id }) => [id, heldSince[id] ?? Date.now()]),
      ),
      ...{ callers: ofThese(callers), picked: ofThese(picked), assumed: ofThese(assumed) },
    }
  })
}

/** What did not change in it stays the same object, so that nothing is drawn again that was told twice. */
export const takeCaller = (view: CallerView): void =>
  useCalls.setState(({ callers, assumed }) => {
    const { callId, stories } = view
    const before = callers[callId]
    const now = before ? replaceEqualDeep(before, view) : view
    if (now === before) return {}
    const only = stories.length === 1 ? stories[0]?.citizen.id : undefined
    return {
      callers: { ...callers, [callId]: now },
      assumed: only === undefined ? assumed : { ...assumed, [callId]: only },
    }
  })

export const showWork = (contactId: string | null): void => useCalls.setState({ shownWork: contactId })

/** Null: somebody else than those who are known on this number. */
export const pickCaller = (callId: string, citizenId: string | null): void =>
  useCalls.setState(({ picked }) => ({ picked: { ...picked, [callId]: citizenId } }))
