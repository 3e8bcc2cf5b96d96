import parsePhoneNumber from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { Draw } from './draw.ts'
import { Once } from './once.ts'
import { PhoneNumbers } from './phone-numbers.ts'
import { progressBar } from './progress.ts'

describe('a city larger than the blocks of invented numbers', () => {
  it('gives each number once, of its kind, and none of the practice line', () => {
    const phones = new PhoneNumbers(new Draw(1), ['+393330000001'])
    const mobiles = Array.from({ length: 200_000 }, () => phones.mobile())
    const landlines = Array.from({ length: 20_000 }, () => phones.landline())
    const all = new Set([...mobiles, ...landlines])
    expect(all.size).toBe(220_000)
    expect(all).not.toContain('+393330000001')
    expect(landlines.filter((number) => number.startsWith('+3902555101'))).toEqual([])
    for (const number of mobiles.filter((_, i) => i % 997 === 0))
      expect(parsePhoneNumber(number)?.getType(), number).toBe('MOBILE')
    for (const number of landlines.filter((_, i) => i % 97 === 0))
      expect(parsePhoneNumber(number)?.getType(), number).toBe('FIXED_LINE')
  })

  it('lets no text through twice, and hardly ever refuses a new one', () => {
    const once = new Once()
    const texts = Array.from({ length: 300_000 }, (_, i) => `RSSMRA80A01F${i}`)
    const refused = texts.filter((text) => !once.take(text))
    expect(refused.length).toBeLessThan(30)
    expect(texts.filter((text) => once.take(text))).toEqual([])
  })
})

it('draws a bar that grows on one line', () => {
  const written: string[] = []
  const show = progressBar({ write: (text) => written.push(text) })
  show({ what: 'accounts', done: 0, total: 4000 })
  show({ what: 'citizens', done: 1000, total: 4000 })
  show({ what: 'agenda', done: 4000, total: 4000 })
  expect(written[0]).toContain(`\r${'░'.repeat(30)} 0 %`)
  expect(written[1]).toContain(`\r${'█'.repeat(8)}${'░'.repeat(22)} 25 %  1000 of 4000 citizens`)
  expect(written[2]).toMatch(/100 %.*\n$/)
})
