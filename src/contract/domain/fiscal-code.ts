import { z } from 'zod'

/** DM 23 December 1976, table of the odd places, for 0–9 and A–Z alike. */
const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
]

/** The sixteenth sign, from the fifteen before it. */
export function checkSign(body: string): string {
  let sum = 0
  for (const [i, sign] of [...body].entries()) {
    const value = /\d/.test(sign) ? Number(sign) : sign.charCodeAt(0) - 65
    sum += i % 2 === 0 ? (oddValues[value] ?? 0) : value
  }
  return String.fromCharCode(65 + (sum % 26))
}

/** What stands for 0 to 9 where two persons would have the same code (omocodia). */
const omocodic = 'LMNPQRSTUV'
const digit = `[\\d${omocodic}]`
const shape = new RegExp(`^[A-Z]{6}${digit}{2}[ABCDEHLMPRST]${digit}{2}[A-Z]${digit}{3}[A-Z]$`)
const digitPlaces = [6, 7, 9, 10, 12, 13, 14]

/** As it is kept: capitals, without the spaces in which people read it out. */
const writtenFiscalCode = (text: string): string => text.replaceAll(/\s/g, '').toUpperCase()

/** With the digits that letters stand for; the check sign is that of the code as it was given out. */
const digitsOf = (code: string): string =>
  [...code]
    .map((sign, i) => (digitPlaces.includes(i) && omocodic.includes(sign) ? omocodic.indexOf(sign) : sign))
    .join('')

/** Right in form, in its day of birth and in its check sign, also where letters stand for digits. */
export function isFiscalCode(code: string): boolean {
  if (!shape.test(code) || checkSign(code.slice(0, 15)) !== code[15]) return false
  const day = Number(digitsOf(code).slice(9, 11))
  return (day >= 1 && day <= 31) || (day >= 41 && day <= 71)
}

/** Given out by the revenue agency to one person: sixteen signs, the last of which checks the others. */
export const FiscalCode = z.string().max(24).overwrite(writtenFiscalCode).refine(isFiscalCode)
