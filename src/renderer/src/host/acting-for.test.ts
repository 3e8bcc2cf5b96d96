import { expect, it } from 'vitest'
import { emptyDraft } from '#contract/desk.ts'
import { actingFor } from './acting-for.ts'

it('chooses who is in sight, and nobody where several are to be chosen from', () => {
  expect(actingFor('olmo')(emptyDraft)).toEqual({ ...emptyDraft, citizenId: 'olmo', choice: 'person' })
  expect(actingFor(null)(emptyDraft)).toBe(emptyDraft)
})

it('leaves what was said of who it is', () => {
  for (const said of [
    { ...emptyDraft, citizenId: 'ines', identification: 'birth-date' as const },
    { ...emptyDraft, choice: 'another' as const },
    { ...emptyDraft, choice: 'none' as const },
  ])
    expect(actingFor('olmo')(said)).toBe(said)
})
