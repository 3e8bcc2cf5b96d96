import type { VisitOffer } from '#contract/desk.ts'
import { addDays, dayIn, daysBetween, minutesIn, mondayOf } from '../../ui/format.ts'

/** One place in the grid: where a visit may begin, or nothing at that time. `kept`: some of it is for those whom a closure affected. */
export type Cell = { minutes: number; offer: VisitOffer; free: number; kept: boolean } | null

export type Week = {
  /** ISO dates; Saturday and Sunday only when something is open. */
  days: string[]
  /** Columns of a day: two (the hour and the half) when all slots begin there, else one. */
  columnsPerDay: 1 | 2
  /** As many cells as days times columns. */
  rows: Cell[][]
}

/** Monday of the week to open: that of the first free place; with none, this week's, and from Saturday on the next one's. Days are the office's. */
export const openingWeek = (firstFree: string | null, now: number, zone: string): string =>
  mondayOf(firstFree === null ? addDays(dayIn(now, zone), 2) : dayIn(firstFree, zone))

/**
 * A week of one office, whose zone it is, as a grid of halves of hours. What has begun is left out. `own`: the slot that is kept for this visit, which is taken
 * for everybody else and free here.
 */
export function weekOf(
  offers: readonly VisitOffer[],
  monday: string,
  now: number,
  zone: string,
  own: string | null = null,
): Week {
  const places = new Map<string, Cell>()
  const minutesSeen = new Set<number>()
  let lastDay = 4
  for (const offer of offers) {
    if (Date.parse(offer.startsAt) <= now) continue
    const day = daysBetween(monday, dayIn(offer.startsAt, zone))
    if (day < 0 || day > 6) continue
    const minutes = minutesIn(offer.startsAt, zone)
    minutesSeen.add(minutes)
    lastDay = Math.max(lastDay, day)
    const place = `${day} ${minutes}`
    // The hour that comes twice when clocks go back has one cell: the first of the two that is free.
    if (places.get(place)?.free) continue
    const free = offer.slotId === own ? Math.max(1, offer.free) : offer.free
    places.set(place, { minutes, offer, free, kept: free > 0 && offer.kept > 0 })
  }
  const days = Array.from({ length: lastDay + 1 }, (_, day) => addDays(monday, day))
  const times = [...minutesSeen].sort((a, b) => a - b)
  const halves = times.every((minutes) => minutes % 30 === 0)
  const starts = halves ? [...new Set(times.map((minutes) => minutes - (minutes % 60)))] : times
  const rows = fillHours(starts, halves).map((start) =>
    days.flatMap((_, day) =>
      halves
        ? [places.get(`${day} ${start}`) ?? null, places.get(`${day} ${start + 30}`) ?? null]
        : [places.get(`${day} ${start}`) ?? null],
    ),
  )
  return { days, columnsPerDay: halves ? 2 : 1, rows }
}

/** Every hour between the first and the last, so that the grid keeps its shape. */
function fillHours(starts: readonly number[], halves: boolean): readonly number[] {
  const [first] = starts
  const last = starts.at(-1)
  if (!halves || first === undefined || last === undefined) return starts
  return Array.from({ length: (last - first) / 60 + 1 }, (_, hour) => first + hour * 60)
}

export type Place = { row: number; column: number }
const isFree = (week: Week, { row, column }: Place): boolean => (week.rows[row]?.[column]?.free ?? 0) > 0

/** Where a key of the grid leads: always to a free slot, over what is taken; the same place when there is none. */
export function move(week: Week, from: Place, key: string): Place {
  const columns = week.days.length * week.columnsPerDay
  const walk = (rowStep: number, columnStep: number): Place => {
    let place = { row: from.row + rowStep, column: from.column + columnStep }
    while (place.row >= 0 && place.row < week.rows.length && place.column >= 0 && place.column < columns) {
      const near = columnStep === 0 ? nearest(week, place) : isFree(week, place) ? place : null
      if (near) return near
      place = { row: place.row + rowStep, column: place.column + columnStep }
    }
    return from
  }
  switch (key) {
    case 'ArrowRight':
      return walk(0, 1)
    case 'ArrowLeft':
      return walk(0, -1)
    case 'ArrowDown':
      return walk(1, 0)
    case 'ArrowUp':
      return walk(-1, 0)
    case 'Home':
      return firstFree(week) ?? from
    case 'End':
      return firstFree({ ...week, rows: week.rows.toReversed() }, true) ?? from
    default:
      return from
  }
}

/** In the row of a place, within its day: straight up and down where possible, else the other half of the hour. */
function nearest(week: Week, place: Place): Place | null {
  if (isFree(week, place)) return place
  if (week.columnsPerDay === 1) return null
  const other = { row: place.row, column: place.column % 2 === 0 ? place.column + 1 : place.column - 1 }
  return isFree(week, other) ? other : null
}

/** The earliest free slot: by day first, then by time. `upsideDown`: rows are given last first, and the latest is wanted. */
export function firstFree(week: Week, upsideDown = false): Place | null {
  const columns = week.days.length * week.columnsPerDay
  const days = Array.from({ length: week.days.length }, (_, day) => day)
  for (const day of upsideDown ? days.toReversed() : days) {
    for (const [row] of week.rows.entries()) {
      const own = Array.from({ length: week.columnsPerDay }, (_, half) => day * week.columnsPerDay + half)
      for (const column of upsideDown ? own.toReversed() : own) {
        if (column < columns && isFree(week, { row, column }))
          return { row: upsideDown ? week.rows.length - 1 - row : row, column }
      }
    }
  }
  return null
}
