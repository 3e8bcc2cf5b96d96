import { describe, expect, it } from 'vitest'
import { fiscalCode } from './fiscal-code.ts'

describe('fiscal codes', () => {
  it.each([
    ['Rossi', 'Mario', '1972-07-09', 'male', 'F205', 'RSSMRA72L09F205V'],
    ['Fo', 'Maria', '1980-01-01', 'female', 'H501', 'FOXMRA80A41H501'],
    ['D’Angelò', 'Gianfranco', '1955-12-31', 'male', 'F839', 'DNGGFR55T31F839'],
    ['Di Stefano', 'Ada', '2001-03-05', 'female', 'Z129', 'DSTDAA01C45Z129'],
    ['Hu', 'Li', '1990-02-28', 'female', 'Z210', 'HUXLIX90B68Z210'],
  ] as const)('%s %s, born %s', (familyName, givenName, birthDate, gender, birthplace, expected) => {
    const code = fiscalCode({ familyName, givenName, birthDate, gender, birthplace })
    expect(code).toHaveLength(16)
    expect(code.startsWith(expected)).toBe(true)
  })
})
