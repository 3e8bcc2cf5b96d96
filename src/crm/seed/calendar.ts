import { Temporal } from 'temporal-polyfill'
import { type CityCalendar, isOfficeHoliday } from '#contract/domain/calendar.ts'
import { cityZone } from '#contract/domain/ids.ts'

export type CityDay = {
  /** ISO date. */
  date: string
  /** Days from today: negative in the past. */
  offset: number
  /** Epoch of 0:00 by a clock that is not turned that day: minutes of the working day may be added to it. */
  startsAt: number
}

/** The days round `now` on which the city's contact center answers (Monday to Saturday) or its offices open (to Friday). */
export function cityDays(
  calendar: CityCalendar,
  now: Date,
  { from, to, lastDayOfWeek }: { from: number; to: number; lastDayOfWeek: 5 | 6 },
): CityDay[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(cityZone)
    .toPlainDate()
  const days: CityDay[] = []
  for (let offset = from; offset <= to; offset++) {
    const date = today.add({ days: offset })
    if (date.dayOfWeek <= lastDayOfWeek && !isOfficeHoliday(calendar, date)) days.push(cityDay(date, offset))
  }
  return days
}

/** Clocks are turned at night: noon gives the day's offset. */
function cityDay(date: Temporal.PlainDate, offset: number): CityDay {
  const noon = date.toZonedDateTime({ timeZone: cityZone, plainTime: '12:00' }).epochMilliseconds
  return { date: date.toString(), offset, startsAt: noon - 12 * 3_600_000 }
}

export const minutes = (count: number): number => count * 60_000

/** Minutes since midnight of `8:30`. */
export function timeOfDay(text: string): number {
  const [hours, mins] = text.split(':').map(Number)
  return (hours ?? 0) * 60 + (mins ?? 0)
}

export const instant = (epochMs: number): string => new Date(epochMs).toISOString()
