import { expect, it } from 'vitest'
import type { Article } from '#contract/domain/reference.ts'
import { hintOfDay } from './hint.ts'

const article = (id: string): Article => ({
  id,
  version: 1,
  topicId: id,
  title: { it: id, en: id },
  updatedOn: '2026-11-09',
  sections: [{ heading: { it: 'Come fare', en: 'How to' }, body: { it: 'Si prenota.', en: 'Book.' } }],
  keywords: '',
  example: true,
})

it('gives one card a day, the same in whatever order the cards come', () => {
  const cards = ['a', 'b', 'c'].map(article)
  const day = (date: string) => hintOfDay(cards, date)?.article.id
  expect(day('2026-11-24')).toBe(hintOfDay(cards.toReversed(), '2026-11-24')?.article.id)
  expect(new Set(['2026-11-24', '2026-11-25', '2026-11-26'].map(day)).size).toBe(3)
  expect(hintOfDay([], '2026-11-24')).toBeNull()
})
