import { expect, it } from 'vitest'
import { parseBirthDate } from './birth-date.ts'

const today = '2026-11-24'

it('reads a date of birth as people write it', () => {
  for (const text of ['2/3/1955', '02.03.1955', ' 2 3 1955 ', '02031955', '1955-03-02'])
    expect(parseBirthDate(text, today)).toBe('1955-03-02')
})

it('refuses what is no date of birth', () => {
  for (const text of ['', '31/2/1980', '2/3/55', '25/11/2026', '1/1/1880', 'ieri'])
    expect(parseBirthDate(text, today)).toBeNull()
})
