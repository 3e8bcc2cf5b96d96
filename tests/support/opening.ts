import { Temporal } from 'temporal-polyfill'
import type { OpeningRule } from '#contract/domain/opening.ts'
import { smallCity } from './crm-city.ts'

/** Every day of the week, holidays too, so that a test may run on any day. */
export const everyDay = (change: Partial<OpeningRule> = {}): OpeningRule => ({
  agenda: smallCity.agenda,
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  from: '09:00',
  to: '11:00',
  stepMinutes: 15,
  counters: 2,
  validFrom: '2020-01-01',
  validTo: null,
  onHolidays: true,
  ...change,
})

/** A moment of the office's clock, some days from today. */
export const romeTime = (days: number, time: string): string =>
  Temporal.Now.plainDateISO('Europe/Rome')
    .add({ days })
    .toZonedDateTime({ timeZone: 'Europe/Rome', plainTime: time })
    .toInstant()
    .toString({ smallestUnit: 'millisecond' })

export const romeDate = (days: number): string =>
  Temporal.Now.plainDateISO('Europe/Rome').add({ days }).toString()

export const romeClock = (instant: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO('Europe/Rome').toPlainTime().toString().slice(0, 5)
