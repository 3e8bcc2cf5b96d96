import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openTurns, type Turns } from './turns.ts'

let told: number[]
let turns: Turns<number>
beforeEach(() => {
  vi.useFakeTimers()
  told = []
  turns = openTurns({ atOnce: 20, everyMs: 200 }, (one: number) => told.push(one))
})
afterEach(() => {
  turns.close()
  vi.useRealTimers()
})

const all = (count: number) => Array.from({ length: count }, (_, nth) => nth)

it('tells a few at once, each time', () => {
  turns.add(all(6))
  turns.add(all(6))
  expect(told).toEqual([...all(6), ...all(6)])
})

it('tells many one after the other, in the order in which they came to wait', () => {
  turns.add(all(500))
  expect(told).toEqual(all(20))
  vi.advanceTimersByTime(1000)
  expect(told).toEqual(all(120))
  vi.advanceTimersByTime(4000)
  expect(told).toEqual(all(500))
})

it('tells who waits once, however often something happens meanwhile, and at their old place', () => {
  turns.add(all(40))
  turns.add(all(40))
  vi.advanceTimersByTime(200)
  // The first twenty were told before the second time.
  expect(told).toEqual(all(40))
  vi.advanceTimersByTime(200)
  expect(told).toEqual([...all(40), ...all(20)])
  vi.advanceTimersByTime(10_000)
  expect(told).toHaveLength(60)
})

it('does not tell who went, nor anybody once it is closed', () => {
  turns.add(all(60))
  turns.drop(20)
  vi.advanceTimersByTime(200)
  expect(told).toEqual(all(41).filter((one) => one !== 20))
  turns.close()
  vi.advanceTimersByTime(10_000)
  expect(told).toHaveLength(40)
})
