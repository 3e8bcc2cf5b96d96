import { expect, it } from 'vitest'
import type { ShownStory } from '#contract/desk.ts'
import { linkOf, type WhoSigns, whoOf } from './who.ts'

const story = (id: string): ShownStory => ({ citizen: { id } }) as unknown as ShownStory
const number = { citizenId: null, choice: 'number' } as const
const ringing: WhoSigns = {
  draft: number,
  picked: undefined,
  caller: { awaited: false, stories: [story('teresa')] },
  assumed: 'teresa',
}
const household = { awaited: false, stories: ['teresa', 'andrea', 'sofia'].map(story) } as const

it('takes the only one on the number for the person, and links them once the CRM was asked', () => {
  const asking: WhoSigns = { ...ringing, caller: { awaited: true, stories: [story('teresa')] } }
  expect(whoOf(asking)).toEqual({ citizenId: 'teresa', linked: false, others: 0 })
  expect(linkOf(asking)).toBeNull()
  expect(linkOf(ringing)).toEqual({ citizenId: 'teresa', choice: 'number' })
  expect(linkOf({ ...ringing, draft: null })).toBeNull()
})

it('links nobody by itself when the CRM names others; who is shown stays, beside them', () => {
  const late: WhoSigns = { ...ringing, caller: { ...household, stories: [...household.stories] } }
  expect(linkOf(late)).toBeNull()
  expect(whoOf(late)).toEqual({ citizenId: 'teresa', linked: false, others: 2 })
  // Linked while the CRM was away.
  const linked: WhoSigns = { ...late, draft: { citizenId: 'teresa', choice: 'number' } }
  expect(whoOf(linked)).toEqual({ citizenId: 'teresa', linked: true, others: 2 })
  expect(whoOf({ ...linked, draft: { citizenId: 'teresa', choice: 'person' } }).others).toBe(0)
  // A household that is known from the first is asked about.
  expect(whoOf({ ...late, assumed: undefined })).toEqual({ citizenId: null, linked: false, others: 0 })
})

it('keeps that it is not this person, in a window that did not hear it too', () => {
  for (const choice of ['another', 'none'] as const) {
    const said: WhoSigns = { ...ringing, draft: { citizenId: null, choice } }
    expect(whoOf(said).citizenId).toBeNull()
    expect(linkOf(said)).toBeNull()
    // What was picked here before it was said elsewhere.
    expect(whoOf({ ...said, picked: 'teresa' }).citizenId).toBeNull()
  }
})

it('lets what was picked while it rang count until the contact has it', () => {
  expect(whoOf({ ...ringing, draft: null, picked: null }).citizenId).toBeNull()
  expect(linkOf({ ...ringing, picked: null })).toEqual({ citizenId: null, choice: 'another' })
  expect(linkOf({ ...ringing, picked: 'andrea' })).toEqual({ citizenId: 'andrea', choice: 'person' })
  expect(whoOf({ ...ringing, draft: { citizenId: 'sofia', choice: 'person' }, picked: 'andrea' })).toEqual({
    citizenId: 'sofia',
    linked: true,
    others: 0,
  })
})
