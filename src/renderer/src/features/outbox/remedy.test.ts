import { describe, expect, test } from 'vitest'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { remedyOf, reopened, typedText } from './remedy.ts'

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

const ticket: CommandRequest = {
  name: 'ticket.open',
  args: {
    id: id(1),
    kind: 'report',
    topicId: 'road-damage',
    text: 'Buca in via Padova',
    receivedAt: '2026-11-24T10:00:00.000Z',
    citizenId: null,
    contactId: null,
  },
}
const close: Extract<CommandRequest, { name: 'contact.close' }> = {
  name: 'contact.close',
  args: {
    contactId: id(2),
    endedAt: '2026-11-24T10:00:00.000Z',
    topicId: null,
    outcome: 'resolved',
    citizenId: null,
    identification: 'none',
    triedBefore: [],
    triedDetail: '',
    onBehalfOf: null,
    lineScore: null,
    note: ' \n',
  },
}
const booking: Extract<CommandRequest, { name: 'appointment.book' }> = {
  name: 'appointment.book',
  args: {
    id: id(3),
    slotId: id(4),
    slotIds: [id(4)],
    serviceIds: ['identity-card'],
    endsAt: '2026-12-02T09:30:00.000Z',
    recoveryOf: null,
    holdId: null,
    leaseId: null,
    channel: 'phone',
    notify: [],
    officeId: 'via-larga-12',
    startsAt: '2026-12-02T09:00:00.000Z',
    citizenId: null,
    contactId: id(2),
  },
}

describe('what the CRM did not take', () => {
  test('keeps the words of a request and of a note', () => {
    expect(typedText(ticket)).toBe('Buca in via Padova')
    expect(typedText(close)).toBeNull()
    const on = { id: id(5), ticketId: id(1), reason: 'Serve un sopralluogo.' }
    const extend: CommandRequest = { name: 'ticket.extend', args: { ...on, days: 30, from: '2026-12-02' } }
    expect(typedText(extend)).toBe('Serve un sopralluogo.')
    expect(remedyOf(extend, null, false, false)).toBe('ticketAct')
  })

  test('goes back into the draft above what is being typed there', () => {
    const refused = { kind: 'report', topicId: 'road-damage', text: 'Buca' } as const
    const empty = { kind: null, topicId: null, text: '' }
    expect(reopened(empty, refused)).toEqual(refused)
    const both = reopened({ ...empty, text: 'Anche un lampione' }, refused)
    expect(both.text).toBe('Buca\n\nAnche un lampione')
    expect(reopened(both, refused)).toEqual(both)
  })

  test('says what to do by where the conversation stands', () => {
    expect(remedyOf(booking, null, true, true)).toBe('bookOnLine')
    expect(remedyOf(booking, null, true, false)).toBe('bookOpen')
    expect(remedyOf(booking, null, false, false)).toBe('bookClosed')
    expect(remedyOf(booking, 'service-booked', false, false)).toBe('twiceClosed')
    expect(remedyOf(ticket, null, false, false)).toBe('ticketClosed')
    const { slotId, slotIds, officeId, startsAt, endsAt, notify } = booking.args
    const move: CommandRequest = {
      name: 'appointment.reschedule',
      args: { appointmentId: id(3), slotId, slotIds, officeId, startsAt, endsAt, notify, holdId: null },
    }
    expect(remedyOf(move, null, true, true)).toBe('moveOpen')
    expect(remedyOf(move, null, false, false)).toBe('moveClosed')
    expect(remedyOf(move, 'appointment-changed', true, true)).toBe('changedOpen')
    const cancel: CommandRequest = {
      name: 'appointment.cancel',
      args: { appointmentId: id(3), by: 'citizen', reason: null, notify },
    }
    expect(remedyOf(cancel, 'appointment-changed', false, false)).toBe('changedClosed')
    const confirm: CommandRequest = { name: 'appointment.confirm', args: { appointmentId: id(3) } }
    expect(remedyOf(confirm, null, true, true)).toBe('confirmOpen')
    expect(remedyOf(confirm, null, false, false)).toBe('confirmClosed')
    expect(remedyOf(close, null, false, false)).toBe('closing')
    const noted = { ...close, args: { ...close.args, note: 'Richiamare domani' } }
    expect(remedyOf(noted, null, false, false)).toBe('note')
  })
})
