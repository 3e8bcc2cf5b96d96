import { expect, test } from 'vitest'
import type { CommandName } from '#contract/commands/registry.ts'
import { newId } from '#contract/domain/ids.ts'
import { saidByThisClock } from './said-at.ts'

const now = new Date('2026-11-24T09:00:00.000Z')
const minutes = (count: number) => new Date(now.getTime() + count * 60_000).toISOString()
const said = (name: CommandName, at: string, args: unknown, sentAt?: string) => {
  const [command] = saidByThisClock([{ n: 1, id: newId(), at, name, args }], sentAt, now)
  return { at: command?.at, args: command?.args }
}
const day = 24 * 60

test.each<[CommandName, (at: string) => object]>([
  ['ticket.open', (receivedAt) => ({ receivedAt, text: 'x' })],
  ['contact.open', (at) => ({ startedAt: at, answeredAt: at, channel: 'phone' })],
  ['contact.close', (endedAt) => ({ endedAt, note: 'x' })],
  ['citizen.read', (at) => ({ at, from: 'cache' })],
])('%s: every moment that a wrong clock said is put right, and none is to come', (name, args) => {
  // An hour ago, on clocks that are three days ahead and three behind; of the way there it is known only that it takes half a minute at most.
  const [ahead, behind] = [minutes(3 * day - 60), minutes(-3 * day - 60)]
  expect(said(name, ahead, args(ahead), minutes(3 * day))).toEqual({
    at: minutes(-60),
    args: args(minutes(-60)),
  })
  expect(said(name, behind, args(behind), minutes(-3 * day))).toEqual({
    at: minutes(-60.5),
    args: args(minutes(-60.5)),
  })
  // On one that is right and was ahead before.
  expect(said(name, ahead, args(ahead), minutes(0))).toEqual({ at: minutes(0), args: args(minutes(0)) })
  expect(said(name, ahead, args(ahead))).toEqual({ at: minutes(0), args: args(minutes(0)) })
  // What a right clock said stays as it was written.
  const right = '2026-11-24T09:00:00+01:00'
  expect(said(name, right, args(right), minutes(0))).toEqual({ at: right, args: args(right) })
})

test('a moment of the agenda stays, and what is no moment is left to be refused', () => {
  const visit = { startsAt: minutes(600), endsAt: minutes(615) }
  expect(said('appointment.book', minutes(0), visit, minutes(3 * day)).args).toEqual(visit)
  for (const args of [null, 'x', { receivedAt: 7 }, { receivedAt: 'ieri' }])
    expect(said('ticket.open', minutes(0), args, minutes(3 * day)).args).toEqual(args)
})
