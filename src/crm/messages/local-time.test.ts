import { expect, test } from 'vitest'
import { afterQuiet, remindersFor } from './local-time.ts'

const rome = 'Europe/Rome'
const quiet = { from: '21:00', to: '08:00' }
const settings = {
  reminders: [
    { daysBefore: 2, at: '10:00' },
    { daysBefore: 1, at: '10:00' },
  ],
  leastMinutesBefore: 120,
  quiet,
}

test.each([
  ['at noon', '2027-03-10T11:00:00Z', '2027-03-10T11:00:00.000Z'],
  ['at 20:59', '2027-03-10T19:59:00Z', '2027-03-10T19:59:00.000Z'],
  ['at 21:00', '2027-03-10T20:00:00Z', '2027-03-11T07:00:00.000Z'],
  ['before dawn', '2027-03-10T02:00:00Z', '2027-03-10T07:00:00.000Z'],
  ['at 8:00', '2027-03-10T07:00:00Z', '2027-03-10T07:00:00.000Z'],
  ['in the night in which the clocks go forward', '2027-03-27T22:00:00Z', '2027-03-28T06:00:00.000Z'],
  ['in the night in which they go back', '2027-10-30T21:00:00Z', '2027-10-31T07:00:00.000Z'],
])('a message due %s leaves outside the quiet hours', (_, at, leaves) => {
  expect(afterQuiet(new Date(at), rome, quiet).toISOString()).toBe(leaves)
})

test('quiet hours within a day, and none at all', () => {
  const siesta = { from: '13:00', to: '15:00' }
  expect(afterQuiet(new Date('2027-03-10T12:30:00Z'), rome, siesta).toISOString()).toBe(
    '2027-03-10T14:00:00.000Z',
  )
  const never = { from: '00:00', to: '00:00' }
  expect(afterQuiet(new Date('2027-03-10T02:00:00Z'), rome, never).toISOString()).toBe(
    '2027-03-10T02:00:00.000Z',
  )
})

const due = (startsAt: string, now: string) =>
  remindersFor(startsAt, rome, settings, new Date(now)).map(({ dueAt }) => dueAt.toISOString())

test('reminders come two days and a day before, at ten where the office is, also over a change of the clocks', () => {
  expect(due('2027-03-29T08:30:00Z', '2027-03-01T00:00:00Z')).toEqual([
    '2027-03-27T09:00:00.000Z',
    '2027-03-28T08:00:00.000Z',
  ])
})

test('what was due before now is not made up for, and nobody is reminded shortly before', () => {
  expect(due('2027-03-29T08:30:00Z', '2027-03-27T12:00:00Z')).toEqual(['2027-03-28T08:00:00.000Z'])
  expect(due('2027-03-29T08:30:00Z', '2027-03-29T08:00:00Z')).toEqual([])
  const sameDay = { ...settings, reminders: [{ daysBefore: 0, at: '09:00' }] }
  expect(remindersFor('2027-03-29T08:30:00Z', rome, sameDay, new Date('2027-03-01T00:00:00Z'))).toEqual([])
})
