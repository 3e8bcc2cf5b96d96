import { describe, expect, it } from 'vitest'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { proposalOf, toggleTried } from './proposal.ts'

const none = { topicId: null, outcome: null, triedBefore: [], triedDetail: '' }
const services = [{ id: 'identity-card', topicId: 'identity-card' }]
const appointment: Appointment = {
  id: 'a',
  version: 0,
  code: null,
  slotId: 's',
  slotIds: ['s'],
  serviceIds: ['identity-card'],
  officeId: 'via-larga-12',
  startsAt: '2026-12-02T08:30:00Z',
  endsAt: '2026-12-02T09:00:00Z',
  counter: 1,
  sequence: 0,
  confirmBy: null,
  reason: null,
  recoveryOf: null,
  citizenId: null,
  contactId: null,
  state: 'requested',
}
const ticket: Ticket = {
  id: 't',
  version: 0,
  protocol: null,
  kind: 'complaint',
  topicId: 'waste-tax',
  text: 'x',
  citizenId: null,
  contactId: null,
  status: 'new',
  receivedAt: '2026-11-24T09:00:00Z',
  dueOn: '2026-12-24',
  team: 'taxes',
  linkedContacts: [],
  clock: { suspensions: [], extensions: [], steps: [] },
  ...{ rerouted: 0, reopened: 0, assigneeId: null, assigneeName: null },
  ...{ answeredAt: null, closedFor: null, reference: null },
  ...{ metAt: null, unsent: false },
}

describe('proposalOf', () => {
  it('proposes from what was made, the appointment first', () => {
    expect(proposalOf(none, { tickets: [ticket], appointments: [appointment] }, services)).toEqual({
      topicId: 'identity-card',
      from: 'booking',
      outcome: 'appointment',
    })
    expect(proposalOf(none, { tickets: [ticket], appointments: [] }, services)).toEqual({
      topicId: 'waste-tax',
      from: 'ticket',
      outcome: 'request',
    })
  })

  it('does not propose a cancelled appointment, nor anything after nothing', () => {
    const cancelled = { ...appointment, state: 'cancelled-by-citizen' as const }
    expect(proposalOf(none, { tickets: [], appointments: [cancelled] }, services).outcome).toBeNull()
    expect(proposalOf(none, null, services)).toEqual({ topicId: null, from: 'none', outcome: null })
  })

  it('leaves the operator’s choice', () => {
    const chosen = { topicId: 'fines', outcome: 'callback' as const, triedBefore: [], triedDetail: '' }
    expect(proposalOf(chosen, { tickets: [ticket], appointments: [appointment] }, services)).toEqual({
      topicId: 'fines',
      from: 'chosen',
      outcome: 'callback',
    })
  })
})

describe('toggleTried', () => {
  it('keeps four at most and never "nothing" with something', () => {
    expect(toggleTried(['office', 'website', 'call', 'newsstand'], 'whatsapp')).toEqual([
      ...['website', 'call', 'newsstand', 'whatsapp'],
    ])
    expect(toggleTried(['office'], 'office')).toEqual([])
    expect(toggleTried(['office', 'website'], 'nothing')).toEqual(['nothing'])
    expect(toggleTried(['nothing'], 'office')).toEqual(['office'])
  })
})
