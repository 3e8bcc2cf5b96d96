import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoff } from './backoff.ts'

describe('back-off', () => {
  it('doubles from a quarter of a second', () => {
    expect([0, 1, 2, 3].map((attempt) => backoff(attempt, () => 0.5))).toEqual([250, 500, 1000, 2000])
  })

  it('stays between 150 ms and 21 s and never repeats in step', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const delay = backoff(attempt, () => random)
        expect(delay).toBeGreaterThanOrEqual(150)
        expect(delay).toBeLessThanOrEqual(21_000)
      }),
    )
    expect(backoff(9, () => 0)).not.toBe(backoff(9, () => 1))
  })
})
