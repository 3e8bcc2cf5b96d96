import { expect } from 'vitest'
import type { readTurnedDay, TurnedDay } from './clock-zones.ts'

const clockOf = (time: string | undefined) => time?.replace(/ .*/, '').replace(/^0(?=\d)/, '')

/** The screen says a turned day by the office’s clock. */
export function expectOfficeClock(day: TurnedDay, read: ReturnType<typeof readTurnedDay>): void {
  const { date, says, column } = day
  expect(read.days).toEqual(day.slots.map(() => date))
  const isTwice = (time: string) => says.indexOf(time) !== says.lastIndexOf(time)
  for (const times of [read.times, read.englishTimes]) {
    expect(times.map((time) => clockOf(time))).toEqual(says)
    expect(times.map((time) => time?.endsWith(')'))).toEqual(says.map(isTwice))
    expect(new Set(times).size).toBe(says.length)
  }
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
  const firsts = read.times.filter((_, nth) => says.indexOf(says[nth] ?? '') === nth)
  expect(read.gridTimes).toEqual(firsts.map((time) => `${date} ${time}`))
}
