import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { operator, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { FileSender } from './file-sender.ts'

const now = () => new Date('2026-11-24T09:00:00.000Z')
const log = pino({ level: 'silent' })
const me = operator.user.id

let dir: string
let cache: Cache
let sender: FileSender
let crm: 'reachable' | 'away'
let answer: (id: string) => Promise<unknown>
let sent: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-sender-'))
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now })
  ;[crm, sent, answer] = ['reachable', [], async () => {}]
  const attach = async (_ticketId: string, id: string, file: File) => {
    await answer(id)
    sent.push(`${file.name} ${await file.text()}`)
  }
  const session = { user: () => operator.user, latest: { value: { phase: 'signed-in' } } }
  const sync = { state: () => ({ state: crm }), nudge: () => {} }
  const parts = { cache, client: { attach }, session, sync, log, now }
  sender = new FileSender(parts as unknown as ConstructorParameters<typeof FileSender>[0])
  cache.onChange(({ entities }) => {
    if (entities.includes('outbox')) sender.look()
  })
})
afterEach(() => {
  sender.close()
  cache.close()
  rmSync(dir, { recursive: true, force: true })
  vi.useRealTimers()
})

const opened = () => {
  const { id, kind, topicId, text, receivedAt } = sample.ticket()
  const args = { id, kind, topicId, text, receivedAt, citizenId: null, contactId: null }
  const [command] = cache.accept(operator, [{ name: 'ticket.open', args }])
  return { ticketId: id, commandId: command?.id ?? '', n: command?.n ?? 0 }
}
const keep = async (ticketId: string, name = 'foto.txt') => {
  const file = { id: newId(), ticketId, name }
  await cache.waitingFiles.keep(me, file, Buffer.from(name))
  return file
}
const settle = ({ commandId, n }: ReturnType<typeof opened>, status: 'applied' | 'refused') => {
  const { streamId } = cache.sync.stream(me)
  const fault = status === 'refused' ? new Fault('invalid', 'input-invalid').toData() : null
  cache.sync.settle(streamId, [{ n, id: commandId, status, fault }])
}
const waiting = () => cache.waitingFiles.of(me).map(({ name, fault }) => [name, fault?.code ?? null])
const soon = (what: () => unknown, is: unknown) => expect.poll(what).toEqual(is)

it('sends a file when the CRM has taken its request, and no sooner', async () => {
  const mine = opened()
  await keep(mine.ticketId)
  await keep(newId(), 'altro.txt')
  await soon(() => sent, ['altro.txt altro.txt'])
  expect(waiting()).toEqual([['foto.txt', null]])
  settle(mine, 'applied')
  sender.look()
  await soon(() => sent, ['altro.txt altro.txt', 'foto.txt foto.txt'])
  await soon(waiting, [])
})

it('passes over one with which the CRM has a fault, and leaves it with its reason when it has it again and again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let first: string | undefined
  answer = async (id) => {
    first ??= id
    if (id === first) throw new Fault('internal', 'unexpected')
  }
  await keep(newId())
  await keep(newId(), 'altro.txt')
  sender.look()
  await vi.waitFor(() => expect(sent).toEqual(['altro.txt altro.txt']))
  expect(waiting()).toEqual([['foto.txt', null]])
  for (const fault of [null, 'unexpected']) {
    await vi.advanceTimersByTimeAsync(30_000)
    await vi.waitFor(() => expect(waiting()).toEqual([['foto.txt', fault]]))
  }
})

it('leaves one that the CRM refuses with its reason, and goes on with the next; one whose request was refused too', async () => {
  const mine = opened()
  const gone = await keep(mine.ticketId)
  const bad = await keep(newId(), 'brutto.txt')
  answer = async (id) => {
    if (id === gone.id) throw new Fault('not-found', 'ticket-gone')
    if (id === bad.id) throw new Fault('invalid', 'attachment-refused', { params: { why: 'infected' } })
  }
  await keep(newId(), 'buono.txt')
  settle(mine, 'refused')
  await soon(() => sent, ['buono.txt buono.txt'])
  await soon(waiting, [
    ['foto.txt', 'ticket-gone'],
    ['brutto.txt', 'attachment-refused'],
  ])
})

it('tries again later while the CRM is away or busy', async () => {
  crm = 'away'
  await keep(newId())
  await vi.waitFor(() => expect(waiting()).toEqual([['foto.txt', null]]))
  expect(sent).toEqual([])
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let asked = 0
  answer = async () => {
    asked += 1
    if (asked < 2) throw new Fault('unavailable', 'unavailable-now')
  }
  crm = 'reachable'
  sender.look()
  while (asked === 0 || vi.getTimerCount() === 0) await new Promise(setImmediate)
  expect(waiting()).toEqual([['foto.txt', null]])
  vi.advanceTimersByTime(30_000)
  while (waiting().length > 0) await new Promise(setImmediate)
  expect(sent).toEqual(['foto.txt foto.txt'])
})
