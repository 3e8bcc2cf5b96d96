import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { patron } from '../../../tests/support/patron.ts'
import { CityCalendar, easter, isOfficeHoliday, nationalCalendar } from './calendar.ts'

test('Easter, against the Vatican calendar', () => {
  expect([2024, 2025, 2026, 2027, 2038].map((year) => easter(year).toString())).toEqual([
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
  ])
})

const city = { ...nationalCalendar, holidays: [...nationalCalendar.holidays, patron] }

test.each([
  ['2026-12-07', true],
  ['2026-10-04', true],
  ['2025-10-04', false],
  ['2026-04-06', true],
  ['2026-04-04', false],
  ['2026-11-28', false],
])('the offices are closed on %s: %s', (day, expected) => {
  expect(isOfficeHoliday(city, Temporal.PlainDate.from(day))).toBe(expected)
})

test('a holiday of the calendar may leave the offices open', () => {
  const open = { ...nationalCalendar, holidays: [{ ...patron, closesOffices: false }] }
  expect(isOfficeHoliday(open, Temporal.PlainDate.from('2026-12-07'))).toBe(false)
  // A calendar of before the switch closes them.
  const { closesOffices: _, ...before } = patron
  const read = CityCalendar.parse({ restDays: [7], holidays: [before] })
  expect(isOfficeHoliday(read, Temporal.PlainDate.from('2026-12-07'))).toBe(true)
})

test.each([
  ['a day that is in no year', { on: { date: '02-30' } }],
  ['an end before its beginning', { validFrom: '2027-01-01', validTo: '2026-01-01' }],
  ['a name that is taken', { id: 'christmas' }],
])('a calendar with %s is refused', (_what, over) => {
  const [first, ...others] = nationalCalendar.holidays
  expect(CityCalendar.safeParse(nationalCalendar).success).toBe(true)
  expect(
    CityCalendar.safeParse({ ...nationalCalendar, holidays: [...others, { ...first, ...over }] }).success,
  ).toBe(false)
})
