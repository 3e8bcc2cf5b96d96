import { expect, test } from 'vitest'
import { parseTime } from './typed.ts'

test('a time of day is read as people type it', () => {
  expect(['9', '9:30', '09.30', ' 9h30 ', '0930', '23:59'].map(parseTime)).toEqual([
    ...['09:00', '09:30', '09:30', '09:30', '09:30', '23:59'],
  ])
})

test('what is no time of day is none', () => {
  for (const text of ['', '24', '9:60', '9:3', 'alle 9', '12345']) expect(parseTime(text)).toBeNull()
})
