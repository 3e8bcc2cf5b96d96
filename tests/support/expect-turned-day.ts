import { expect } from 'vitest'
import type { readTurnedDay, TurnedDay } from './clock-zones.ts'

/** The screen says a turned day by the office’s clock. */
export function expectOfficeClock(day: TurnedDay, read: ReturnType<typeof readTurnedDay>): void {
  const { date, says, column } = day
  expect(read.days).toEqual(day.slots.map(() => date))
  expect(read.times.map((time) => time?.replace(/^0/, ''))).toEqual(
    says.map((time) => time.replace(/^0/, '')),
  )
  expect(read.englishTimes.map((time) => time?.replace(/^0/, ''))).toEqual(
    says.map((time) => time.replace(/^0/, '')),
  )
  expect(read.minutes).toEqual(
    says.map((time) => {
      const [hours, minutes] = time.split(':').map(Number)
      return (hours ?? 0) * 60 + (minutes ?? 0)
    }),
  )
  expect(read.column).toEqual(column)
  expect(read.shortDays).toEqual(column)
  expect(read.gridDays).toHaveLength(7)
  expect(read.gridDays[6]).toBe(date)
  expect(read.gridTimes).toEqual([...new Set(read.times)].map((time) => `${date} ${time}`))
}
