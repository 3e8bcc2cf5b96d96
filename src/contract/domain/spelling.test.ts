import { expect, test } from 'vitest'
import { spellingLanguage, spellOut, spokenCode } from './spelling.ts'

test('a code is read out with the cities in Italian and the international alphabet in all others', () => {
  expect(spokenCode('K7-4MQ', 'it')).toBe('K come Kappa, 7, 4, M come Milano, Q come Quarto')
  expect(spokenCode('k7-4mq', 'en')).toBe('K as in Kilo, 7, 4, M as in Mike, Q as in Quebec')
  expect(spokenCode('K7-4MQ', 'fr')).toBe('K comme Kilo, 7, 4, M comme Mike, Q comme Quebec')
  expect(spokenCode('K7-4MQ', spellingLanguage('uk'))).toBe(spokenCode('K7-4MQ', 'en'))
  expect(spellOut('A9', 'it')).toEqual([
    { sign: 'A', word: 'Ancona' },
    { sign: '9', word: null },
  ])
})

test.each(['it', 'en'] as const)(
  'every letter has a word of its own in %s, beginning with it',
  (language) => {
    const spelled = spellOut('ABCDEFGHIJKLMNOPQRSTUVWXYZ', language)
    expect(spelled.every(({ sign, word }) => word?.startsWith(sign))).toBe(true)
    expect(new Set(spelled.map(({ word }) => word)).size).toBe(26)
  },
)
