import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { emptyTicketDraft } from '#contract/desk-tickets.ts'
import { newId } from '#contract/domain/ids.ts'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'

let dir: string
let cache: Cache
let now: () => Date
const open = () => openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now: () => now() })
beforeEach(() => {
  now = () => new Date()
  dir = mkdtempSync(join(tmpdir(), 'ascolto-drafts-'))
  cache = open()
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

const me = operator.user.id
const typed = { ...emptyTicketDraft, note: 'Mezza nota', message: 'Gentile signora' }
const note = (ticketId: string, text: string): CommandRequest => ({
  name: 'ticket.note',
  args: { id: newId(), ticketId, text },
})

test('a draft is its author’s, outlives a restart, and nothing that becomes of the request touches it', () => {
  const ticket = sample.ticket()
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  expect(cache.ticketDrafts.get(me, ticket.id)).toEqual({
    ...{ draft: emptyTicketDraft, revision: 0, savedAt: null },
  })
  const { savedAt } = cache.ticketDrafts.save(me, ticket.id, 0, typed)
  // A colleague hands it over, and it leaves this desk's scope; then everything is asked for anew.
  cache.sync.applyPage([rowLine('ticket', { ...ticket, version: 2, team: 'parks' }), endLine('2')])
  cache.sync.applyPage([{ type: 'gone', entity: 'ticket', id: ticket.id }, endLine('3')])
  cache.sync.restart()
  cache.close()
  cache = open()
  expect(cache.ticketDrafts.get(me, ticket.id)).toEqual({ draft: typed, revision: 1, savedAt })
  expect(cache.ticketDrafts.get(newId(), ticket.id).draft).toEqual(emptyTicketDraft)
})

test('what is typed for requests that are here no more is found again, by its author alone', () => {
  const [held, gone, untouched] = [sample.ticket(), sample.ticket(), sample.ticket()]
  cache.sync.applyPage([held, gone, untouched].map((row) => rowLine('ticket', row)).concat(endLine('1')))
  for (const { id } of [held, gone]) cache.ticketDrafts.save(me, id, 0, typed)
  cache.ticketDrafts.save(me, untouched.id, 0, emptyTicketDraft)
  expect(cache.ticketDrafts.left(me)).toEqual([])
  for (const { id } of [gone, untouched])
    cache.sync.applyPage([{ type: 'gone', entity: 'ticket', id }, endLine('2')])
  expect(cache.ticketDrafts.left(me)).toMatchObject([{ ticketId: gone.id, draft: typed }])
  expect(cache.ticketDrafts.left(newId())).toEqual([])
  // A desk that is filled anew does not know yet what it will hold.
  cache.sync.restart()
  expect(cache.ticketDrafts.left(me)).toEqual([])
})

test('of two windows the second is told, and what it typed is not written over', () => {
  const id = newId()
  cache.ticketDrafts.save(me, id, 0, typed)
  const other = { ...typed, note: 'L’altra finestra' }
  expect(() => cache.ticketDrafts.save(me, id, 0, other)).toThrow('draft-stale')
  expect(cache.ticketDrafts.get(me, id).draft).toEqual(typed)
  expect(cache.ticketDrafts.save(me, id, 1, other).revision).toBe(2)
})

test('a draft of a request that is here no more goes half a year after it was touched, of one that is here never', () => {
  const [held, purged, late] = [sample.ticket(), sample.ticket(), sample.ticket()]
  cache.sync.applyPage([held, purged].map((row) => rowLine('ticket', row)).concat(endLine('1')))
  for (const { id } of [held, purged]) cache.ticketDrafts.save(me, id, 0, typed)
  cache.sync.applyPage([{ type: 'gone', entity: 'ticket', id: purged.id }, endLine('2')])
  const kept = () => [held, purged, late].map(({ id }) => cache.ticketDrafts.get(me, id).revision)
  const later = (days: number) => {
    const at = new Date(Date.now() + days * 86_400_000)
    now = () => at
    cache.close()
    cache = open()
  }
  later(180)
  expect(kept()).toEqual([1, 1, 0])
  // A desk that is filled anew does not know yet what it will hold.
  cache.sync.restart()
  later(190)
  cache.ticketDrafts.save(me, late.id, 0, typed)
  expect(kept()).toEqual([1, 1, 1])
  cache.sync.applyPage([rowLine('ticket', held), endLine('3')])
  later(191)
  expect(kept()).toEqual([1, 0, 1])
})

test('what is sent leaves the draft in the step that puts it into the outbox, or not at all', () => {
  const ticket = sample.ticket()
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  cache.ticketDrafts.save(me, ticket.id, 0, typed)
  const rest = { ...typed, note: '' }
  expect(() =>
    cache.ticketDrafts.send(operator, ticket.id, [note(ticket.id, typed.note)], { revision: 0, draft: rest }),
  ).toThrow('draft-stale')
  expect(cache.entries(me)).toEqual([])
  expect(cache.ticketDrafts.get(me, ticket.id).draft).toEqual(typed)

  cache.ticketDrafts.send(operator, ticket.id, [note(ticket.id, typed.note)], { revision: 1, draft: rest })
  expect(cache.entries(me).map(({ request }) => request.name)).toEqual(['ticket.note'])
  expect(cache.ticketDrafts.get(me, ticket.id).draft).toEqual(rest)
  expect(cache.ticketEntries(ticket.id).map(({ what }) => what)).toEqual([{ did: 'noted', text: typed.note }])
})

test('what is done is shown at once, in order, and gives way to what the CRM says', () => {
  const ticket = sample.ticket({ team: 'roads' })
  cache.sync.applyPage([rowLine('ticket', ticket), endLine('1')])
  cache.accept(operator, [
    { name: 'ticket.assign', args: { id: newId(), ticketId: ticket.id, assigneeId: me } },
    {
      name: 'ticket.hand-over',
      args: { id: newId(), ticketId: ticket.id, team: 'parks', reason: 'è un albero', reference: null },
    },
  ])
  expect(cache.ticket(ticket.id)).toMatchObject({ team: 'parks', rerouted: 1, assigneeId: null })
  expect(cache.tickets({ team: 'roads', assigneeId: null, dueBy: null, limit: 10 })).toEqual([])
  expect(cache.ticketEntries(ticket.id).map(({ what }) => what.did)).toEqual(['assigned', 'handed-over'])
  // Closed meanwhile by somebody else: neither can be, and the desk shows neither.
  const closed = { ...ticket, version: 2, status: 'closed' as const, metAt: ticket.receivedAt }
  cache.sync.applyPage([rowLine('ticket', closed), endLine('2')])
  expect(cache.ticket(ticket.id)).toEqual(closed)
  expect(cache.ticketEntries(ticket.id)).toEqual([])
})
