import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '@orpc/server'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { actionOf, beginAction, emptyTicketDraft } from '#contract/desk-tickets.ts'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { ticketsService } from './tickets.ts'

const now = () => new Date('2026-11-24T09:00:00.000Z')

let dir: string
let cache: Cache
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-tickets-'))
  cache = openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now })
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

it('takes a text back only where it fits whole beside what is typed', async () => {
  const ticket = sample.ticket()
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  const text = 'm'.repeat(5000)
  const typed = { ...emptyTicketDraft, note: 'n'.repeat(4000) }
  cache.ticketDrafts.save(operator.user.id, ticket.id, 0, typed)
  const [sent] = cache.accept(operator, [
    { name: 'ticket.note', args: { id: newId(), ticketId: ticket.id, text } },
  ])
  const fault = { kind: 'conflict' as const, code: 'ticket-refused' as const, params: { why: 'closed' } }
  const { streamId } = cache.sync.stream(operator.user.id)
  cache.sync.settle(streamId, [{ n: 1, id: sent?.id ?? '', status: 'refused', fault }])
  const parts = { cache, now, session: { user: () => operator.user }, draftChanged: () => {} }
  const { takeBack } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  const back = async () => await call(takeBack, { commandId: sent?.id ?? '' })
  await expect(back()).rejects.toMatchObject({ kind: 'conflict', code: 'draft-full' })
  expect(cache.ticketDrafts.get(operator.user.id, ticket.id).draft).toEqual(typed)
  expect(cache.entries(operator.user.id)).toMatchObject([{ request: { args: { text } } }])

  cache.ticketDrafts.save(operator.user.id, ticket.id, 1, { ...typed, note: 'prima' })
  await back()
  expect(cache.ticketDrafts.get(operator.user.id, ticket.id).draft.note).toBe(`prima\n\n${text}`)
  expect(cache.entries(operator.user.id)).toEqual([])
})

it('watches the late ones, however many stand still with an older day behind which they come', async () => {
  const standing = Array.from({ length: 700 }, () =>
    sample.ticket({
      receivedAt: '2026-10-05T08:00:00.000Z',
      dueOn: '2026-11-04',
      clock: {
        suspensions: [{ from: '2026-10-26', to: null, reason: 'attesa di un parere' }],
        extensions: [],
        steps: [],
      },
    }),
  )
  const late = Array.from({ length: 3 }, (_, i) =>
    sample.ticket({ receivedAt: `2026-10-1${i + 1}T08:00:00.000Z`, dueOn: `2026-11-1${i}` }),
  )
  cache.sync.applyPage([...standing, ...late].map((row) => rowLine('ticket', row)).concat(endLine('1')))
  const parts = { cache, now, session: { user: () => operator.user } }
  const { list } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  for (const team of [null, 'roads']) {
    const { tickets } = await call(list, { which: 'watch', team })
    expect(tickets.map(({ ticket }) => ticket.id)).toEqual(late.map(({ id }) => id))
  }
})

it('says that a list goes on', async () => {
  const rows = Array.from({ length: 301 }, () => sample.ticket({ team: 'roads' }))
  const parts = { cache, now, session: { user: () => operator.user } }
  const { list } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  const listed = async () => await call(list, { which: 'team', team: 'roads' })
  cache.sync.applyPage([...rows.slice(1).map((row) => rowLine('ticket', row)), endLine('1')])
  expect(await listed()).toMatchObject({ tickets: { length: 300 }, more: false })
  cache.sync.applyPage([...rows.slice(0, 1).map((row) => rowLine('ticket', row)), endLine('2')])
  expect(await listed()).toMatchObject({ tickets: { length: 300 }, more: true })
})

it('watches over one’s own teams, however many of others are due before', async () => {
  const day = { receivedAt: '2026-10-10T08:00:00.000Z', dueOn: '2026-11-09' }
  const others = Array.from({ length: 301 }, () => sample.ticket({ ...day, team: 'roads' }))
  const own = sample.ticket({ ...day, dueOn: '2026-11-10', team: 'taxes' })
  cache.sync.applyPage([...[...others, own].map((row) => rowLine('ticket', row)), endLine('1')])
  const user = { ...operator.user, teams: ['taxes'] }
  const parts = { cache, now, session: { user: () => user } }
  const { list } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  const { tickets, more } = await call(list, { which: 'own-watch', team: null })
  expect(tickets.map(({ ticket }) => ticket.id)).toEqual([own.id])
  expect(more).toBe(false)
})

it('lists what somebody has to enter at a body outside, until it has a number or an answer', () => {
  const body = { version: 1, name: { it: 'Strade', en: 'Roads' }, contact: null }
  const rows = [
    { ...body, id: 'roads', kind: 'specialist' as const },
    { ...body, id: 'city-care', kind: 'external' as const },
  ]
  const at = (team: string, over = {}) => sample.ticket({ team, reference: null, metAt: null, ...over })
  const due = at('city-care', { dueOn: '2027-01-20' })
  const others = [
    at('roads'),
    at('city-care', { reference: 'SEG-77' }),
    at('city-care', { status: 'answered', answeredAt: now().toISOString(), metAt: now().toISOString() }),
    at('city-care', { status: 'closed', closedFor: 'anonymous' }),
  ]
  cache.sync.applyPage([
    ...rows.map((row) => rowLine('team', row)),
    ...[...others, due].map((row) => rowLine('ticket', row)),
    endLine('1'),
  ])
  const parts = { cache, now, session: { user: () => operator.user } }
  const { list } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  return expect(call(list, { which: 'outside', team: null })).resolves.toMatchObject({
    tickets: [{ ticket: { id: due.id } }],
  })
})

