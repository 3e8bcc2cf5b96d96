/** A small typed emitter; a listener that throws does not keep the others from being told. */
export class Events<Map extends { [E in keyof Map]: (...args: never[]) => void }> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(...args: never[]) => void>>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  on<E extends keyof Map>(event: E, listener: Map[E]): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  emit<E extends keyof Map>(event: E, ...args: Parameters<Map[E]>): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(...(args as never[]))
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
