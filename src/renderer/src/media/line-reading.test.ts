import { expect, it } from 'vitest'
import { truncated } from './line-reading.ts'

it.each([
  ['192.0.2.17', '192.0.2.0'],
  ['2001:db8:1:2::17', '2001:db8:1::'],
  ['fe80::1', 'fe80::'],
  ['5f2c1a3e-1111-4222-8333-123456789abc.local', 'named'],
  ['', '?'],
])('%s is told as %s', (address, told) => {
  expect(truncated(address)).toBe(told)
})
