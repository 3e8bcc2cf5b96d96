import parsePhoneNumber from 'libphonenumber-js/max'
import { z } from 'zod'

/** ITU-T E.164 with its plus sign. */
export const E164 = z.string().regex(/^\+[1-9]\d{3,14}$/)
export type E164 = z.infer<typeof E164>

/** Italy's mobile range; of other countries' numbers it says nothing. */
export const isItalianMobile = (number: string): boolean => number.startsWith('+393')

/** Emergency and public-utility numbers: they can be dialled, identify nobody, and libphonenumber calls them invalid. */
const shortNumbers = new Set([
  '112',
  '113',
  '114',
  '115',
  '116117',
  '117',
  '118',
  '1500',
  '1522',
  '1530',
  '1533',
])
export const isShortNumber = (text: string): boolean => shortNumbers.has(text.replace(/\D/g, ''))

/** Help that must be reachable whatever the desk is busy with: the single number of the European Union and those it stands beside in Italy. */
const emergencyNumbers = new Set(['112', '113', '114', '115', '118', '1530'])
export const isEmergencyNumber = (text: string): boolean =>
  emergencyNumbers.has(text.replace(/[/.\-()\s]/g, ''))

/** What SIP stacks put in From when the caller withholds the number (RFC 3323, 3325). */
const withheldUsers = new Set(['anonymous', 'unavailable', 'restricted', 'withheld', 'unknown', ''])
export const isWithheld = (user: string): boolean => withheldUsers.has(user.trim().toLowerCase())

/** Needs no look into the plans of the world: Italy's numbers have no prefix to be taken away, and these lengths (`phone-number.test.ts`). */
const italianE164 = /^\+39\d{6,12}$/

/** More numbers than the story of a caller has, and no directory. */
const mostRemembered = 64

/** The library takes some tenths of a millisecond for a number, which stands in every line of a story that is shown while it rings. */
function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, { value: T }>()
  return (text) => {
    const before = known.get(text)
    if (before) return before.value
    const value = read(text)
    const [oldest] = known.size < mostRemembered ? [] : known.keys()
    if (oldest !== undefined) known.delete(oldest)
    known.set(text, { value })
    return value
  }
}

/**
 * A number as people type or exchanges send it ("02 5551/0143", "0039 347…", "347 123 4567") as E.164,
 * or null when it cannot be a subscriber's number. Italian when no country is given; the leading 0 of Italian numbers stays.
 */
export function toE164(text: string): E164 | null {
  const typed = text.replace(/[/.\-\u2010-\u2015\u2212()\s]/g, '').replace(/^00/, '+')
  if (typed === '' || isShortNumber(typed)) return null
  if (italianE164.test(typed)) return typed
  const number = parsePhoneNumber(typed, 'IT')
  return number?.isPossible() ? number.number : null
}

/** For reading: national writing for Italian numbers, international otherwise; the text itself when it is no number. */
export const formatNumber = remembering((number): string => {
  const parsed = parsePhoneNumber(number, 'IT')
  if (!parsed) return number
  return parsed.country === 'IT' ? parsed.formatNational() : parsed.formatInternational()
})

/** "347 ▪▪▪ 2210": for a record whose caller is not identified yet. */
export function maskNumber(number: string): string {
  const digits = formatNumber(number).replaceAll(/[\s]/g, '')
  return digits.length < 7 ? '▪▪▪' : `${digits.slice(0, 3)} ▪▪▪ ${digits.slice(-4)}`
}
