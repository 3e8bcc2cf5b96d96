import { expect, it } from 'vitest'
import { comparedOf, likelyFrom, likeness } from './likeness.ts'

const person = (familyName: string, givenName: string, birthDate?: string, more: object = {}) => ({
  ...comparedOf({ familyName, givenName, birthDate, number: '347 1234567' }),
  ...{ address: { street: 'Via Padova 10', municipality: 'Milano', municipio: 2 }, ...more },
})
const elsewhere = { phones: [], address: null }

it.each([
  ['the same twice', person('Rossi', 'Mario', '1960-04-12'), person('ROSSI', 'Mário', '1960-04-12'), true],
  [
    'names the other way round',
    person('Rossi', 'Mario', '1960-04-12', elsewhere),
    person('Mario', 'Rossi', '1960-04-12', elsewhere),
    true,
  ],
  [
    'a letter too many, born that day, same number',
    person('Rosssi', 'Mario', '1960-04-12'),
    person('Rossi', 'Mario', '1960-04-12'),
    true,
  ],
  [
    'a second name left out',
    person('Villa', 'Anna Maria', '1960-04-12'),
    person('Villa', 'Anna', '1960-04-12'),
    true,
  ],
  [
    'day and month changed places',
    person('Rossi', 'Mario', '1960-04-12'),
    person('Rossi', 'Mario', '1960-12-04'),
    true,
  ],
  [
    'same name and number, no day yet',
    person('Rossi', 'Mario'),
    person('Rossi', 'Mario', '1960-04-12'),
    true,
  ],
  [
    'same code, married name',
    person('Rossi', 'Ada', '1960-04-12', { fiscalCode: 'X' }),
    person('Bianchi', 'Ada', '1960-04-12', { fiscalCode: 'X' }),
    true,
  ],
  [
    'same code, married name, no day yet',
    person('Rossi', 'Ada', undefined, { ...elsewhere, fiscalCode: 'X' }),
    person('Bianchi', 'Ada', '1960-04-12', { ...elsewhere, fiscalCode: 'X' }),
    true,
  ],
  [
    "the wife's code entered with the husband",
    person('Rossi', 'Mario', '1960-04-12', { ...elsewhere, fiscalCode: 'X' }),
    person('Bianchi', 'Ada', '1962-01-30', { ...elsewhere, fiscalCode: 'X' }),
    true,
  ],
  [
    'a common name and nothing else',
    person('Rossi', 'Mario', undefined, elsewhere),
    person('Rossi', 'Mario', '1960-04-12', elsewhere),
    false,
  ],
  ['husband and wife', person('Rossi', 'Mario', '1960-04-12'), person('Bianchi', 'Ada', '1962-01-30'), false],
  ['twins', person('Rossi', 'Luca', '2012-04-12'), person('Rossi', 'Anna', '2012-04-12'), false],
  [
    'father and son of one name',
    person('Rossi', 'Mario', '1960-04-12'),
    person('Rossi', 'Mario', '1991-07-25'),
    false,
  ],
  [
    'two of one name and day with codes that omocodia tells apart',
    person('Rossi', 'Mario', '1960-04-12', { ...elsewhere, fiscalCode: 'X' }),
    person('Rossi', 'Mario', '1960-04-12', { ...elsewhere, fiscalCode: 'Y' }),
    false,
  ],
  ['nobody yet', person('', ''), person('Rossi', 'Mario', '1960-04-12'), false],
] as const)('%s', (_, a, b, likely) => {
  const { score } = likeness(a, b)
  expect([score, score >= likelyFrom]).toEqual([expect.any(Number), likely])
  expect(likeness(b, a)).toEqual(likeness(a, b))
})
