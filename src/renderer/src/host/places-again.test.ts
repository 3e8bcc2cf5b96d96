import { describe, expect, it } from 'vitest'
import { emptyDraft } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { ErrorCode, FaultData } from '#contract/errors.ts'
import { type PlaceRequest, placesAgain, takeUp } from './places-again.ts'

const place = {
  ...{ slotId: 'slot', slotIds: ['slot'], officeId: 'via-larga-12' },
  ...{ startsAt: '2026-12-04T09:00:00.000Z', endsAt: '2026-12-04T09:20:00.000Z' },
}
const book: Extract<PlaceRequest, { name: 'appointment.book' }> = {
  name: 'appointment.book',
  args: {
    ...{ ...place, id: 'wish', serviceIds: ['identity-card'], citizenId: 'ada', contactId: 'call' },
    ...{ recoveryOf: null, holdId: null, leaseId: null, channel: 'phone', notify: ['sms'] },
    checked: { reason: 'renewal', expiry: '2027-03-04' },
  },
}
const move: PlaceRequest = {
  name: 'appointment.reschedule',
  args: { ...place, appointmentId: 'visit', holdId: null, notify: ['email'] },
}
const stands: Appointment = {
  ...{ ...place, id: 'visit', version: 3, code: 'K7-4MQ', officeId: 'via-padova-118', counter: 1 },
  ...{ serviceIds: ['identity-card'], citizenId: 'ada', contactId: null, state: 'confirmed' },
  ...{ sequence: 0, confirmBy: null, reason: null, recoveryOf: null },
}
const fault = (code: ErrorCode): FaultData => ({ kind: 'conflict', code, params: {} })

describe('a visit whose place was refused', () => {
  it('is the same at another place: nothing that was chosen or asked of the document is empty', () => {
    const { serviceIds, officeId, notify } = book.args
    expect(placesAgain(book, fault('slot-taken'), null)).toEqual({
      citizenId: 'ada',
      booking: {
        ...{ serviceIds, recoveryOf: null, officeId, notify },
        ...{ expiry: '4/3/2027', reason: 'renewal' },
      },
    })
    const stolen: PlaceRequest = {
      ...book,
      args: { ...book.args, checked: { reason: 'theft', expiry: null } },
    }
    expect(placesAgain(stolen, fault('slot-gone'), null)?.booking).toMatchObject({
      ...{ expiry: '', reason: 'theft' },
    })
    expect(placesAgain(book, fault('citizen-gone'), null)).toBeNull()
  })

  it('is the one that stands, to be moved, unless its time is past', () => {
    expect(placesAgain(move, fault('slot-taken'), stands)).toEqual({
      citizenId: 'ada',
      booking: {
        ...{ serviceIds: ['identity-card'], recoveryOf: null, moves: 'visit' },
        ...{ officeId: 'via-larga-12', notify: ['email'] },
      },
    })
    expect(placesAgain(move, fault('appointment-begun'), stands)?.booking.moves).toBeNull()
    expect(placesAgain(move, fault('slot-taken'), { ...stands, state: 'no-show' })).toBeNull()
    expect(placesAgain(move, fault('slot-taken'), null)).toBeNull()
  })
})

describe('taken up again', () => {
  const booking = { serviceIds: ['identity-card'], moves: 'visit' }
  const bruno = {
    ...{
      ...emptyDraft,
      citizenId: 'bruno',
      identification: 'birth-date' as const,
      choice: 'person' as const,
    },
    booking: { ...emptyDraft.booking, serviceIds: ['residence'], expiry: '1/1/2027' },
  }

  it('it is whose it was, and the sheet is for it', () => {
    expect(takeUp({ citizenId: 'ada', booking })(bruno)).toEqual({
      ...{ ...bruno, citizenId: 'ada', identification: 'none' },
      booking: { ...emptyDraft.booking, ...booking },
    })
  })

  it.each([null, 'bruno'])('for %s nobody is known any less', (citizenId) => {
    expect(takeUp({ citizenId, booking })(bruno)).toEqual({
      ...{ ...bruno, booking: { ...emptyDraft.booking, ...booking } },
    })
  })
})
