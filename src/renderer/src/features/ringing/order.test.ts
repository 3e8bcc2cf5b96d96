import { expect, it } from 'vitest'
import type { ShownStory } from '#contract/desk.ts'
import { householdOrder } from './order.ts'

const story = (id: string, startedAt?: string): ShownStory =>
  ({ citizen: { id }, contacts: startedAt ? [{ startedAt }] : [] }) as unknown as ShownStory
const ids = (stories: readonly ShownStory[]) => stories.map(({ citizen }) => citizen.id)

const andrea = story('andrea', '2026-11-18T09:00:00Z')
const teresa = story('teresa', '2026-11-23T15:52:00Z')
const sofia = story('sofia')

it('puts who spoke last first, and who never spoke last', () => {
  expect(ids(householdOrder([andrea, sofia, teresa], []))).toEqual(['teresa', 'andrea', 'sofia'])
})

it('takes nobody for having spoken for whom somebody else did', () => {
  const contact = { startedAt: '2026-11-24T09:00:00Z', citizenId: 'sofia', onBehalfOf: 'andrea' }
  const [spokenFor, spoke] = ['andrea', 'sofia'].map((id) => ({ ...story(id), contacts: [contact] }))
  expect(ids(householdOrder([spokenFor, teresa, spoke] as ShownStory[], []))).toEqual([
    'sofia',
    'teresa',
    'andrea',
  ])
})

it('moves nobody who is shown when others are added or speak', () => {
  const shown = ids(householdOrder([andrea, sofia], []))
  expect(ids(householdOrder([andrea, sofia, teresa], shown))).toEqual(['andrea', 'sofia', 'teresa'])
})