it('keeps what is typed in an action’s form until the outbox has the action', async () => {
  const ticket = sample.ticket({ status: 'in-progress' })
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  const parts = { cache, now, session: { user: () => operator.user }, sync: { nudge: () => {} } }
  const service = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  const form = { ...beginAction('wait', ticket), reason: 'Serve la planimetria ' }
  const draft = { ...emptyTicketDraft, note: 'mezza nota', action: form }
  await call(service.saveDraft, { ticketId: ticket.id, revision: 0, draft })
  const other = { do: 'assign' as const, assigneeId: operator.user.id, from: ticket.assigneeId }
  const kept = await call(service.act, { ticketId: ticket.id, action: other, revision: 1 })
  expect(kept.draft).toEqual(draft)
  const action = actionOf(form)
  if (!action) throw new Error('the form is filled in')
  const after = await call(service.act, { ticketId: ticket.id, action, revision: 1 })
  expect(after).toMatchObject({ revision: 2, draft: { note: 'mezza nota', action: null } })
  expect(cache.entries(operator.user.id).map(({ request }) => request.name)).toEqual([
    'ticket.assign',
    'ticket.move',
  ])
})

it('finds what was typed in an action’s form of a request that another team has now', async () => {
  const ticket = sample.ticket()
  const parts = { cache, now, session: { user: () => operator.user } }
  const service = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  cache.sync.applyPage([{ type: 'gone', entity: 'ticket', id: ticket.id }, endLine('1')])
  const form = beginAction('extend', ticket)
  const save = (revision: number, reason: string) =>
    call(service.saveDraft, {
      ...{ ticketId: ticket.id, revision },
      draft: { ...emptyTicketDraft, action: { ...form, reason } },
    })
  await save(0, '')
  expect(await call(service.leftDrafts, undefined)).toEqual({ drafts: [] })
  await save(1, 'Manca il parere')
  expect(await call(service.leftDrafts, undefined)).toMatchObject({
    drafts: [{ ticketId: ticket.id, begins: 'Manca il parere' }],
  })
})

it('finds what was typed for a request that another team has now, though the CRM shows it no more', async () => {
  const ticket = sample.ticket()
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  const draft = { ...emptyTicketDraft, message: 'Gentile signora, '.repeat(20) }
  cache.ticketDrafts.save(operator.user.id, ticket.id, 0, draft)
  const client = { ticket: () => Promise.reject(new Fault('not-found', 'ticket-gone')) }
  const parts = { cache, client, now, session: { user: () => operator.user } }
  const service = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  expect(await call(service.leftDrafts, undefined)).toEqual({ drafts: [] })
  cache.sync.applyPage([{ type: 'gone', entity: 'ticket', id: ticket.id }, endLine('2')])
  await expect(call(service.get, { ticketId: ticket.id })).rejects.toMatchObject({ code: 'ticket-gone' })
  const { drafts } = await call(service.leftDrafts, undefined)
  expect(drafts).toEqual([
    { ticketId: ticket.id, begins: draft.message.slice(0, 80), savedAt: now().toISOString() },
  ])
  const kept = await call(service.draft, { ticketId: ticket.id })
  expect(kept).toMatchObject({ draft, revision: 1 })
  // Removed by its author, it is asked for no more.
  await call(service.saveDraft, { ticketId: ticket.id, revision: 1, draft: emptyTicketDraft })
  expect(await call(service.leftDrafts, undefined)).toEqual({ drafts: [] })
})

it('keeps a file for a request that is still on its way, or while the CRM is away; of another’s it says that it is gone', async () => {
  const { id, kind, topicId, text, receivedAt } = sample.ticket()
  const mine = { id, kind, topicId, text, receivedAt, citizenId: null, contactId: null }
  cache.accept(operator, [{ name: 'ticket.open', args: mine }])
  const [gone, here] = [sample.ticket(), sample.ticket()]
  cache.sync.applyPage([rowLine('ticket', gone), rowLine('ticket', here), endLine('1')])
  const client = {
    attach: (ticketId: string) =>
      Promise.reject(
        ticketId === here.id ? new Fault('unavailable', 'crm-away') : new Fault('not-found', 'ticket-gone'),
      ),
  }
  const parts = { cache, client, now, session: { user: () => operator.user } }
  const { attach } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  const add = (ticketId: string) =>
    call(attach, { ticketId, id: newId(), name: 'foto.txt', size: 4, from: 0, base64: 'Zm90bw==' })
  for (const ticketId of [mine.id, here.id]) expect(await add(ticketId)).toEqual({ entry: null, waits: true })
  expect(cache.waitingFiles.of(operator.user.id)).toMatchObject(
    [mine.id, here.id].map((ticketId) => ({ ticketId, name: 'foto.txt', size: 4, fault: null })),
  )
  await expect(add(gone.id)).rejects.toMatchObject({ kind: 'not-found', code: 'ticket-gone' })
})
