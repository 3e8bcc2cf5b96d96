const window = 30

/**
 * The page's clock on the host's. A message takes some time on its way and never comes before it was sent: so the smallest difference of
 * late is the truest. Only the last half minute counts, for either clock may be set, or stand still while the machine sleeps.
 */
export class ClockMap {
  readonly #differences: number[] = []

  /** Both in ms: when the page says it sent, when the host got it. */
  heard(sentAt: number, receivedAt: number): void {
    this.#differences.push(receivedAt - sentAt)
    if (this.#differences.length > window) this.#differences.shift()
  }

  toHost(at: number): number {
    return this.#differences.length === 0 ? at : at + Math.min(...this.#differences)
  }

  /** Another page, another clock. */
  reset(): void {
    this.#differences.length = 0
  }
}
