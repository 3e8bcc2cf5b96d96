import { expect, test } from 'vitest'
import { smsLength, toGsm } from './sms-length.ts'

test.each([
  ['a'.repeat(160), 'gsm-7', 160, 1],
  ['a'.repeat(161), 'gsm-7', 161, 2],
  ['a'.repeat(306), 'gsm-7', 306, 2],
  ['a'.repeat(307), 'gsm-7', 307, 3],
  ['€'.repeat(80), 'gsm-7', 160, 1],
  // Of two septets, one may not end a part: 152 + € begins the second.
  [`${'a'.repeat(152)}€${'a'.repeat(151)}`, 'gsm-7', 305, 2],
  [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm-7', 306, 3],
  ['àèéìòù', 'gsm-7', 6, 1],
  ['’'.repeat(70), 'ucs-2', 70, 1],
  ['’'.repeat(71), 'ucs-2', 71, 2],
  ['😀'.repeat(36), 'ucs-2', 72, 2],
] as const)('%# is counted as networks count', (text, encoding, units, parts) => {
  expect(smsLength(text)).toEqual({ encoding, units, parts })
})

test('typographic signs and accents outside the alphabet give way to near ones; others stay', () => {
  expect(toGsm('Carta d’identità – «sì», È PIÙ…')).toBe('Carta d\'identità - "sì", E PIU...')
  expect(toGsm('Šćepan')).toBe('Scepan')
  expect(toGsm('你好')).toBe('你好')
})
