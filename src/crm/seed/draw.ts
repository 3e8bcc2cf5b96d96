import { generateMersenne53Randomizer } from '@faker-js/faker'
import { v7 } from 'uuid'
import type { Id } from '#contract/domain/ids.ts'

/** Everything that is drawn by lot comes from here: the same seed and the same order of draws give the same city. */
export class Draw {
  readonly #randomizer: ReturnType<typeof generateMersenne53Randomizer>

  constructor(seed: number) {
    this.#randomizer = generateMersenne53Randomizer(seed)
  }

  /** 0 ≤ x < 1. */
  fraction(): number {
    return this.#randomizer.next()
  }

  /** Whole numbers, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(from: readonly T[]): T {
    const drawn = from[this.between(0, from.length - 1)]
    if (drawn === undefined) throw new Error('nothing to draw from')
    return drawn
  }

  /** One of the values, each as likely as its weight says. */
  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T {
    let at = this.fraction() * choices.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [value, weight] of choices) {
      at -= weight
      if (at < 0) return value
    }
    const last = choices.at(-1)
    if (!last) throw new Error('nothing to draw from')
    return last[0]
  }

  /** A UUIDv7 of that moment. */
  id(epochMs: number): Id {
    const random = Uint8Array.from({ length: 16 }, () => this.between(0, 255))
    return v7({ msecs: epochMs, seq: this.between(0, 0xffff), random })
  }
}
