import { expect, it } from 'vitest'
import { type Draft, emptyDraft } from '#contract/desk.ts'
import { turnedTo, type Who } from './turned-to.ts'

const visit = {
  ...{ slotId: 'slot', slotIds: ['slot'], officeId: 'via-larga-12' },
  ...{ startsAt: '2026-12-04T09:00:00.000Z', endsAt: '2026-12-04T09:20:00.000Z' },
}
const chosen: Draft['booking'] = {
  ...{ ...emptyDraft.booking, serviceIds: ['identity-card'], officeId: 'via-larga-12', visit },
  ...{ expiry: '14/3/2027', notify: ['sms'] },
}
const ada = (booking: Partial<Draft['booking']>): Draft => ({
  ...{ ...emptyDraft, citizenId: 'ada', identification: 'birth-date', choice: 'person', note: 'Ha fretta.' },
  booking: { ...chosen, ...booking },
})
const bruno: Who = { citizenId: 'bruno', identification: 'none', choice: 'person' }
const nobody: Who = { citizenId: null, identification: 'none', choice: 'another' }

it.each([
  ['another', bruno],
  ['nobody', nobody],
])('moves no appointment of one person for %s', (_, who) => {
  const turned = turnedTo(who)(ada({ moves: 'adas' }))
  expect(turned).toEqual({ ...ada({}), ...who, booking: emptyDraft.booking })
})

it('makes up for no appointment of one person with another', () => {
  expect(turnedTo(bruno)(ada({ recoveryOf: 'adas' })).booking).toEqual({
    ...{ ...chosen, visit: null, notify: null },
  })
})

it('leaves what was chosen for nobody in particular, but tells nobody as the one before wanted it', () => {
  expect(turnedTo(bruno)(ada({})).booking).toEqual({ ...chosen, notify: null })
  expect(turnedTo(bruno)({ ...ada({}), citizenId: null }).booking).toEqual(chosen)
})

it.each(['moves', 'recoveryOf'] as const)(
  'goes on with an appointment of nobody when it is said who speaks: %s',
  (what) => {
    const draft: Draft = { ...ada({ [what]: 'nobodys' }), citizenId: null }
    expect(turnedTo(bruno)(draft)).toEqual({ ...draft, ...bruno })
  },
)

it.each([
  ['another', bruno],
  ['nobody', nobody],
])('lets %s speak for nobody for whom the one before spoke', (_, who) => {
  expect(turnedTo(who)({ ...ada({}), onBehalfOf: 'anna' }).onBehalfOf).toBeNull()
})

it('changes nothing of it when only more is known of the same person', () => {
  const known: Who = { citizenId: 'ada', identification: 'fiscal-code', choice: 'person' }
  const draft = { ...ada({ moves: 'adas' }), onBehalfOf: 'anna' }
  expect(turnedTo(known)(draft)).toEqual({ ...draft, ...known })
})
