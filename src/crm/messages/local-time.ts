import { Temporal } from 'temporal-polyfill'
import type { Settings } from './templates.ts'

const minuteOf = (time: string): number => {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

/** The first moment from `at` on that lies outside the quiet hours of the zone. */
export function afterQuiet(at: Date, zone: string, quiet: Settings['quiet']): Date {
  const [from, to] = [minuteOf(quiet.from), minuteOf(quiet.to)]
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
  const minute = local.hour * 60 + local.minute
  const overMidnight = from > to
  const isQuiet = overMidnight ? minute >= from || minute < to : minute >= from && minute < to
  if (!isQuiet) return at
  const day = overMidnight && minute >= from ? local.toPlainDate().add({ days: 1 }) : local.toPlainDate()
  return atLocal(day, quiet.to, zone)
}

const atLocal = (day: Temporal.PlainDate, time: string, zone: string): Date =>
  new Date(
    day.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds,
  )

export type PlannedReminder = { reminder: number; dueAt: Date }

/** The reminders of an appointment that are still ahead, none of them shortly before it or at night. */
export function remindersFor(
  startsAt: string,
  zone: string,
  settings: Pick<Settings, 'reminders' | 'leastMinutesBefore' | 'quiet'>,
  now: Date,
): PlannedReminder[] {
  const start = Temporal.Instant.from(startsAt)
  const latest = start.epochMilliseconds - settings.leastMinutesBefore * 60_000
  const day = start.toZonedDateTimeISO(zone).toPlainDate()
  return settings.reminders
    .map(({ daysBefore, at }, reminder) => ({
      reminder,
      dueAt: afterQuiet(atLocal(day.subtract({ days: daysBefore }), at, zone), zone, settings.quiet),
    }))
    .filter(({ dueAt }) => dueAt.getTime() > now.getTime() && dueAt.getTime() <= latest)
}
