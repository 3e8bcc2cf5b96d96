import { describe, expect, test } from 'vitest'
import type { VisitOffer } from '#contract/desk.ts'
import { nearestFree } from './nearest-places.ts'

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

describe('slots instead of a lost one', () => {
  const slot = (n: number, officeId: string, startsAt: string, free = 1): VisitOffer => ({
    slotId: id(n),
    slotIds: [id(n)],
    officeId,
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + 1_200_000).toISOString(),
    free,
    kept: 0,
  })
  const wanted = { officeId: 'via-larga-12', startsAt: '2026-12-02T09:00:00.000Z', slotId: id(1) }
  const slots = [
    slot(1, 'via-larga-12', '2026-12-02T09:00:00.000Z'),
    slot(2, 'via-padova-118', '2026-12-02T09:00:00.000Z'),
    slot(3, 'via-larga-12', '2026-12-03T09:00:00.000Z'),
    slot(4, 'via-larga-12', '2026-12-02T08:00:00.000Z'),
    slot(5, 'via-larga-12', '2026-12-02T09:20:00.000Z', 0),
    slot(6, 'via-larga-12', '2026-12-01T07:00:00.000Z'),
  ]
  const ids = (now: string, count: number) =>
    nearestFree(slots, wanted, Date.parse(now), count).map((one) => one.slotId)

  test('are free, not the lost one, near in time, and elsewhere only when they spare a day', () => {
    expect(ids('2026-12-01T00:00:00.000Z', 3)).toEqual([id(4), id(2), id(3)])
    expect(ids('2026-12-01T00:00:00.000Z', 9)).toEqual([id(4), id(2), id(3), id(6)])
  })

  test('have not begun', () => {
    expect(ids('2026-12-02T08:30:00.000Z', 9)).toEqual([id(2), id(3)])
  })
})
