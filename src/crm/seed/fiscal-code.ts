import { checkSign } from '#contract/domain/fiscal-code.ts'
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
