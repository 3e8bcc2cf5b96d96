import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { dueOn, easter, isHoliday } from './due-date.ts'

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
  ['2026-04-06', true],
  ['2026-04-04', false],
  ['2026-11-28', false],
])('%s is a holiday: %s', (day, expected) => {
  expect(isHoliday(Temporal.PlainDate.from(day))).toBe(expected)
})

test.each([
  ['an ordinary day', '2026-11-02T09:00:00Z', '2026-12-02'],
  ['a Saturday stays', '2026-10-29T09:00:00Z', '2026-11-28'],
  ['a Sunday moves to Monday', '2026-10-30T09:00:00Z', '2026-11-30'],
  ['Sunday 6, the patron 7 and 8 December move to the 9th', '2026-11-06T09:00:00Z', '2026-12-09'],
  ['the city is already in the next day', '2026-11-01T23:30:00Z', '2026-12-02'],
  ['across the change to summer time', '2027-02-27T22:30:00Z', '2027-03-30'],
])('%s', (_name, receivedAt, expected) => {
  expect(dueOn(receivedAt)).toBe(expected)
})
