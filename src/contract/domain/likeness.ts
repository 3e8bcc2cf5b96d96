import { z } from 'zod'
import type { Citizen } from './citizen.ts'
import { sameDetail } from './citizen-join.ts'
import { searchKey } from './citizen-search.ts'
import { FiscalCode } from './fiscal-code.ts'
import { toE164 } from './phone-number.ts'

/** What speaks for two persons being one. */
export const LikenessReason = z.enum([
  'fiscal-code',
  'identity',
  'name',
  'name-alike',
  'birth-date',
  'birth-date-alike',
  'number',
  'email',
  'address',
])
export type LikenessReason = z.infer<typeof LikenessReason>

export const Likeness = z.object({ score: z.number().min(0).max(1), reasons: z.array(LikenessReason) })
export type Likeness = z.infer<typeof Likeness>

/** From here on two persons are proposed as one. */
export const likelyFrom = 0.6

/** What of a person is compared. */
export const comparedDetails = [
  'givenName',
  'familyName',
  'birthDate',
  'fiscalCode',
  'phones',
  'email',
  'otherEmails',
  'address',
  'otherAddresses',
  'identities',
] as const
/** Of somebody who is being typed: what is not known yet is empty or null. */
export type Compared = Pick<Citizen, (typeof comparedDetails)[number]>

const weights: Record<LikenessReason, number> = {
  'fiscal-code': 1.1,
  identity: 0.9,
  name: 0.4,
  'name-alike': 0.25,
  'birth-date': 0.3,
  'birth-date-alike': 0.1,
  number: 0.2,
  email: 0.25,
  address: 0.1,
}
/** What speaks against it: another fiscal code, name or day of birth. Who lives together shares number and address. */
const against = { fiscalCode: -0.6, name: -0.5, birthDate: -0.35 }

/** Whether two people are likely the same, and why. One rule, for the desk while somebody is typed and for the CRM's list. */
export function likeness(a: Compared, b: Compared): Likeness {
  const reasons: LikenessReason[] = []
  let doubt = 0
  const judge = (verdict: LikenessReason | 'against' | null, weight: number) => {
    if (verdict === 'against') doubt += weight
    else if (verdict) reasons.push(verdict)
  }
  judge(
    known(a.fiscalCode, b.fiscalCode, (x, y) => (x === y ? 'fiscal-code' : 'against')),
    against.fiscalCode,
  )
  judge(nameVerdict(a, b), against.name)
  judge(known(a.birthDate, b.birthDate, dayVerdict), against.birthDate)
  if (shares(a.identities, b.identities)) reasons.push('identity')
  if (shares(numbersOf(a), numbersOf(b))) reasons.push('number')
  if (shares(emailsOf(a), emailsOf(b))) reasons.push('email')
  if (shares(addressesOf(a), addressesOf(b))) reasons.push('address')
  const sum = reasons.reduce((total, reason) => total + weights[reason], doubt)
  // A code is one person's: with another name and another day of birth it is at one of the two by mistake, which has to be seen as well.
  const least = reasons.includes('fiscal-code') ? likelyFrom : 0
  return { score: Math.round(Math.min(1, Math.max(least, sum)) * 100) / 100, reasons }
}

const known = <T, V>(a: T | null, b: T | null, judge: (a: T, b: T) => V): V | null =>
  a === null || b === null ? null : judge(a, b)

const shares = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.some((one) => b.some((other) => sameDetail(one, other)))

const numbersOf = ({ phones }: Compared): string[] => phones.map(({ number }) => number)

const emailsOf = ({ email, otherEmails }: Compared): string[] =>
  [...(email === null ? [] : [email]), ...otherEmails].map((text) => text.toLowerCase())

const addressesOf = ({ address, otherAddresses }: Compared): string[] =>
  [...(address ? [address] : []), ...otherAddresses].map(({ street, municipality }) =>
    searchKey(`${street} ${municipality}`),
  )

function dayVerdict(a: string, b: string): LikenessReason | 'against' {
  if (a === b) return 'birth-date'
  const [year, month, day] = a.split('-')
  const swapped = b === `${year}-${day}-${month}`
  const wrongDigit = [...a].filter((sign, i) => sign !== b[i]).length === 1
  return swapped || wrongDigit ? 'birth-date-alike' : 'against'
}

const wordsOf = (name: string): string[] =>
  searchKey(name.replaceAll(/['’‘ʼ]/g, ''))
    .split(' ')
    .filter(Boolean)

/** The same words in any order; or nearly, a second name left out or a letter wrong. Nothing while one of the two has no name yet. */
function nameVerdict(a: Compared, b: Compared): LikenessReason | 'against' | null {
  const [one, other] = [wordsOf(`${a.familyName} ${a.givenName}`), wordsOf(`${b.familyName} ${b.givenName}`)]
  if ([a, b].some(({ familyName, givenName }) => familyName.trim() === '' || givenName.trim() === ''))
    return null
  if (one.toSorted().join(' ') === other.toSorted().join(' ')) return 'name'
  const [fewer, more] = one.length <= other.length ? [one, [...other]] : [other, [...one]]
  const isAlike = fewer.every((word) => {
    const at = more.findIndex((candidate) => areAlike(word, candidate))
    if (at >= 0) more.splice(at, 1)
    return at >= 0
  })
  return isAlike && fewer.length >= 2 ? 'name-alike' : 'against'
}

/** The same, or of four letters and more with one that is wrong, missing, too many, or two that changed places. */
function areAlike(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false
  let i = 0
  while (a[i] === b[i]) i++
  const rest = (text: string, from: number) => text.slice(from)
  return (
    rest(a, i + 1) === rest(b, i + 1) ||
    rest(a, i + 1) === rest(b, i) ||
    rest(a, i) === rest(b, i + 1) ||
    (a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, i + 2) === rest(b, i + 2))
  )
}

type Typed = {
  givenName: string
  familyName: string
  birthDate?: string | undefined
  fiscalCode?: string | undefined
  number?: string | undefined
  email?: string | undefined
}

/** Somebody who is being typed, as far as it can be compared. */
export function comparedOf(typed: Typed): Compared {
  const number = typed.number === undefined ? null : toE164(typed.number)
  const code = FiscalCode.safeParse(typed.fiscalCode)
  return {
    ...{ givenName: typed.givenName, familyName: typed.familyName, birthDate: typed.birthDate ?? null },
    fiscalCode: code.success ? code.data : null,
    phones: number === null ? [] : [{ number, kind: 'mobile' }],
    email: typed.email?.trim() || null,
    ...{ otherEmails: [], address: null, otherAddresses: [], identities: [] },
  }
}

const mostAlike = 10

/** Of those who may be a person, the likely ones, the likeliest first. */
export const rankAlike = (
  person: Compared,
  others: readonly Citizen[],
): { citizen: Citizen; likeness: Likeness }[] =>
  others
    .map((citizen) => ({ citizen, likeness: likeness(person, citizen) }))
    .filter((one) => one.likeness.score >= likelyFrom)
    .toSorted((a, b) => b.likeness.score - a.likeness.score || (a.citizen.id < b.citizen.id ? -1 : 1))
    .slice(0, mostAlike)
