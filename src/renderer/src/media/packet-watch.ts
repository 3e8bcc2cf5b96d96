/** Quick while somebody waits for the first packet, slow while all is well. */
const eager = 100
const calm = 500
const silence = 2000

/** Tells when packets begin to come in, and when none came for two seconds. */
export class PacketWatch {
  readonly #count: () => Promise<number>
  readonly #tell: (flowing: boolean) => void
  #flowing: boolean | null = null
  #last = 0
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(count: () => Promise<number>, tell: (flowing: boolean) => void) {
    this.#count = count
    this.#tell = tell
  }

  /** From now on, as if nothing had been told yet. */
  restart(): void {
    this.#flowing = null
    this.#heardAt = performance.now()
    this.#schedule(eager)
  }

  /** Nothing is expected: the call is held. */
  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#flowing = null
  }

  stop(): void {
    this.#stopped = true
    this.pause()
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const timer = setTimeout(() => {
      this.#look(timer).catch(() => undefined)
    }, ms)
    this.#timer = timer
  }

  async #look(timer: ReturnType<typeof setTimeout>): Promise<void> {
    const count = await this.#count()
    if (this.#timer !== timer) return
    const now = performance.now()
    // A new stream counts from 0 again.
    if (count > 0 && count !== this.#last) {
      this.#heardAt = now
      this.#become(true)
    } else if (now - this.#heardAt > silence) this.#become(false)
    this.#last = count
    this.#schedule(this.#flowing === true ? calm : eager)
  }

  #become(flowing: boolean): void {
    if (this.#flowing === flowing) return
    this.#flowing = flowing
    this.#tell(flowing)
  }
}
