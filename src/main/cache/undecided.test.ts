import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { undecidedUntil } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { operator } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'

let dir: string
let cache: Cache
let now: Date
const open = () => openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now: () => now })
beforeEach(() => {
  now = new Date(operator.at)
  dir = mkdtempSync(join(tmpdir(), 'ascolto-undecided-'))
  cache = open()
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

const goes = Date.parse(undecidedUntil(operator.at))
const reopenedAt = (at: number) => {
  now = new Date(at)
  cache.close()
  cache = open()
}
const fault = { kind: 'conflict' as const, code: 'ticket-refused' as const, params: {} }
const note = (): CommandRequest => ({
  name: 'ticket.note',
  args: { id: newId(), ticketId: newId(), text: 'Ha detto di chiamarla dopo le due.' },
})
const refuse = (requests: CommandRequest[]) => {
  const sent = cache.accept(operator, requests)
  const { streamId } = cache.sync.stream(operator.user.id)
  cache.sync.settle(
    streamId,
    sent.map(({ n, id }) => ({ n, id, status: 'refused', fault })),
  )
  return sent
}

test('what the CRM refused goes half a year after it was asked, of whoever; what it has not answered never', () => {
  const [, last] = refuse([note(), note()])
  const leaver = { ...operator, user: { ...operator.user, id: newId() } }
  expect(cache.counts(leaver.user.id)).toMatchObject({ refused: 0, others: 0, othersRefused: 2 })
  const [waits] = cache.accept(leaver, [note()])

  reopenedAt(goes)
  expect(cache.entries(null)).toHaveLength(3)
  reopenedAt(goes + 1)
  expect(cache.entries(null).map(({ commandId }) => commandId)).toEqual([waits?.id])
  expect(cache.counts(leaver.user.id)).toMatchObject({ pending: 1, othersRefused: 0 })
  // Its number is given to no other command: the CRM has seen it.
  expect(cache.accept({ ...operator, at: now.toISOString() }, [note()])[0]?.n).toBe((last?.n ?? 0) + 1)
})

test('on a desk that is never closed it goes when something new is accepted', () => {
  refuse([note()])
  now = new Date(goes + 1)
  const [fresh] = cache.accept({ ...operator, at: now.toISOString() }, [note()])
  expect(cache.entries(null).map(({ commandId }) => commandId)).toEqual([fresh?.id])
})

test('a conversation that nobody closed goes half a year after it was last touched', () => {
  const facts = {
    ...{ contactId: newId(), continues: null, queue: null, direction: 'inbound' as const, practice: false },
    remote: { number: '3471234567', e164: '+393471234567', displayName: null },
    ...{ startedAt: operator.at, answeredAt: operator.at, endedAt: operator.at },
  }
  cache.work.put(operator.user.id, facts)
  const count = () => cache.work.get(facts.contactId) !== null
  reopenedAt(goes)
  const kept = count()
  reopenedAt(goes + 1)
  expect([kept, count()]).toEqual([true, false])
})
