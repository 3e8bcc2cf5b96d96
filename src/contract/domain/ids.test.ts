import { expect, it } from 'vitest'
import { Instant } from './ids.ts'

it.each(['1800-01-01T00:00:00Z', '2026-11-30T10:00:00.123+01:00', '2999-12-31T23:59:59Z'])(
  'takes %s',
  (text) => {
    expect(Instant.safeParse(text).success).toBe(true)
  },
)

it.each([
  '0001-01-01T00:00:00+01:00',
  '1799-12-31T23:59:59Z',
  '3000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-14:00',
  '2026-11-30T10:00:00',
])('does not take %s', (text) => {
  expect(Instant.safeParse(text).success).toBe(false)
})
