import { expect, test } from 'vitest'
import { changed, emptyClosing, emptyRecovery, recoveryOf, timeOf, wholeDays } from './closing.ts'

const draft = { ...emptyClosing('id', 'larga'), from: '2/12/2026' }

test('one day is closed whole when no second one is typed, several when there is', () => {
  expect(timeOf(draft)).toEqual({ from: '2026-12-02', to: '2026-12-02', fromTime: null, toTime: null })
  expect(timeOf({ ...draft, to: '4.12.2026' })).toMatchObject({ to: '2026-12-04' })
  expect(timeOf({ ...draft, span: 'times', fromTime: '9', toTime: '13.30' })).toEqual({
    ...{ from: '2026-12-02', to: '2026-12-02', fromTime: '09:00', toTime: '13:30' },
  })
})

test('a time that is missing, is none or ends before it begins is no time', () => {
  for (const wrong of [
    { from: '' },
    { from: '31/11/2026' },
    { to: '1/12/2026' },
    { to: 'domani' },
    { span: 'times' as const, fromTime: '9', toTime: '' },
    { span: 'times' as const, fromTime: '13', toTime: '9' },
  ])
    expect(timeOf({ ...draft, ...wrong })).toBeNull()
})

test('a recovery is read when all of it is there', () => {
  const typed = { from: '14/12/2026', days: '5', fromTime: '16', toTime: '18:00', counters: '2' }
  expect(recoveryOf({ ...typed, keptThrough: '12/12/2026' })).toEqual({
    ...{ from: '2026-12-14', days: 5, fromTime: '16:00', toTime: '18:00', counters: 2 },
    keptThrough: '2026-12-12',
  })
  expect(recoveryOf(emptyRecovery)).toBeNull()
  expect(recoveryOf({ ...typed, keptThrough: '12/12/2026', days: '0' })).toBeNull()
  expect(recoveryOf({ ...typed, keptThrough: '12/12/2026', toTime: '15' })).toBeNull()
})

test('whole days are those of the office’s own clock', () => {
  const days = { from: '2026-12-01T23:00:00Z', to: '2026-12-03T23:00:00Z' }
  expect(wholeDays(days, 'Europe/Rome')).toEqual({ from: '2026-12-02', to: '2026-12-03' })
  expect(wholeDays(days, 'Atlantic/Azores')).toBeNull()
})

test('a closure that was refused and is changed is another one; one of which no answer came stays the same', () => {
  const change = { bookings: 'keep' } as const
  const refused = { kind: 'invalid', code: 'input-invalid', params: { field: 'id' } } as const
  expect(changed(change, refused)).toEqual({ ...change, id: expect.not.stringMatching(`^${draft.id}$`) })
  expect(changed(change, { kind: 'unavailable', code: 'crm-away', params: {} })).toEqual(change)
  expect(changed(change, null)).toEqual(change)
})
