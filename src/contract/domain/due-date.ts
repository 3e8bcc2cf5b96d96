import { Temporal } from 'temporal-polyfill'
import { cityZone } from './ids.ts'

/** Month and day: national holidays (L. 260/1949 and later; 4 October by L. 151/2025) and Milan's patron, 7 December. */
const fixedHolidays = new Set([
  '01-01',
  '01-06',
  '04-25',
  '05-01',
  '06-02',
  '08-15',
  '10-04',
  '11-01',
  '12-07',
  '12-08',
  '12-25',
  '12-26',
])

/** Easter by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8). */
export function easter(year: number): Temporal.PlainDate {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return Temporal.PlainDate.from({ year, month: Math.floor(n / 31), day: (n % 31) + 1 })
}

export const isHoliday = (day: Temporal.PlainDate): boolean => day.dayOfWeek === 7 || isPublicHoliday(day)

/** A holiday other than a mere Sunday: the city's offices are closed. */
export const isPublicHoliday = (day: Temporal.PlainDate): boolean =>
  fixedHolidays.has(day.toString().slice(5)) || day.equals(easter(day.year).add({ days: 1 }))

/**
 * The last day to answer: thirty calendar days, the day of receipt not counted (L. 241/1990 art. 2), moved to the next
 * working day when it falls on a holiday (art. 2963 of the Civil Code; Saturday is none).
 */
export function dueOn(receivedAt: string): string {
  let day = Temporal.Instant.from(receivedAt).toZonedDateTimeISO(cityZone).toPlainDate().add({ days: 30 })
  while (isHoliday(day)) day = day.add({ days: 1 })
  return day.toString()
}
