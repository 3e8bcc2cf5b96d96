import { useLayoutEffect, useRef } from 'react'
import { create } from 'zustand'
import { isBare, isDigit, type KeyId, keyIds, keys, matches } from './keys.ts'
import { isEditable, VanishedField } from './typing.ts'

/** Handlers by key; the newest one is asked, so that what lies on top goes first. */
const listeners = new Map<KeyId, (() => void)[]>()

/** Enter already means something there. */
const takesEnter = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('button, a[href], summary, [role="option"], [role="menuitem"], [role="gridcell"]') !== null

const inDialog = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('[role="dialog"], [role="listbox"], [role="menu"], [role="grid"]') !== null

/** How many lists that choose by a digit are on the screen. */
const useTaken = create<{ by: number }>(() => ({ by: 0 }))
const take = (more: 1 | -1): void => useTaken.setState(({ by }) => ({ by: by + more }))

/** While the component is mounted, bare digits are its own; all other keys of the table still count. */
export function useTakesDigits(): void {
  useLayoutEffect(() => {
    take(1)
    return () => take(-1)
  }, [])
}

export const useDigitsTaken = (): boolean => useTaken(({ by }) => by > 0)

const vanished = new VanishedField()

let enterRestsUntil = 0

/**
 * For so long Enter confirms and presses nothing: a panel went from under hands that may be about to confirm it. What is typed goes on, and a
 * ring is still answered.
 */
export const restEnter = (milliseconds: number): void => {
  enterRestsUntil = performance.now() + milliseconds
}

const rests = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' &&
  event.timeStamp < enterRestsUntil &&
  !event.altKey &&
  (event.ctrlKey || !isEditable(event.target))

function onKeyDown(event: KeyboardEvent): void {
  const stray = vanished.swallows(event.target, event.timeStamp)
  if (event.isComposing || event.repeat) return
  if (rests(event)) {
    event.preventDefault()
    event.stopPropagation()
    return
  }
  const press = {
    key: event.key,
    code: event.code,
    ctrlKey: event.ctrlKey,
    altKey: event.altKey,
    shiftKey: event.shiftKey,
    metaKey: event.metaKey,
    altGraph: event.getModifierState('AltGraph'),
  }
  for (const id of keyIds) {
    const { chord } = keys[id]
    if (!matches(chord, press)) continue
    const handler = listeners.get(id)?.at(-1)
    if (!handler) continue
    if (isBare(chord)) {
      if (stray || isEditable(event.target) || inDialog(event.target)) continue
      if (isDigit(chord) && useTaken.getState().by > 0) continue
      if (chord.key === 'Enter' && takesEnter(event.target)) continue
    }
    event.preventDefault()
    event.stopPropagation()
    handler()
    return
  }
}

/** Starts listening; returns how to stop. In the capture phase, so that no widget swallows a call verb. */
export function listenForShortcuts(): () => void {
  window.addEventListener('keydown', onKeyDown, true)
  return () => window.removeEventListener('keydown', onKeyDown, true)
}

/** Runs `handler` for the key while the component is mounted and `enabled`. */
export function useShortcut(id: KeyId, handler: () => void, enabled = true): void {
  const latest = useRef(handler)
  latest.current = handler
  // Before it is painted: a key that is shown is heard.
  useLayoutEffect(() => {
    if (!enabled) return
    const run = () => latest.current()
    const own = listeners.get(id) ?? []
    listeners.set(id, [...own, run])
    return () => {
      listeners.set(
        id,
        (listeners.get(id) ?? []).filter((other) => other !== run),
      )
    }
  }, [id, enabled])
}
