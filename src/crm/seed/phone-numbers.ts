import type { Draw } from './draw.ts'

/**
 * Italy reserves no numbers for fiction. These are well formed and looked for where subscribers are least likely: mobile numbers
 * whose seven digits after the prefix begin with three zeros, and one Milan block of ten thousand, 02 5551 xxxx.
 * The program must never dial a seeded number on a line that is not the practice line.
 */
const mobilePrefixes = [
  '320',
  '327',
  '328',
  '329',
  '331',
  '333',
  '335',
  '338',
  '339',
  '340',
  '347',
  '349',
  '351',
  '366',
  '380',
  '392',
]
const landlinePrefix = '+39025551'

/** Hands out each number once; `taken` are those of people who are fixed. */
export class PhoneNumbers {
  readonly #draw: Draw
  readonly #given: Set<string>

  constructor(draw: Draw, taken: Iterable<string>) {
    this.#draw = draw
    this.#given = new Set(taken)
  }

  mobile(): string {
    return this.#fresh(() => `+39${this.#draw.pick(mobilePrefixes)}000${this.#digits(4)}`)
  }

  /** Null when the block is used up. */
  landline(): string | null {
    for (let tries = 0; tries < 50; tries++) {
      const number = `${landlinePrefix}${this.#digits(4)}`
      // 01xx belongs to the practice scenarios, their unknown caller included.
      if (number.startsWith(`${landlinePrefix}01`) || this.#given.has(number)) continue
      this.#given.add(number)
      return number
    }
    return null
  }

  #fresh(make: () => string): string {
    for (let tries = 0; tries < 1000; tries++) {
      const number = make()
      if (this.#given.has(number)) continue
      this.#given.add(number)
      return number
    }
    throw new Error('the blocks of invented mobile numbers are used up: seed fewer citizens')
  }

  #digits(count: number): string {
    return String(this.#draw.between(0, 10 ** count - 1)).padStart(count, '0')
  }
}
