/**
 * `connecting`: the first attempt. `lost`: the host does not answer, and is tried again by itself.
 * `stale`: a host answers that does not know this window (it was started anew): the desk must be opened again.
 */
export type ConnectionStatus = 'connecting' | 'open' | 'lost' | 'stale'

/** One value that can be subscribed to, in the form that `useSyncExternalStore` takes. */
export type StatusStore = {
  get(): ConnectionStatus
  subscribe(listener: () => void): () => void
}

export class StatusCell implements StatusStore {
  #status: ConnectionStatus = 'connecting'
  readonly #listeners = new Set<() => void>()

  get = (): ConnectionStatus => this.#status

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(status: ConnectionStatus): void {
    if (status === this.#status) return
    this.#status = status
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Resolves when `wanted` accepts the status, or the signal is aborted. */
export function untilStatus(
  store: StatusStore,
  wanted: (status: ConnectionStatus) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      if (!wanted(store.get()) && !signal?.aborted) return
      unsubscribe()
      signal?.removeEventListener('abort', settle)
      resolve()
    }
    const unsubscribe = store.subscribe(settle)
    signal?.addEventListener('abort', settle)
    settle()
  })
}
