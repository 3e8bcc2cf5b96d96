import { parseDay } from '../../ui/typed.ts'

/** A date of birth ("02.03.55" is too short to be sure); null too when it lies in the future or more than 130 years back. */
export function parseBirthDate(text: string, today: string): string | null {
  const day = parseDay(text)
  return day !== null && day <= today && Number(today.slice(0, 4)) - Number(day.slice(0, 4)) <= 130
    ? day
    : null
}

/** The last day of something that counts today. */
export function parseUntil(text: string, today: string): string | null {
  const day = parseDay(text)
  return day !== null && day >= today ? day : null
}
