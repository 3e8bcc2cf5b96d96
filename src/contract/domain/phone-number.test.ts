import parsePhoneNumber from 'libphonenumber-js/max'
import { expect, test, vi } from 'vitest'
import { formatNumber, maskNumber, toE164 } from './phone-number.ts'

vi.mock('libphonenumber-js/max', { spy: true })

test('an Italian number in E.164 is what the numbering plans say, whatever its length and first digits', () => {
  for (let length = 1; length <= 14; length += 1)
    for (let first = 0; first < 100; first += 1) {
      const number = `+39${`${String(first).padStart(2, '0')}471234567890`.slice(0, length)}`
      const parsed = parsePhoneNumber(number, 'IT')
      expect(toE164(number), number).toBe(parsed?.isPossible() ? parsed.number : null)
    }
})

test('a number that stands in every line of a story is read once', () => {
  vi.mocked(parsePhoneNumber).mockClear()
  for (let line = 0; line < 20; line++) {
    expect(formatNumber('+393471234567')).toBe('347 123 4567')
    expect(maskNumber('+393471234567')).toBe('347 ▪▪▪ 4567')
  }
  expect(parsePhoneNumber).toHaveBeenCalledTimes(1)
})

test('no directory of numbers is kept, and none is taken for another', () => {
  const numbers = Array.from({ length: 300 }, (_, at) => `+3934712${String(at).padStart(5, '0')}`)
  for (const number of [...numbers, ...numbers])
    expect(maskNumber(number)).toBe(`347 ▪▪▪ ${number.slice(-4)}`)
})
