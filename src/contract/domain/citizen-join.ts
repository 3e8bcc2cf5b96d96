import { type Address, type Citizen, type CitizenPhone, mostOfEach } from './citizen.ts'

/** Of which there is one: where two persons differ, one of the two is chosen. */
export const singleDetails = [
  'givenName',
  'familyName',
  'birthDate',
  'fiscalCode',
  'language',
  'email',
  'address',
] as const
export type SingleDetail = (typeof singleDetails)[number]

const keyOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

/** Whether two details say the same. */
export const sameDetail = (a: unknown, b: unknown): boolean => keyOf(a) === keyOf(b)

const once = <T>(values: readonly T[], keyFor: (value: T) => string): T[] =>
  [...new Map(values.toReversed().map((value) => [keyFor(value), value])).values()].toReversed()

export type CitizenDetails = Omit<
  Citizen,
  'id' | 'version' | 'delegations' | 'needsDuplicateCheck' | 'mergedInto'
>

/**
 * One person of two: of each single detail the kept one's, or the other's where it was taken or the kept one has none; of all others both. What was
 * not chosen of e-mail, address and language stays among the others, so that nothing by which somebody is reached is lost.
 */
export function joinCitizens(kept: Citizen, other: Citizen, take: readonly SingleDetail[]): CitizenDetails {
  const chosen = <D extends SingleDetail>(detail: D): Citizen[D] =>
    take.includes(detail) || kept[detail] === null ? other[detail] : kept[detail]
  const [language, email, address] = [chosen('language'), chosen('email'), chosen('address')]
  const rest = <T>(main: T | null, values: readonly (T | null)[]): T[] =>
    once(values.filter((value) => value !== null && !sameDetail(value, main)) as T[], keyOf)
  return {
    givenName: chosen('givenName'),
    familyName: chosen('familyName'),
    birthDate: chosen('birthDate'),
    fiscalCode: chosen('fiscalCode'),
    language,
    email,
    address,
    otherLanguages: rest(language, [
      ...[kept.language, ...kept.otherLanguages, other.language, ...other.otherLanguages],
    ]),
    otherEmails: rest(email, [kept.email, ...kept.otherEmails, other.email, ...other.otherEmails]),
    otherAddresses: rest<Address>(address, [
      ...[kept.address, ...kept.otherAddresses, other.address, ...other.otherAddresses],
    ]),
    phones: once([...kept.phones, ...other.phones], ({ number }) => number),
    identities: once([...kept.identities, ...other.identities], keyOf),
  }
}

const listDetails = ['otherLanguages', 'otherEmails', 'otherAddresses', 'phones', 'identities'] as const

/**
 * The kept person after the other is a person again: what the joining gave it goes, what was said of it since stays. `before`: as it was; `made`: as
 * the joining made it.
 */
export function partCitizens(
  now: CitizenDetails,
  before: CitizenDetails,
  made: CitizenDetails,
): CitizenDetails {
  const parted: Record<string, unknown> = { ...now }
  for (const detail of singleDetails)
    if (sameDetail(now[detail], made[detail])) parted[detail] = before[detail]
  for (const detail of listDetails) {
    const had = new Set(before[detail].map(keyOf))
    const came = new Set(made[detail].map(keyOf).filter((key) => !had.has(key)))
    parted[detail] = now[detail].filter((value) => !came.has(keyOf(value)))
  }
  return parted as CitizenDetails
}

/**
 * What is written of a person when a source that said `before` of them says `said` now. Of lists, what it says no more goes and what it says anew
 * comes; what others have put in stays, and what they have taken out stays out. A list that nobody else has touched is the source's, in its order.
 */
export function hearAnew(
  now: CitizenDetails,
  before: Partial<CitizenDetails>,
  said: Partial<CitizenDetails>,
): Partial<CitizenDetails> {
  const heard: Record<string, unknown> = { ...said }
  for (const detail of listDetails) {
    const had: readonly unknown[] = before[detail] ?? []
    const says: readonly unknown[] | undefined = said[detail]
    const list: readonly unknown[] = now[detail]
    if (says === undefined || sameDetail(list, had)) continue
    const key = (value: unknown) => (detail === 'phones' ? (value as CitizenPhone).number : keyOf(value))
    const still = new Set(says.map(key))
    const gone = new Set(had.map(key).filter((one) => !still.has(one)))
    const known = new Set(had.map(keyOf))
    const news = new Map(says.filter((value) => !known.has(keyOf(value))).map((value) => [key(value), value]))
    const there = new Set(list.map(key))
    heard[detail] = [
      ...list.filter((value) => !gone.has(key(value))).map((value) => news.get(key(value)) ?? value),
      ...[...news].filter(([one]) => !there.has(one)).map(([, value]) => value),
    ].slice(0, mostOfEach)
  }
  return heard as Partial<CitizenDetails>
}
