import { expect, test } from 'vitest'
import { Citizen } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import { changeOf, editedOf } from './edited.ts'

const today = '2026-03-02'
const citizen = Citizen.parse({
  ...{ id: newId(), version: 3, givenName: 'Teresa', familyName: 'Colombo', birthDate: '1955-03-02' },
  fiscalCode: 'AAAAAAAAAAAAAAAA', // as the registry sent it: no check accepts it
  ...{ language: 'it', otherLanguages: ['fr'], email: 'teresa@example.it', address: null },
  phones: [{ number: '+390255510143', kind: 'landline' }],
  needsDuplicateCheck: false,
})

test('a form that nobody touched changes nothing, though its fiscal code is wrong', () => {
  expect(changeOf(editedOf(citizen), today)).toEqual({ ok: true, change: {}, seen: {} })
})

test('only what was changed is sent, with what it was; the first of several is what is used', () => {
  const edited = {
    ...editedOf(citizen),
    emails: ['nuova@example.it', 'teresa@example.it', ' '],
    phones: [...editedOf(citizen).phones, { number: '347 555 0101', kind: 'mobile' as const }],
    addresses: [{ street: 'via Larga 12 ', municipality: 'Milano', municipio: '1' }],
  }
  expect(changeOf(edited, today)).toEqual({
    ok: true,
    change: {
      email: 'nuova@example.it',
      otherEmails: ['teresa@example.it'],
      phones: [...citizen.phones, { number: '+393475550101', kind: 'mobile' }],
      address: { street: 'via Larga 12', municipality: 'Milano', municipio: 1 },
    },
    seen: { email: 'teresa@example.it', otherEmails: [], phones: citizen.phones, address: null },
  })
})

test('what cannot be kept is named by its place', () => {
  const edited = {
    ...editedOf(citizen),
    givenName: ' ',
    birthDate: '31/02/1955',
    fiscalCode: 'BBBBBBBBBBBBBBBB',
    phones: [
      { number: '', kind: 'mobile' as const },
      { number: '12', kind: 'mobile' as const },
    ],
    emails: ['teresa@example.it', 'teresa'],
    addresses: [{ street: 'via Larga 12', municipality: '', municipio: 'x' }],
  }
  expect(changeOf(edited, today)).toEqual({
    ok: false,
    faults: {
      ...{ names: true, birthDate: true, fiscalCode: true },
      ...{ phones: [1], emails: [1], addresses: [0], municipi: [0] },
    },
  })
})
