import { expect, it } from 'vitest'
import { protocolIn, protocolText } from './ticket-protocol.ts'

it.each([
  ...['R-2026-000123', 'r-2026-000123', 'R 2026 123', 'R2026000123', 'R–2026–123', ' R-2026-000123 '],
  ...['2026/123', '2026-000123', '123/2026', '000123/2026', 'R-123/2026'],
  ...['protocollo R-2026-000123', 'Prot. n. 2026/123', 'richiesta 123/2026', 'protocol: R-2026-000123'],
])('reads the number of a request as it is said or typed: %s', (text) => {
  const protocol = protocolIn(text)
  expect(protocol).toEqual({ year: 2026, number: 123 })
  expect(protocol && protocolText(protocol)).toBe('R-2026-000123')
})

it('knows one with more than six figures', () =>
  expect(protocolText(protocolIn('2026/1234567') ?? { year: 0, number: 0 })).toBe('R-2026-1234567'))

it('takes nothing for a number that none can be', () => {
  for (const text of ['', 'R-2026', 'R-2026-0', '2026123', '02 2026 123', '1926/123', 'K7-4MQ', 'Rossi', '%'])
    expect(protocolIn(text)).toBeNull()
})
