import { expect, it } from 'vitest'
import type { ShownStory } from '#contract/desk.ts'
import type { Article } from '#contract/domain/reference.ts'
import { suggestedCards } from './suggested.ts'

const article = (id: string, title: string, keywords: string): Article => ({
  id,
  version: 1,
  topicId: id,
  title: { it: title, en: title },
  updatedOn: '2026-11-09',
  sections: [{ heading: { it: 'x', en: 'x' }, body: { it: 'x', en: 'x' } }],
  keywords,
  example: true,
})
const articles = [
  article('waste-tax', 'TARI', 'rifiuti tributi'),
  article('identity-card', 'Carta d’identità', 'anagrafe documento'),
  article('certificates', 'Certificati', 'anagrafe'),
]
const story = {
  contacts: [{ topicId: 'waste-tax' }],
  tickets: [],
  appointments: [],
  parties: [],
} as unknown as ShownStory

it('puts what the person asked for last before what the menu key speaks of', () => {
  expect(suggestedCards(articles, story, 'Anagrafe, tasto 1').map(({ id }) => id)).toEqual([
    'waste-tax',
    'identity-card',
    'certificates',
  ])
  expect(suggestedCards(articles, null, null)).toEqual([])
})
