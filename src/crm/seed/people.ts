import { it as italian } from '@faker-js/faker'
import type { Address, Language } from '#contract/domain/citizen.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Draw } from './draw.ts'
import { fiscalCode, type Gender } from './fiscal-code.ts'
import {
  type ForeignCommunity,
  foreignCommunities,
  italianBirthplaces,
  italianNames,
  milaneseFamilies,
} from './names.ts'
import { Once } from './once.ts'
import type { PhoneNumbers } from './phone-numbers.ts'
import { neighbours, streets } from './places.ts'

export type SeedPhone = { number: string; kind: 'mobile' | 'landline' | 'work' }

export type SeedCitizen = {
  id: Id
  givenName: string
  familyName: string
  birthDate: string
  fiscalCode: string | null
  language: Language
  email: string | null
  otherEmails: string[]
  otherAddresses: Address[]
  needsDuplicateCheck: boolean
  street: string
  municipality: string
  municipio: number | null
  phones: SeedPhone[]
  age: number
}

const italianFamilies = italian.person?.last_name?.generic ?? milaneseFamilies
const foreignShare = 0.18
const outsideShare = 0.06

type Home = Pick<SeedCitizen, 'street' | 'municipality' | 'municipio'> & { landline: string | null }
type Ages = { age: number; gender: Gender }[]

/** Draws households of people who live together, share an address and often a landline. */
export class Households {
  readonly #draw: Draw
  readonly #phones: PhoneNumbers
  readonly #thisYear: number
  readonly #known: Set<string>
  readonly #codes = new Once()
  readonly #bornAt: number

  /** Nobody drawn has one of the `known` names ("Teresa Colombo"): who is looked for by name shall be found once. */
  constructor(draw: Draw, phones: PhoneNumbers, now: Date, known: Iterable<string>) {
    this.#known = new Set(known)
    this.#draw = draw
    this.#phones = phones
    this.#thisYear = now.getUTCFullYear()
    // Their records are older than anything that happens to them.
    this.#bornAt = now.getTime() - 400 * 86_400_000
  }

  /** Never more than `most` people. */
  next(most: number): SeedCitizen[] {
    const community = this.#draw.chance(foreignShare)
      ? this.#draw.weighted(foreignCommunities.map((one) => [one, one.weight] as const))
      : null
    const home = this.#home()
    const family = this.#familyName(community)
    return this.#ages(community)
      .slice(0, most)
      .map(({ age, gender }, i) => {
        // Who marries keeps the own name in Italy; children have the first person's here.
        const own = i === 1 && age >= 18 ? this.#familyName(community) : family
        return this.#person({ age, gender, familyName: own, community, home })
      })
  }

  #familyName(community: ForeignCommunity | null): string {
    if (community) return this.#draw.pick(community.families)
    return this.#draw.pick(this.#draw.chance(0.35) ? milaneseFamilies : italianFamilies)
  }

  #home(): Home {
    const landline = this.#draw.chance(0.5) ? this.#phones.landline() : null
    if (this.#draw.chance(outsideShare)) {
      return {
        street: `via Roma ${this.#draw.between(1, 90)}`,
        municipality: this.#draw.pick(neighbours),
        municipio: null,
        landline,
      }
    }
    const municipio = this.#draw.between(1, 9)
    const street = this.#draw.pick(streets[municipio] ?? [])
    return { street: `${street} ${this.#draw.between(1, 180)}`, municipality: 'Milano', municipio, landline }
  }

  #ages(community: ForeignCommunity | null): Ages {
    const draw = this.#draw
    const gender = (): Gender => (draw.chance(0.52) ? 'female' : 'male')
    const oldest = community ? 65 : 92
    const kind = draw.weighted([
      ['alone', 45],
      ['couple', 24],
      ['family', 26],
      ['parent', 5],
    ] as const)
    if (kind === 'alone') return [{ age: draw.between(20, oldest), gender: gender() }]
    if (kind === 'couple') {
      const age = draw.between(26, oldest)
      return [
        { age, gender: 'male' },
        { age: Math.max(20, age + draw.between(-6, 4)), gender: 'female' },
      ]
    }
    const age = draw.between(28, 56)
    const children = draw.weighted([
      [1, 50],
      [2, 40],
      [3, 10],
    ] as const)
    const parents: Ages = [{ age, gender: kind === 'parent' ? 'female' : 'male' }]
    if (kind === 'family') parents.push({ age: Math.max(22, age + draw.between(-6, 4)), gender: 'female' })
    const youngest = Math.max(0, age - 48)
    return [
      ...parents,
      ...Array.from({ length: children }, () => ({
        age: draw.between(youngest, age - 22),
        gender: gender(),
      })),
    ]
  }

  #person(who: {
    age: number
    gender: Gender
    familyName: string
    community: ForeignCommunity | null
    home: Home
  }): SeedCitizen {
    const draw = this.#draw
    const { age, gender, familyName, home } = who
    const year = this.#thisYear - 1 - age
    const bornHere = who.community === null || (age < 16 && draw.chance(0.7)) || year < who.community.bornFrom
    let givenName = this.#givenName(age, gender, who.community)
    while (this.#known.has(`${givenName} ${familyName}`)) {
      givenName = this.#givenName(age, gender, who.community)
    }
    const birthplace =
      bornHere || who.community === null ? draw.weighted(italianBirthplaces) : who.community.birthplace
    const { birthDate, code } = this.#unusedCode({ familyName, givenName, gender, birthplace }, year)
    const mobile = age >= 13 && draw.chance(0.92) ? this.#phones.mobile() : null
    return {
      id: draw.id(this.#bornAt),
      givenName,
      familyName,
      birthDate,
      fiscalCode: code,
      language: who.community && !(age < 25 && draw.chance(0.6)) ? this.#speaks(who.community) : 'it',
      email: age >= 16 && draw.chance(0.55) ? this.#email(givenName, familyName, year) : null,
      ...{ otherEmails: [], otherAddresses: [], needsDuplicateCheck: false },
      street: home.street,
      municipality: home.municipality,
      municipio: home.municipio,
      phones: [
        ...(mobile ? [{ number: mobile, kind: 'mobile' as const }] : []),
        ...(home.landline ? [{ number: home.landline, kind: 'landline' as const }] : []),
      ],
      age,
    }
  }

  /** Half of those who came from elsewhere speak Italian with the city. */
  #speaks(community: ForeignCommunity): Language {
    return this.#draw.chance(0.5) ? 'it' : community.language
  }

  #givenName(age: number, gender: Gender, community: ForeignCommunity | null): string {
    if (community) return this.#draw.pick(community[gender])
    return this.#draw.pick(italianNames[age >= 62 ? 'old' : age >= 28 ? 'middle' : 'young'][gender])
  }

  /** A domain that RFC 2606 keeps for examples. */
  #email(givenName: string, familyName: string, year: number): string {
    const plain = (name: string) =>
      name
        .normalize('NFD')
        .toLowerCase()
        .replace(/[^a-z]/g, '')
    return `${plain(givenName)}.${plain(familyName)}${String(year).slice(2)}@example.org`
  }

  #unusedCode(
    subject: { familyName: string; givenName: string; gender: Gender; birthplace: string },
    year: number,
  ): { birthDate: string; code: string } {
    for (;;) {
      const day = new Date(Date.UTC(year, 0, this.#draw.between(1, 365)))
      const birthDate = day.toISOString().slice(0, 10)
      const code = fiscalCode({ ...subject, birthDate })
      if (this.#codes.take(code)) return { birthDate, code }
    }
  }
}
