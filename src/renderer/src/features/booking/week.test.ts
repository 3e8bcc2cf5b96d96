import { describe, expect, it } from 'vitest'
import type { VisitOffer } from '#contract/desk.ts'
import { cityZone } from '#contract/domain/ids.ts'
import { firstFree, move, openingWeek, weekOf } from './week.ts'

const monday = '2026-11-30'
const now = Date.parse('2026-11-24T10:00:00+01:00')
const slot = (startsAt: string, free = 2, kept = 0): VisitOffer => ({
  slotId: startsAt,
  slotIds: [startsAt],
  officeId: 'via-larga-12',
  startsAt,
  endsAt: new Date(Date.parse(startsAt) + 1_800_000).toISOString(),
  free,
  kept,
})
const slots = [
  slot('2026-11-30T08:30:00+01:00'),
  slot('2026-11-30T09:00:00+01:00', 0),
  slot('2026-11-30T10:30:00+01:00'),
  slot('2026-12-02T09:30:00+01:00'),
  slot('2026-12-02T10:00:00+01:00'),
]
const week = weekOf(slots, monday, now, cityZone)

describe('weekOf', () => {
  it('lays a week out in hours and halves, with the hours between', () => {
    expect(week.days).toEqual(['2026-11-30', '2026-12-01', '2026-12-02', '2026-12-03', '2026-12-04'])
    expect(week.columnsPerDay).toBe(2)
    expect(week.rows).toHaveLength(3)
    expect(week.rows[0]?.[1]?.minutes).toBe(8 * 60 + 30)
    expect(week.rows[1]?.[0]).toMatchObject({ minutes: 9 * 60, free: 0 })
    expect(week.rows[1]?.[4]).toBeNull()
    expect(week.rows[1]?.[5]).toMatchObject({ free: 2 })
  })

  it('shows the place that is kept for this visit as free, though its last seat is taken', () => {
    const kept = '2026-11-30T09:00:00+01:00'
    expect(weekOf(slots, monday, now, cityZone, kept).rows[1]?.[0]).toMatchObject({
      minutes: 9 * 60,
      free: 1,
    })
    expect(firstFree(weekOf([slot(kept, 0)], monday, now, cityZone, kept))).toEqual({ row: 0, column: 0 })
  })

  it('marks the places that are kept for whom a closure affected, while there is one', () => {
    const [open, some, gone] = ['08:30', '09:00', '09:30'].map((time) => `2026-11-30T${time}:00+01:00`)
    const recovery = weekOf(
      [slot(open ?? ''), slot(some ?? '', 2, 1), slot(gone ?? '', 0, 0)],
      monday,
      now,
      cityZone,
    )
    expect(recovery.rows.flat().flatMap((cell) => (cell ? [cell.kept] : []))).toEqual([false, true, false])
  })

  it('shows a Saturday only when it is open, and no slot that has begun', () => {
    const saturday = weekOf([slot('2026-12-05T09:00:00+01:00')], monday, now, cityZone)
    expect(saturday.days).toHaveLength(6)
    const begun = weekOf(slots, monday, Date.parse('2026-11-30T08:45:00+01:00'), cityZone)
    expect(begun.rows[0]?.[0]).toMatchObject({ minutes: 9 * 60 })
  })

  it('gives other durations a row for each time', () => {
    const short = weekOf(
      [slot('2026-11-30T08:30:00+01:00'), slot('2026-11-30T08:50:00+01:00')],
      monday,
      now,
      cityZone,
    )
    expect(short).toMatchObject({ columnsPerDay: 1 })
    expect(short.rows).toHaveLength(2)
  })

  it('keeps the hours of the city when the clocks change', () => {
    const october = weekOf(
      [slot('2026-10-23T07:00:00Z'), slot('2026-10-26T08:00:00Z')],
      '2026-10-26',
      Date.parse('2026-10-20T00:00:00Z'),
      cityZone,
    )
    expect(october.rows[0]?.[0]?.minutes).toBe(9 * 60)
  })
})

describe('a week of an office in another zone', () => {
  const there = 'Atlantic/Azores'
  // Sunday 23:30, Monday 9:00 and Sunday 23:30 by its own clock.
  const starts = ['2026-11-30T00:30:00Z', '2026-11-30T10:00:00Z', '2026-12-07T00:30:00Z']
  it('is cut into days and hours by its own clock', () => {
    const week = weekOf(
      starts.map((at) => slot(at)),
      monday,
      now,
      there,
    )
    expect(week.days).toHaveLength(7)
    expect(week.rows[0]?.[0]).toMatchObject({ minutes: 9 * 60, offer: { startsAt: starts[1] } })
    expect(week.rows.at(-1)?.at(-1)).toMatchObject({ minutes: 23 * 60 + 30, offer: { startsAt: starts[2] } })
    expect(week.rows.flat().filter((cell) => cell !== null)).toHaveLength(2)
  })

  it('opens in the week in which its day lies', () => {
    expect(openingWeek(starts[0] ?? null, now, there)).toBe('2026-11-23')
    expect(openingWeek(null, Date.parse('2026-11-28T00:30:00Z'), there)).toBe('2026-11-23')
    expect(openingWeek(null, Date.parse('2026-11-28T00:30:00Z'), cityZone)).toBe('2026-11-30')
  })
})

describe('openingWeek', () => {
  const friday = Date.parse('2026-11-27T16:00:00+01:00')
  it('is the week of the first free place: after the last opening of this one, the next that has any', () => {
    expect(openingWeek('2026-11-27T16:30:00+01:00', friday, cityZone)).toBe('2026-11-23')
    expect(openingWeek('2026-11-30T08:30:00+01:00', friday, cityZone)).toBe('2026-11-30')
    expect(openingWeek('2026-12-16T08:30:00+01:00', friday, cityZone)).toBe('2026-12-14')
    // Half past midnight in the city is still Sunday at Greenwich.
    expect(openingWeek('2026-12-06T23:30:00Z', friday, cityZone)).toBe('2026-12-07')
  })

  it('with nothing free is this week, and on Saturday and Sunday the one that comes', () => {
    expect(openingWeek(null, friday, cityZone)).toBe('2026-11-23')
    expect(openingWeek(null, Date.parse('2026-11-28T09:00:00+01:00'), cityZone)).toBe('2026-11-30')
    expect(openingWeek(null, Date.parse('2026-11-29T23:30:00+01:00'), cityZone)).toBe('2026-11-30')
    expect(openingWeek(null, Date.parse('2026-11-30T00:30:00+01:00'), cityZone)).toBe('2026-11-30')
  })
})

describe('move', () => {
  it('goes over what is taken, and stays where nothing is free', () => {
    const start = { row: 0, column: 1 }
    expect(move(week, start, 'ArrowDown')).toEqual({ row: 2, column: 1 })
    expect(move(week, { row: 1, column: 5 }, 'ArrowLeft')).toEqual({ row: 1, column: 5 })
    expect(move(week, { row: 1, column: 5 }, 'ArrowDown')).toEqual({ row: 2, column: 4 })
    expect(move(week, start, 'ArrowUp')).toEqual(start)
  })

  it('finds the first and the last free slot', () => {
    expect(firstFree(week)).toEqual({ row: 0, column: 1 })
    expect(move(week, { row: 0, column: 1 }, 'End')).toEqual({ row: 2, column: 4 })
    expect(move(week, { row: 2, column: 4 }, 'Home')).toEqual({ row: 0, column: 1 })
  })
})
