import type { PlainDate } from '#contract/domain/ids.ts'

export type Gender = 'female' | 'male'

export type FiscalCodeSubject = {
  familyName: string
  givenName: string
  birthDate: PlainDate
  gender: Gender
  /** Belfiore code of the municipality, or of the foreign country (Z…). */
  birthplace: string
}

const months = 'ABCDEHLMPRST'
/** DM 23 December 1976, table of the odd places, for 0–9 and A–Z alike. */
const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
]

/** The sixteen signs of a person's fiscal code (DM 23 December 1976). */
export function fiscalCode(subject: FiscalCodeSubject): string {
  const [year = '', month = '', day = ''] = subject.birthDate.split('-')
  const dayOfBirth = Number(day) + (subject.gender === 'female' ? 40 : 0)
  const body = [
    familySigns(subject.familyName),
    givenSigns(subject.givenName),
    year.slice(2),
    months.charAt(Number(month) - 1),
    String(dayOfBirth).padStart(2, '0'),
    subject.birthplace,
  ].join('')
  return body + checkSign(body)
}

/** Letters without accents: "D’Angelò" is DANGELO. */
const lettersOf = (name: string): string =>
  name
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z]/g, '')

const consonants = (letters: string): string => letters.replace(/[AEIOU]/g, '')
const vowels = (letters: string): string => letters.replace(/[^AEIOU]/g, '')

function familySigns(name: string): string {
  const letters = lettersOf(name)
  return `${consonants(letters)}${vowels(letters)}XXX`.slice(0, 3)
}

/** With four consonants or more the second is left out. */
function givenSigns(name: string): string {
  const letters = lettersOf(name)
  const strong = consonants(letters)
  if (strong.length >= 4) return strong.charAt(0) + strong.slice(2, 4)
  return `${strong}${vowels(letters)}XXX`.slice(0, 3)
}

function checkSign(body: string): string {
  let sum = 0
  for (const [i, sign] of [...body].entries()) {
    const value = /\d/.test(sign) ? Number(sign) : sign.charCodeAt(0) - 65
    sum += i % 2 === 0 ? (oddValues[value] ?? 0) : value
  }
  return String.fromCharCode(65 + (sum % 26))
}
