import { expect, it } from 'vitest'
import { asksAgain, type Returns, seenNow } from './returns.ts'

const there: Returns = { reachable: true, count: 0 }
const away = seenNow(there, false)
const back = seenNow(away, true)

it('asks again when the CRM is back, also when the answer of before comes after its return', () => {
  const askedAt = away.count
  expect(asksAgain(away, askedAt)).toBe(false)
  expect(asksAgain(back, askedAt)).toBe(true)
})

it('asks once for each return, however often nothing comes of it', () => {
  expect(asksAgain(there, there.count)).toBe(false)
  expect(asksAgain(back, back.count)).toBe(false)
  expect(asksAgain(seenNow(back, true), back.count)).toBe(false)
  const goneAgain = seenNow(back, false)
  expect(asksAgain(goneAgain, back.count)).toBe(false)
  expect(asksAgain(seenNow(goneAgain, true), back.count)).toBe(true)
})
