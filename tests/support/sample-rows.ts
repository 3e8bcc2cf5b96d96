import type { CommandAuthor } from '#contract/commands/command.ts'
import type { FeedLine } from '#contract/crm.ts'
import type { Appointment, Slot } from '#contract/domain/appointment.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Entity, EntityRows } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import type { Office, Service, Topic } from '#contract/domain/reference.ts'
import type { Ticket } from '#contract/domain/ticket.ts'

const words = { it: 'parola', en: 'word' }

/** Valid rows of each kind; a test says only what it is about. */
export const sample = {
  citizen: (change: Partial<Citizen> = {}): Citizen => ({
    id: newId(),
    version: 1,
    givenName: 'Maria',
    familyName: 'Rossi',
    birthDate: '1960-04-12',
    fiscalCode: null,
    language: 'it',
    phones: [],
    email: null,
    address: null,
    ...{ otherLanguages: [], otherEmails: [], otherAddresses: [], identities: [], delegations: [] },
    mergedInto: null,
    needsDuplicateCheck: false,
    ...change,
  }),
  contact: (change: Partial<Contact> = {}): Contact => ({
    id: newId(),
    version: 1,
    channel: 'phone',
    direction: 'inbound',
    queue: 'anagrafe',
    operatorId: operator.user.id,
    operatorName: operator.user.name,
    citizenId: null,
    callerNumber: null,
    startedAt: '2026-11-24T08:00:00.000Z',
    answeredAt: null,
    endedAt: null,
    topicId: null,
    outcome: null,
    identification: 'none',
    triedBefore: [],
    triedDetail: '',
    onBehalfOf: null,
    lineScore: null,
    note: '',
    practice: false,
    ...change,
  }),
  ticket: (change: Partial<Ticket> = {}): Ticket => ({
    id: newId(),
    version: 1,
    protocol: 'R-2026-000001',
    kind: 'report',
    topicId: 'roads',
    text: 'Buca in via Larga',
    citizenId: null,
    contactId: null,
    status: 'new',
    receivedAt: '2026-11-24T08:00:00.000Z',
    dueOn: '2026-12-24',
    team: 'roads',
    linkedContacts: [],
    clock: { suspensions: [], extensions: [], steps: [] },
    rerouted: 0,
    reopened: 0,
    assigneeId: null,
    assigneeName: null,
    answeredAt: null,
    metAt: null,
    unsent: false,
    closedFor: null,
    reference: null,
    ...change,
  }),
  slot: (change: Partial<Slot> = {}): Slot => ({
    id: newId(),
    version: 1,
    officeId: 'via-larga-12',
    agenda: 'identity-card',
    startsAt: '2026-11-26T09:00:00.000Z',
    durationMinutes: 15,
    capacity: 3,
    booked: 0,
    ...change,
  }),
  appointment: (change: Partial<Appointment> = {}): Appointment => ({
    id: newId(),
    version: 1,
    code: 'ABC123',
    slotId: newId(),
    slotIds: [],
    serviceIds: ['identity-card'],
    officeId: 'via-larga-12',
    startsAt: '2026-11-26T09:00:00.000Z',
    endsAt: '2026-11-26T09:15:00.000Z',
    counter: 1,
    citizenId: null,
    contactId: null,
    state: 'confirmed',
    sequence: 0,
    confirmBy: null,
    reason: null,
    recoveryOf: null,
    ...change,
  }),
  service: (change: Partial<Service> = {}): Service => ({
    ...{ id: 'identity-card', version: 1, name: words, topicId: 'identity-card', agenda: 'identity-card' },
    ...{ durationMinutes: 15, documents: words, eligibility: words, rule: { kind: 'none' } },
    ...{ channels: ['phone'], channelExceptions: null, walkIn: null, languages: ['it'], keywords: '' },
    example: true,
    ...change,
  }),
  office: (change: Partial<Office> = {}): Office => ({
    ...{ id: 'via-larga-12', version: 1, name: 'Via Larga', municipio: 1, address: 'Via Larga 12' },
    ...{ coordinates: { lat: 45.46, lon: 9.19 }, zone: 'Europe/Rome', languages: ['it'], hours: words },
    ...{ agendas: ['identity-card'], example: true },
    ...change,
  }),
  topic: (change: Partial<Topic> = {}): Topic => ({
    id: 'roads',
    version: 1,
    parentId: null,
    name: { it: 'Strade', en: 'Roads' },
    team: 'roads',
    keywords: 'buca strada',
    ...change,
  }),
}

export const operator: CommandAuthor = {
  user: { id: newId(), name: 'Anna Bianchi', roles: ['operator'] },
  at: '2026-11-24T09:00:00.000Z',
}

export const rowLine = <E extends Entity>(entity: E, row: EntityRows[E]): FeedLine => ({
  type: 'row',
  entity,
  id: row.id,
  row,
})

export const endLine = (cursor: string, more = false): FeedLine => ({
  type: 'end',
  cursor,
  more,
  restart: false,
})
