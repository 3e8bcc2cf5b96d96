import parsePhoneNumber from 'libphonenumber-js/max'
import { expect, test } from 'vitest'
import { toE164 } from './phone-number.ts'

test('an Italian number in E.164 is what the numbering plans say, whatever its length and first digits', () => {
  for (let length = 1; length <= 14; length += 1)
    for (let first = 0; first < 100; first += 1) {
      const number = `+39${`${String(first).padStart(2, '0')}471234567890`.slice(0, length)}`
      const parsed = parsePhoneNumber(number, 'IT')
      expect(toE164(number), number).toBe(parsed?.isPossible() ? parsed.number : null)
    }
})
