import { isFiscalCode } from './fiscal-code.ts'
import { isShortNumber, toE164 } from './phone-number.ts'

/** Fewer would list the directory instead of finding somebody. */
const fewestDigits = 3
const mostWords = 8

/** Letters that are no letter with an accent. */
const plainLetters: Record<string, string> = { ł: 'l', ø: 'o', đ: 'd', ı: 'i', ß: 'ss' }

/** No accents, lower case, one space where a name has an apostrophe, a dash or spaces. The CRM's `search_key` says the same in SQL. */
export const searchKey = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[łøđıß]/g, (letter) => plainLetters[letter] ?? letter)
    .replaceAll(/[^a-z0-9\u0370-\u1fff\u2c00-\ufaff]+/g, ' ')
    .trim()

/** What somebody looks for, by what they typed. */
export type CitizenQuestion =
  /** How the number may begin, in E.164. */
  | { by: 'number'; beginnings: string[] }
  /** Nobody has such a code: it is words then ("Padova 1"). */
  | { by: 'fiscal-code'; beginning: string; otherwise: WordsQuestion }
  | { by: 'identity'; value: string }
  | WordsQuestion

/**
 * First those whose name begins so, family name or given name first, and those of whose names and addresses each is a whole word; when there is
 * nobody, those of whose words each begins one.
 */
export type WordsQuestion = { by: 'words'; key: string; words: string[] }

/** Null: nothing that could find anybody. */
export function citizenQuestion(text: string): CitizenQuestion | null {
  const typed = text.trim()
  if (/^[A-Z]{2}\.[A-Za-z0-9]{6,128}$/.test(typed)) return { by: 'identity', value: typed }
  const dashed = typed.replaceAll(/[\u2010-\u2015\u2212]/g, '-')
  if (/^\(?\s*[+\d][\d\s/.()-]*$/.test(dashed)) return numberQuestion(dashed.replace(/^\(\s*/, ''))
  const key = searchKey(typed)
  if (key === '') return null
  const asWords: WordsQuestion = { by: 'words', key, words: [...new Set(key.split(' '))].slice(0, mostWords) }
  const code = typed.replaceAll(/\s/g, '').toUpperCase()
  return /^[A-Z]{6}\d[A-Z0-9]{0,9}$/.test(code) || isFiscalCode(code)
    ? { by: 'fiscal-code', beginning: code, otherwise: asWords }
    : asWords
}

/** Nobody is known by 112. */
function numberQuestion(typed: string): CitizenQuestion | null {
  const digits = typed.replaceAll(/\D/g, '')
  if (digits.length < fewestDigits || isShortNumber(digits)) return null
  const starts =
    typed.startsWith('+') || typed.startsWith('00')
      ? [`+${digits.replace(/^00/, '')}`]
      : [`+39${digits}`, `+${digits}`]
  const whole = toE164(typed)
  return { by: 'number', beginnings: [...new Set([...starts, ...(whole === null ? [] : [whole])])] }
}

type Named = {
  familyName: string
  givenName: string
  address: { street: string; municipality: string } | null
  otherAddresses: readonly { street: string; municipality: string }[]
}

/** Every word by which a person is found, as the CRM's `citizen_words`: a name with an apostrophe also in one word, as many type it. */
export const citizenWords = ({ familyName, givenName, address, otherAddresses }: Named): string =>
  searchKey(
    [
      ...[familyName, givenName, `${familyName} ${givenName}`.replaceAll(/['’‘ʼ]/g, '')],
      ...[...(address ? [address] : []), ...otherAddresses].flatMap(({ street, municipality }) => [
        street,
        municipality,
      ]),
    ].join(' '),
  )
