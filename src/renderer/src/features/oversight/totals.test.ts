import { expect, test } from 'vitest'
import type { StatisticsCount } from '#contract/crm-audit.ts'
import { totalsBy } from './totals.ts'

const count = (change: Partial<StatisticsCount>): StatisticsCount => ({
  ...{ day: '2026-11-24', kind: 'contact', topic: 'tari', channel: 'phone', outcome: 'resolved', count: 1 },
  ...change,
})

test('adds up days, leaves other kinds out, and puts the most frequent first', () => {
  const counts = [
    count({ topic: 'tari', count: 2 }),
    count({ topic: 'identity-card', count: 4 }),
    count({ topic: 'tari', day: '2026-11-25', count: 3, outcome: 'request' }),
    count({ topic: 'civil-status', count: 4 }),
    count({ kind: 'ticket', count: 90 }),
  ]
  expect(totalsBy(counts, 'contact', 'topic')).toEqual([
    { id: 'tari', count: 5 },
    { id: 'civil-status', count: 4 },
    { id: 'identity-card', count: 4 },
  ])
  expect(totalsBy(counts, 'contact', 'outcome')).toEqual([
    { id: 'resolved', count: 10 },
    { id: 'request', count: 3 },
  ])
  expect(totalsBy(counts, 'appointment', 'topic')).toEqual([])
})
