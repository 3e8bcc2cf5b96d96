import { expect, it } from 'vitest'
import type { Appointment } from '#contract/domain/appointment.ts'
import { waysToTell } from './ways-to-tell.ts'

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const appointment = (citizenId: string | null): Appointment => ({
  ...{ id: id(1), version: 3, code: 'K7-4MQ', slotId: id(2), slotIds: [id(2)], counter: 1, citizenId },
  ...{ serviceIds: ['identity-card'], officeId: 'via-larga-12', contactId: id(4) },
  ...{ startsAt: '2026-12-02T09:00:00.000Z', endsAt: '2026-12-02T09:20:00.000Z' },
  ...{ state: 'confirmed', sequence: 0, confirmBy: null, reason: null, recoveryOf: null },
})
const ada = { phones: [], email: 'ada@example.org' }
const booking = {
  ...{ citizen: null, isNobodys: true, number: '+393331234567', moves: null, made: [], theirs: undefined },
}
const known = { ...booking, citizen: ada, isNobodys: false, theirs: [] }

it('tells of what is booked whom it is for', () => {
  expect(waysToTell(booking)).toEqual(['sms', 'whatsapp'])
  expect(waysToTell(known)).toEqual(['email'])
  expect(waysToTell({ ...known, citizen: null })).toEqual([])
})

it('tells who calls that the appointment moves which this contact has made for nobody', () => {
  const moving = { moves: id(1), made: [appointment(null)] }
  expect(waysToTell({ ...booking, ...moving })).toEqual(['sms', 'whatsapp'])
  expect(waysToTell({ ...known, ...moving })).toEqual(['sms', 'whatsapp'])
})

it('knows no way to whom another contact made it for, if nobody', () => {
  expect(waysToTell({ ...booking, moves: id(1) })).toEqual([])
  expect(waysToTell({ ...known, moves: id(1) })).toEqual([])
})

it('tells a person that theirs moves', () => {
  expect(waysToTell({ ...known, moves: id(1), theirs: [appointment(id(9))] })).toEqual(['email'])
  expect(waysToTell({ ...known, moves: id(1), made: [appointment(id(9))] })).toEqual(['email'])
  expect(waysToTell({ ...known, moves: id(1), theirs: undefined })).toEqual(['email'])
})
