/**
 * One reader of a stream of values. What it has not fetched yet is merged into one waiting value, so a slow reader costs
 * no more memory than a quick one. Ends when its signal aborts, when the reader returns, or by `end`.
 */
class Reader<T> implements AsyncIteratorObject<T, undefined, unknown> {
  #waiting: { value: T } | null = null
  #asked: ((result: IteratorResult<T, undefined>) => void)[] = []
  #ended = false
  readonly #merge: (waiting: T, next: T) => T
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (reader: Reader<T>) => void

  constructor(
    merge: (waiting: T, next: T) => T,
    signal: AbortSignal | undefined,
    onEnd: (reader: Reader<T>) => void,
  ) {
    this.#merge = merge
    this.#signal = signal
    this.#onEnd = onEnd
    signal?.addEventListener('abort', this.end, { once: true })
    if (signal?.aborted) this.end()
  }

  push(value: T): void {
    if (this.#ended) return
    const asked = this.#asked.shift()
    if (asked) asked({ done: false, value })
    else this.#waiting = { value: this.#waiting ? this.#merge(this.#waiting.value, value) : value }
  }

  readonly end = (): void => {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = null
    this.#signal?.removeEventListener('abort', this.end)
    for (const asked of this.#asked.splice(0)) asked({ done: true, value: undefined })
    this.#onEnd(this)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting) {
      const { value } = this.#waiting
      this.#waiting = null
      return Promise.resolve({ done: false, value })
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#asked.push(resolve))
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
  }
}

/** Values that are told to whoever reads now. What waits for a slow reader is merged by `merge`. */
export class Signal<T> {
  readonly #readers = new Set<Reader<T>>()
  readonly #merge: (waiting: T, next: T) => T

  constructor(merge: (waiting: T, next: T) => T) {
    this.#merge = merge
  }

  /** How many read now. */
  get readers(): number {
    return this.#readers.size
  }

  emit(value: T): void {
    for (const reader of this.#readers) reader.push(value)
  }

  /** `first`: told to this reader before anything else. */
  watch(signal: AbortSignal | undefined, first?: T): AsyncIteratorObject<T, undefined, unknown> {
    const reader = new Reader<T>(this.#merge, signal, (ended) => this.#readers.delete(ended))
    if (signal?.aborted) return reader
    this.#readers.add(reader)
    if (first !== undefined) reader.push(first)
    return reader
  }

  /** Ends every reader. */
  close(): void {
    for (const reader of [...this.#readers]) reader.end()
  }
}

/** A value that changes: a reader is given the present one at once, then only ever the newest. */
export class Latest<T> {
  #value: T
  readonly #signal = new Signal<T>((_, next) => next)
  readonly #same: (one: T, other: T) => boolean

  /** A value that is the `same` as the present one is not told. */
  constructor(value: T, same: (one: T, other: T) => boolean = Object.is) {
    this.#value = value
    this.#same = same
  }

  get value(): T {
    return this.#value
  }

  get readers(): number {
    return this.#signal.readers
  }

  set(value: T): void {
    if (this.#same(this.#value, value)) return
    this.#value = value
    this.#signal.emit(value)
  }

  watch(signal: AbortSignal | undefined): AsyncIteratorObject<T, undefined, unknown> {
    return this.#signal.watch(signal, this.#value)
  }

  close(): void {
    this.#signal.close()
  }
}
