import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { CityCalendar, easter, isHoliday, nationalCalendar } from './calendar.ts'

test('Easter, against the Vatican calendar', () => {
  expect([2024, 2025, 2026, 2027, 2038].map((year) => easter(year).toString())).toEqual([
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
  ])
})

test.each([
  ['2026-12-07', true],
  ['2026-10-04', true],
  ['2025-10-04', false],
  ['2026-04-06', true],
  ['2026-04-04', false],
  ['2026-11-28', false],
])('the offices are closed on %s: %s', (day, expected) => {
  expect(isHoliday(Temporal.PlainDate.from(day))).toBe(expected)
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
