import type { DelegationKind } from '#contract/domain/citizen.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Draw } from './draw.ts'
import type { SeedCitizen } from './people.ts'
import type { PhoneNumbers } from './phone-numbers.ts'

export type DelegationRow = { citizen_id: Id; for_id: Id; kind: DelegationKind; until: string | null }

/** One in so many is entered a second time. */
const perDouble = 200
const dayMs = 86_400_000

const ofAge = (birthDate: string): string =>
  `${Number(birthDate.slice(0, 4)) + 18}${birthDate.slice(4)}`.replace('-02-29', '-03-01')

/**
 * What people are to each other and to the desks: who speaks for whom, a number at work, another address, and those who were entered again while the CRM
 * was away. Drawn apart from everything else, so that the city around stays as it was.
 */
export class Kin {
  readonly #draw: Draw
  readonly #phones: PhoneNumbers
  readonly #now: Date
  readonly doublesWanted: number
  #delegations: DelegationRow[] = []
  readonly #twice: SeedCitizen[] = []

  constructor(seed: number, phones: PhoneNumbers, now: Date, total: number) {
    this.#draw = new Draw(seed + 7_919)
    this.#phones = phones
    this.#now = now
    this.doublesWanted = Math.floor(total / perDouble)
  }

  /** Before it is written. */
  ofHousehold(household: readonly SeedCitizen[]): void {
    const [head, second] = household
    if (!head) return
    for (const child of household.filter(({ age }) => age < 18)) {
      this.#delegate(head, child, 'parent', ofAge(child.birthDate))
      if (second && second.age >= 22) this.#delegate(second, child, 'parent', ofAge(child.birthDate))
    }
    if (second && head.age >= 78 && this.#draw.chance(0.5)) this.#delegate(second, head, 'relative', null)
    for (const citizen of household) {
      if (citizen.age < 24 || citizen.age > 67) continue
      if (this.#draw.chance(0.12)) citizen.phones.push({ number: this.#phones.work(), kind: 'work' })
      if (citizen.email !== null && this.#draw.chance(0.06))
        citizen.otherEmails = [citizen.email.replace('@example.org', '@example.com')]
      if (this.#draw.chance(0.03))
        citizen.otherAddresses = [
          { street: `via dei Mille ${this.#draw.between(1, 60)}`, municipality: 'Bergamo', municipio: null },
        ]
    }
    if (this.#twice.length < this.doublesWanted && head.age >= 30 && this.#draw.chance(0.05))
      this.#twice.push(head)
  }

  /** A person of the practice line who speaks for another. */
  delegate(who: Id, forWhom: Id, kind: DelegationKind): void {
    this.#delegations.push({ citizen_id: who, for_id: forWhom, kind, until: null })
  }

  #delegate(who: SeedCitizen, forWhom: SeedCitizen, kind: DelegationKind, until: string | null): void {
    this.#delegations.push({ citizen_id: who.id, for_id: forWhom.id, kind, until })
  }

  /** Those that came together since the last time. */
  take(): DelegationRow[] {
    const rows = this.#delegations
    this.#delegations = []
    return rows
  }

  /** As many as there is room for, each like somebody who is there, entered in the last days without asking for the code. */
  doubles(most: number): SeedCitizen[] {
    return this.#twice.splice(0, most).map((citizen) => ({
      ...citizen,
      id: this.#draw.id(this.#now.getTime() - this.#draw.between(1, 9) * dayMs),
      familyName: this.#misheard(citizen.familyName),
      fiscalCode: null,
      email: null,
      otherEmails: [],
      otherAddresses: [],
      phones: citizen.phones.slice(0, 1),
      needsDuplicateCheck: true,
    }))
  }

  /** A letter that was doubled, or a double one that was not; short names are heard right. */
  #misheard(name: string): string {
    if (name.length < 5) return name
    const double = /([a-z])\1/.exec(name)
    if (double) return name.slice(0, double.index) + name.slice(double.index + 1)
    const at = this.#draw.between(2, name.length - 2)
    return /[a-z]/.test(name.charAt(at)) ? name.slice(0, at) + name.charAt(at) + name.slice(at) : name
  }
}
