import { describe, expect, it } from 'vitest'
import type { ShownStory } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { ledeOf } from './lede.ts'
import { partIn, timelineOf } from './timeline.ts'

const now = Date.parse('2026-11-24T10:36:00+01:00')
const citizenId = '01980000-0000-7000-8000-0000000000c1'

const contact = (id: string, startedAt: string, more: Partial<Contact> = {}): Contact => ({
  id,
  version: 1,
  channel: 'phone',
  direction: 'inbound',
  queue: 'Servizi civici',
  operatorId: '01980000-0000-7000-8000-0000000000f1',
  operatorName: 'Luca Bianchi',
  citizenId,
  callerNumber: null,
  startedAt,
  answeredAt: startedAt,
  endedAt: startedAt,
  topicId: 'identity-card',
  outcome: 'resolved',
  identification: 'none',
  triedBefore: [],
  triedDetail: '',
  onBehalfOf: null,
  lineScore: null,
  note: '',
  practice: false,
  ...more,
})
const ticket = (id: string, dueOn: string, more: Partial<Ticket> = {}): Ticket => ({
  id,
  version: 1,
  protocol: 'R-2026-000123',
  kind: 'complaint',
  topicId: 'waste-tax',
  text: 'x',
  citizenId,
  contactId: null,
  status: 'new',
  receivedAt: '2026-11-05T09:00:00Z',
  dueOn,
  team: 'taxes',
  linkedContacts: [],
  clock: { suspensions: [], extensions: [], steps: [] },
  ...{ rerouted: 0, reopened: 0, assigneeId: null, assigneeName: null },
  ...{ answeredAt: null, closedFor: null, reference: null },
  ...{ metAt: null, unsent: false },
  ...more,
})
const appointment = (id: string, startsAt: string, more: Partial<Appointment> = {}): Appointment => ({
  id,
  version: 1,
  code: null,
  slotId: id,
  slotIds: [id],
  serviceIds: ['identity-card'],
  officeId: 'via-larga-12',
  startsAt,
  endsAt: startsAt,
  counter: 1,
  sequence: 0,
  confirmBy: null,
  reason: null,
  recoveryOf: null,
  citizenId,
  contactId: null,
  state: 'confirmed',
  ...more,
})
const story = (more: Partial<ShownStory> = {}): ShownStory => ({
  citizen: {
    id: citizenId,
    ...{ givenName: 'Teresa', familyName: 'Colombo', language: 'it', birthYear: 1955, age: 71 },
    ...{ phones: [], email: null, address: null, delegations: [], needsDuplicateCheck: false, whole: null },
  },
  contacts: [],
  tickets: [],
  appointments: [],
  parties: [],
  ...more,
})

describe('ledeOf', () => {
  it('opens with a promise that is not kept yet, then counts the contacts on the same topic', () => {
    const contacts = [
      contact('b', '2026-11-23T15:52:00Z', { outcome: 'callback' }),
      contact('a', '2026-10-02T09:00:00Z'),
      contact('z', '2026-09-20T09:00:00Z'),
    ]
    expect(ledeOf(story({ contacts }), null, now)).toEqual([
      { kind: 'promised', at: '2026-11-23T15:52:00Z', operator: 'Luca Bianchi' },
      { kind: 'repeat', count: 3, topicId: 'identity-card' },
    ])
  })

  it('does not count the present contact as history', () => {
    const contacts = [contact('now', '2026-11-24T09:36:00Z')]
    expect(ledeOf(story({ contacts }), 'now', now)).toEqual([{ kind: 'first' }])
  })

  it('tells a late answer before an appointment, and never more than two facts', () => {
    const facts = ledeOf(
      story({
        contacts: [contact('a', '2026-11-20T09:00:00Z')],
        tickets: [ticket('t', '2026-11-22')],
        appointments: [appointment('p', '2026-12-02T08:30:00Z', { state: 'requested' })],
      }),
      null,
      now,
    )
    expect(facts.map(({ kind }) => kind)).toEqual(['late', 'appointment'])
    expect(facts[0]).toMatchObject({ days: 2 })
    expect(facts[1]).toMatchObject({ requested: true })
  })

  it('tells what the office took away, and by when its proposal is to be confirmed', () => {
    const by = '2026-11-30T22:59:00Z'
    const appointments = [
      appointment('taken', '2026-11-23T08:30:00Z', { state: 'cancelled-by-office' }),
      appointment('card', '2026-12-09T08:30:00Z', { state: 'proposed', confirmBy: by }),
    ]
    const facts = ledeOf(story({ appointments }), null, now)
    expect(facts).toMatchObject([
      { kind: 'owed', at: '2026-11-23T08:30:00Z' },
      { kind: 'proposed', by },
    ])
    expect(ledeOf(story({ appointments }), null, Date.parse(by))).toMatchObject([
      { kind: 'first' },
      { kind: 'owed' },
    ])
  })
})

describe('partIn', () => {
  const daughter = '01980000-0000-7000-8000-0000000000c2'
  const parties = [
    { citizenId, name: 'Olga Riva' },
    { citizenId: daughter, name: 'Dina Riva' },
  ]
  const forOlga = contact('a', '2026-11-20T09:00:00Z', { citizenId: daughter, onBehalfOf: citizenId })

  it('names in the story of who was called for who called, and the other way round', () => {
    expect(partIn(forOlga, citizenId, parties)).toEqual({ part: 'spoken-for', name: 'Dina Riva' })
    expect(partIn(forOlga, daughter, parties)).toEqual({ part: 'speaker', name: 'Olga Riva' })
    expect(partIn({ ...forOlga, direction: 'outbound' }, citizenId, parties).part).toBe('called-for')
    expect(partIn(contact('b', '2026-11-20T09:00:00Z'), citizenId, parties)).toEqual({ part: 'self' })
  })

  it('knows that somebody spoke whom the desk does not know', () => {
    expect(partIn(forOlga, citizenId, [])).toEqual({ part: 'spoken-for', name: null })
    expect(partIn({ ...forOlga, citizenId: null }, citizenId, parties)).toEqual({
      ...{ part: 'spoken-for', name: null },
    })
  })
})

describe('timelineOf', () => {
  it('puts what a conversation made with it, and the rest in its own place, newest first', () => {
    const entries = timelineOf(
      story({
        contacts: [contact('now', '2026-11-24T09:36:00Z'), contact('a', '2026-11-20T09:00:00Z')],
        tickets: [
          ticket('own', '2026-12-20', { contactId: 'a' }),
          ticket('mine', '2026-12-24', { contactId: 'now' }),
          ticket('web', '2026-12-05', { receivedAt: '2026-11-21T09:00:00Z' }),
        ],
        appointments: [
          appointment('past', '2026-11-10T09:00:00Z', { state: 'attended' }),
          appointment('next', '2026-12-02T08:30:00Z'),
        ],
      }),
      'now',
      now,
    )
    expect(entries.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'ticket web',
      'contact a',
      'appointment past',
    ])
    expect(entries[1]).toMatchObject({ tickets: [{ id: 'own' }] })
  })
})
