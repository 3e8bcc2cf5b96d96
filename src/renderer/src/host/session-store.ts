import { create, type StoreApi, type UseBoundStore } from 'zustand'

const beginAnew: (() => void)[] = []

/** A store of what one session saw and did here. The page may outlive the session, and whoever signs in next is another person. */
export function sessionStore<T>(begin: () => T): UseBoundStore<StoreApi<T>> {
  const store = create<T>(begin)
  beginAnew.push(() => store.setState(begin(), true))
  return store
}

export function forgetSession(): void {
  for (const begin of beginAnew) begin()
}
