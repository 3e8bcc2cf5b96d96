import { expect, it } from 'vitest'
import { FiscalCode, isFiscalCode } from './fiscal-code.ts'

it.each([
  ['RSSMRA85T10A562S', true],
  ['MRTMTT91D08F205J', true],
  // Omocodia: from the right, letters for digits, each with a check sign of its own.
  ['MRTMTT91D08F20RE', true],
  ['MRTMTTVMDLUFNLRM', true],
  ['MRTMTTVMDLUFNLRJ', false],
  ['RSSMRA85T10A562T', false],
  ['RSSMRA85T10A562', false],
  ['RSSMRA85F10A562S', false],
  ['RSS1RA85T10A562S', false],
] as const)('%s: %s', (code, right) => {
  expect(isFiscalCode(code)).toBe(right)
})

const signs = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

it('knows days of birth: 1 to 31, and 41 to 71 of women', () => {
  for (const day of ['00', '32', '40', '72', '99']) {
    const codes = signs.map((sign) => `RSSMRA85T${day}A562${sign}`)
    expect(codes.filter(isFiscalCode)).toEqual([])
  }
  for (const day of ['01', '31', '41', '71'])
    expect(signs.filter((sign) => isFiscalCode(`RSSMRA85T${day}A562${sign}`))).toHaveLength(1)
})

it('is read as people write it', () => {
  expect(FiscalCode.parse('rss mra 85t10 a562s')).toBe('RSSMRA85T10A562S')
  expect(FiscalCode.safeParse('RSSMRA85T10A562T').success).toBe(false)
})
