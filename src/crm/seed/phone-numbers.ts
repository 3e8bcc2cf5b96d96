import type { Draw } from './draw.ts'

/**
 * Italy reserves no numbers for fiction. These are well formed and looked for where subscribers are least likely: mobile numbers
 * whose seven digits after the prefix begin with three zeros, and one Milan block of ten thousand, 02 5551 xxxx. A city that needs
 * more has them from prefixes that no operator's list names, and from 02 0: no Italian subscriber's number begins with a zero.
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
/** Half of each block: beyond it drawing one that is free would take ever longer. */
const drawnMobiles = 80_000
const drawnLandlines = 5_000

const morePrefixes = ['385', '386', '387', '394', '395', '396', '398', '399']
const moreLandlines = '+39020'
const sevenDigits = 10 ** 7

/** Hands out each number once; `taken` are those of people who are fixed. However many: what is remembered does not grow with them. */
export class PhoneNumbers {
  readonly #draw: Draw
  readonly #given: Set<string>
  #mobiles = 0
  #landlines = 0
  #work = 0

  constructor(draw: Draw, taken: Iterable<string>) {
    this.#draw = draw
    this.#given = new Set(taken)
  }

  mobile(): string {
    const nth = this.#mobiles++ - drawnMobiles
    if (nth < 0) return this.#fresh(() => `+39${this.#draw.pick(mobilePrefixes)}000${this.#digits(4)}`)
    const prefix = morePrefixes[nth % morePrefixes.length]
    return `+39${prefix}${scattered(Math.floor(nth / morePrefixes.length))}`
  }

  landline(): string {
    const nth = this.#landlines++ - drawnLandlines
    return nth < 0
      ? this.#fresh(() => `${landlinePrefix}${this.#digits(4)}`)
      : `${moreLandlines}${scattered(nth)}`
  }

  /** Drawn by nobody: from the far end of the landlines. */
  work(): string {
    return `${moreLandlines}${scattered(sevenDigits - ++this.#work)}`
  }

  #fresh(make: () => string): string {
    for (;;) {
      const number = make()
      // 01xx belongs to the practice scenarios, their unknown caller included.
      if (number.startsWith(`${landlinePrefix}01`) || this.#given.has(number)) continue
      this.#given.add(number)
      return number
    }
  }

  #digits(count: number): string {
    return String(this.#draw.between(0, 10 ** count - 1)).padStart(count, '0')
  }
}

/** Seven digits for each number below ten million, no two alike and no two in a row: the factor shares no divisor with ten. */
function scattered(nth: number): string {
  if (nth >= sevenDigits) throw new Error('the blocks of invented numbers are used up: seed fewer citizens')
  return String((nth * 7_368_787) % sevenDigits).padStart(7, '0')
}
