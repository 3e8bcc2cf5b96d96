import { expect, test } from 'vitest'
import { documentReasons, eligibleFrom, mayBook } from './eligibility.ts'

const card = { kind: 'before-expiry', days: 180 } as const

test.each([
  ['2027-05-24', '2026-11-25'],
  // Over a leap day.
  ['2028-03-01', '2027-09-03'],
  ['2027-06-30', '2027-01-01'],
])('a card that expires on %s may be renewed from %s', (expiry, from) => {
  expect(eligibleFrom(card, expiry)).toBe(from)
})

test('a renewal is booked on the first day and not the day before', () => {
  expect(mayBook(card, { reason: 'renewal', expiry: '2027-05-24' }, '2026-11-24')).toBe(false)
  expect(mayBook(card, { reason: 'renewal', expiry: '2027-05-24' }, '2026-11-25')).toBe(true)
  expect(mayBook(card, { reason: 'renewal', expiry: '2020-01-31' }, '2026-11-25')).toBe(true)
})

test('first issue, theft, loss and damage wait for nothing', () => {
  for (const reason of documentReasons) {
    expect(mayBook(card, { reason, expiry: '2036-01-01' }, '2026-11-25')).toBe(reason !== 'renewal')
  }
})

test('without a rule or an expiry there is no day to wait for', () => {
  expect(eligibleFrom({ kind: 'none' }, '2036-01-01')).toBeNull()
  expect(eligibleFrom(card, null)).toBeNull()
  expect(mayBook({ kind: 'none' }, { reason: 'renewal', expiry: '2036-01-01' }, '2026-11-25')).toBe(true)
})
