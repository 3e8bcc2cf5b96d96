import { expect, it } from 'vitest'
import { sample } from '../../tests/support/sample-rows.ts'
import { actionOf, beginAction, isBlankAction, isOutdatedAction, renewAction } from './desk-tickets.ts'
import { newId } from './domain/ids.ts'
import { lawBook } from './domain/reply-term.ts'
import { actOn, type TicketAction } from './domain/ticket-act.ts'

const [colleague, other] = [newId(), newId()]
const context = {
  ...{ book: lawBook, at: '2026-11-24T09:00:00.000Z', assigneeName: 'Marta' },
  roles: ['supervisor' as const],
}
const ticket = sample.ticket({
  ...{ status: 'in-progress', team: 'taxes', assigneeId: null, kind: 'complaint', topicId: 'waste-tax' },
})
const refusal = (now: typeof ticket, action: TicketAction | null) => {
  const step = action && actOn(now, action, context)
  return step?.ok === false ? step.refusal : null
}

it('knows a form in which nothing is typed or chosen', () => {
  const form = beginAction('assign', ticket)
  expect(isBlankAction({ ...form, reason: ' ' })).toBe(true)
  const citizen = { id: other, name: 'Ada Rossi' }
  for (const change of [
    { reason: 'x' },
    { days: '3' },
    { assigneeId: colleague },
    { team: 'roads' },
    { citizen },
  ])
    expect(isBlankAction({ ...form, ...change })).toBe(false)
})

it('has a form go on with the request as it is now, which was refused as changed', () => {
  const reason = 'Serve un sopralluogo'
  for (const { form, now, as, typed } of [
    {
      form: { ...beginAction('assign', ticket), assigneeId: other },
      now: { ...ticket, assigneeId: colleague },
      as: { assigneeId: other },
    },
    {
      form: { ...beginAction('hand-over', ticket), team: 'roads', reason },
      now: { ...ticket, team: 'mobility' },
      as: { team: 'roads', reason },
    },
    {
      form: { ...beginAction('classify', ticket), kind: 'information' as const, reason },
      now: { ...ticket, topicId: 'parking' },
      as: { kind: 'information', topicId: 'parking', reason },
    },
    {
      form: { ...beginAction('identify', ticket), citizen: { id: other, name: 'Ada Rossi' } },
      now: { ...ticket, citizenId: colleague },
      as: { citizen: { id: other, name: 'Ada Rossi' } },
      // Of a person it is taken for a reason.
      typed: { reason },
    },
  ]) {
    expect(isOutdatedAction(form, ticket)).toBe(false)
    expect(isOutdatedAction(form, now)).toBe(true)
    expect(refusal(now, actionOf(form))).toBe('changed')
    const renewed = renewAction(form, now)
    expect(renewed).toMatchObject(as)
    expect(isOutdatedAction(renewed, now)).toBe(false)
    expect(actionOf({ ...renewed, ...typed })).not.toBe(null)
    expect(refusal(now, actionOf({ ...renewed, ...typed }))).toBe(null)
  }
})

it('says whose a request is, and takes a person away, for a reason where it was somebody’s', () => {
  const citizen = { id: other, name: 'Ada Rossi' }
  expect(actionOf(beginAction('identify', ticket))).toBe(null)
  expect(actionOf({ ...beginAction('identify', { ...ticket, citizenId: null }), citizen })).toEqual({
    ...{ do: 'identify', citizenId: other, reason: null, from: null },
  })
  const known = { ...ticket, citizenId: colleague }
  expect(actionOf({ ...beginAction('identify', known), citizen })).toBe(null)
  expect(actionOf({ ...beginAction('identify', known), citizen, reason: 'un omonimo' })).toEqual({
    ...{ do: 'identify', citizenId: other, reason: 'un omonimo', from: colleague },
  })
  expect(actionOf(beginAction('take-away', known))).toBe(null)
  expect(actionOf({ ...beginAction('take-away', known), reason: 'un omonimo' })).toEqual({
    ...{ do: 'identify', citizenId: null, reason: 'un omonimo', from: colleague },
  })
})

it('keeps no colleague of a team that has the request no more, and no team that has it already', () => {
  const now = { ...ticket, team: 'mobility' }
  const assign = { ...beginAction('assign', ticket), assigneeId: other }
  expect(isOutdatedAction(assign, now)).toBe(true)
  expect(renewAction(assign, now).assigneeId).toBe(null)
  const handOver = { ...beginAction('hand-over', ticket), team: 'mobility', reason: 'è un pass' }
  expect(renewAction(handOver, now)).toMatchObject({ team: null, reason: 'è un pass' })
})
