import { expect, it } from 'vitest'
import { shiftEnd } from './shift-end.ts'

it('says that the shift ends from a quarter of an hour before', () => {
  const until = '2026-11-24T20:00:00.000Z'
  const at = (time: string) => shiftEnd(until, Date.parse(`2026-11-24T${time}Z`))
  expect([at('19:44:59'), at('19:45:00'), at('19:59:59'), at('20:00:00'), at('20:14:00')]).toEqual([
    ...[null, 'soon', 'soon', 'over', 'over'],
  ])
})
