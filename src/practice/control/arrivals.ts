export type ArrivalsOptions = {
  scenarioIds: readonly string[]
  /** Nobody more calls while this many wait: a trainee who pauses must not find hundreds. */
  waiting(): number
  place(scenarioId: string): void
}

export const highestRate = 60
const mostWaiting = 20

/** Citizens who come at a rate, each scenario once before any comes again. */
export class Arrivals {
  readonly #options: ArrivalsOptions
  #rate = 0
  #timer: NodeJS.Timeout | null = null
  #deck: string[] = []

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  get rate(): number {
    return this.#rate
  }

  /** Calls a minute; 0: none. */
  setRate(perMinute: number): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#rate = Math.min(Math.max(perMinute, 0), highestRate)
    if (this.#rate > 0) this.#schedule()
  }

  #schedule(): void {
    // Between half and one and a half of the mean, so that nobody can wait for the beat.
    const gapMs = (60_000 / this.#rate) * (0.5 + Math.random())
    this.#timer = setTimeout(() => {
      if (this.#options.waiting() < mostWaiting) this.#options.place(this.#draw())
      this.#schedule()
    }, gapMs)
  }

  #draw(): string {
    if (this.#deck.length === 0)
      this.#deck = [...this.#options.scenarioIds]
        .map((id) => ({ id, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ id }) => id)
    return this.#deck.pop() ?? ''
  }
}
