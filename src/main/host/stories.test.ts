import { describe, expect, it } from 'vitest'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Contact } from '#contract/domain/contact.ts'
import { newId } from '#contract/domain/ids.ts'
import type { CitizenStory } from '../cache/cache.ts'
import { asKnownHere, knownCaller, mergeStories, storiesOf } from './stories.ts'

const callId = newId()
const shown = { withheld: false, awaited: true }
const citizen = (givenName: string, version = 1): Citizen => ({
  id: newId(),
  version,
  givenName,
  familyName: 'Colombo',
  birthDate: null,
  fiscalCode: null,
  language: 'it',
  phones: [],
  email: null,
  address: null,
  ...{ otherLanguages: [], otherEmails: [], otherAddresses: [], identities: [], delegations: [] },
  mergedInto: null,
  needsDuplicateCheck: false,
})
const story = (person: Citizen, appointments: Appointment[] = []): CitizenStory => ({
  citizen: person,
  contacts: [],
  tickets: [],
  appointments,
  parties: [],
})
const appointment = (citizenId: string, startsAt: string, over: Partial<Appointment> = {}): Appointment => ({
  id: newId(),
  version: 1,
  code: null,
  slotId: newId(),
  slotIds: [],
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
  ...over,
})

describe('knownCaller', () => {
  const anna = story(citizen('Anna'))

  it('says at once what the cache knows, while the CRM is asked', () => {
    expect(knownCaller(callId, shown, [anna], 'asking')).toEqual({
      callId,
      number: 'known',
      crm: 'asking',
      awaited: true,
      from: 'cache',
      stories: [anna],
      continued: null,
    })
  })

  it('looks for a number that the cache lacks, and fills in whom only the CRM knows', () => {
    expect(knownCaller(callId, shown, [], 'asking')).toMatchObject({ number: 'looking', from: null })
    expect(knownCaller(callId, shown, [], [anna])).toMatchObject({
      number: 'known',
      crm: 'answered',
      from: 'crm',
      stories: [anna],
    })
  })

  it('tells an unknown number from a CRM that is away', () => {
    expect(knownCaller(callId, shown, [], [])).toMatchObject({
      number: 'unknown',
      crm: 'answered',
      from: null,
    })
    expect(knownCaller(callId, shown, [], 'away')).toMatchObject({
      number: 'unknown',
      crm: 'away',
      from: null,
    })
    expect(knownCaller(callId, shown, [anna], 'away')).toMatchObject({
      number: 'known',
      crm: 'away',
      from: 'cache',
    })
  })

  it('looks nobody up for a withheld number', () => {
    expect(knownCaller(callId, { withheld: true, awaited: false }, [anna], 'asking')).toEqual({
      callId,
      number: 'withheld',
      crm: 'not-asked',
      awaited: false,
      from: null,
      stories: [],
      continued: null,
    })
  })

  it('shows whom a colleague handed on, though the number is withheld', () => {
    const continued = { id: callId } as Contact
    expect(
      knownCaller(callId, { withheld: true, awaited: false }, [anna], 'not-asked', continued),
    ).toMatchObject({
      number: 'known',
      stories: [anna],
      continued,
    })
  })
})

describe('mergeStories', () => {
  it('shows a household whole and keeps its order when the CRM adds one more', () => {
    const [anna, bruno, carla] = [story(citizen('Anna')), story(citizen('Bruno')), story(citizen('Carla'))]
    const names = mergeStories([bruno, anna], [carla, anna, bruno]).map((one) => one.citizen.givenName)
    expect(names).toEqual(['Bruno', 'Anna', 'Carla'])
  })

  it('takes the newer row, and of equal ones the desk’s with its pending change', () => {
    const person = citizen('Anna', 3)
    const cancelledHere = appointment(person.id, '2026-12-01T09:00:00Z', { state: 'cancelled-by-citizen' })
    const stale = appointment(person.id, '2026-12-02T09:00:00Z', { version: 1 })
    const [merged] = mergeStories(
      [story(person, [cancelledHere, stale])],
      [
        story({ ...person, version: 4, familyName: 'Rossi' }, [
          { ...cancelledHere, state: 'confirmed' },
          { ...stale, version: 2, state: 'cancelled-by-office' },
        ]),
      ],
    )
    expect(merged?.citizen.familyName).toBe('Rossi')
    expect(merged?.appointments.map((row) => row.state)).toEqual([
      'cancelled-by-citizen',
      'cancelled-by-office',
    ])
  })

  it('groups the CRM’s rows by person, the next appointment first', () => {
    const [anna, bruno] = [citizen('Anna'), citizen('Bruno')]
    const later = appointment(anna.id, '2026-12-09T09:00:00+01:00')
    const sooner = appointment(anna.id, '2026-12-01T09:00:00+01:00')
    const [first, second] = storiesOf({
      citizens: [anna, bruno],
      contacts: [],
      tickets: [],
      appointments: [later, appointment(bruno.id, '2026-12-03T09:00:00Z'), sooner],
      parties: [],
    })
    expect(first?.appointments).toEqual([sooner, later])
    expect(second?.appointments).toHaveLength(1)
  })
})

describe('asKnownHere', () => {
  const teresa = citizen('Teresa')
  const coming = appointment(teresa.id, '2026-12-03T08:00:00Z')
  const told = [story(teresa, [coming])]
  const left = (known: Pick<Appointment, 'version' | 'state'> | null) =>
    asKnownHere(told, () => known && { ...coming, ...known })[0]?.appointments.map(({ state }) => state)

  it('drops what was cancelled here since the CRM answered, and shows what became of the others', () => {
    expect(left({ version: 1, state: 'cancelled-by-citizen' })).toEqual([])
    expect(left({ version: 2, state: 'cancelled-by-office' })).toEqual(['cancelled-by-office'])
    expect(left({ version: 2, state: 'lapsed' })).toEqual(['lapsed'])
  })

  it('keeps what still stands, what is unknown here, and what the CRM knows better', () => {
    expect(left({ version: 1, state: 'confirmed' })).toEqual(['confirmed'])
    expect(left(null)).toEqual([coming.state])
    expect(left({ version: 0, state: 'cancelled-by-citizen' })).toEqual([coming.state])
  })
})
