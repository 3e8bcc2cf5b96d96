import { useSyncExternalStore } from 'react'

/** One clock for all timers of the page, ticking on whole seconds while somebody looks. */
const listeners = new Set<() => void>()
let second = Math.floor(Date.now() / 1000)
let timer: ReturnType<typeof setTimeout> | undefined

function tick(): void {
  second = Math.floor(Date.now() / 1000)
  for (const listener of [...listeners]) listener()
  timer = setTimeout(tick, 1000 - (Date.now() % 1000) + 5)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (listeners.size === 1) tick()
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearTimeout(timer)
  }
}

/** The present second, in milliseconds since the epoch. Renders again every second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => second) * 1000

/** The present minute: for words such as "4 minutes ago" that need no second. */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => Math.floor(second / 60)) * 60_000
