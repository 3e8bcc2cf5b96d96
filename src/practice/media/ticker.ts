import { frameMs } from './g711.ts'

/** One 20 ms clock for all sound of the line. It corrects its drift: sound is produced by the clock, not by timer calls. */
export class Ticker {
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | null = null
  #due = 0

  add(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (!this.#timer) {
      this.#due = performance.now() + frameMs
      this.#schedule()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, this.#due - performance.now()))
  }

  #tick(): void {
    // After a long stall the lost time is given up rather than sent in one burst.
    if (performance.now() - this.#due > 200) this.#due = performance.now()
    while (performance.now() >= this.#due) {
      this.#due += frameMs
      for (const listener of [...this.#listeners]) listener()
    }
    if (this.#listeners.size > 0) this.#schedule()
    else this.#timer = null
  }
}
