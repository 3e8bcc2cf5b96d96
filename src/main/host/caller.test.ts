import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CallerContext } from '#contract/crm.ts'
import type { CallerView, SystemTruth } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { endLine, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { Callers } from './caller.ts'
import type { Parts } from './parts.ts'

const now = () => new Date()
const log = pino({ level: 'silent' })
const remote = { number: '0255510143', e164: '+390255510143', displayName: null }
const maria: CallerContext = {
  citizens: [sample.citizen()],
  contacts: [],
  tickets: [],
  appointments: [],
  parties: [],
}

let dir: string
let cache: Cache
let callers: Callers
let state: SystemTruth['crm']['state']
let asked: PromiseWithResolvers<CallerContext>[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  dir = mkdtempSync(join(tmpdir(), 'ascolto-caller-'))
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now })
  asked = []
  const client = {
    callerContext: () => {
      const question = Promise.withResolvers<CallerContext>()
      asked.push(question)
      return question.promise
    },
  }
  state = 'connecting'
  const sync = { state: () => ({ state }), nudge: () => {} }
  callers = new Callers({ cache, client, sync, log, now, session: {} } as unknown as Parts)
})
afterEach(() => {
  vi.useRealTimers()
  callers.close()
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

async function until(
  views: AsyncIterable<CallerView>,
  crm: CallerView['crm'],
  fits: (view: CallerView) => boolean = () => true,
): Promise<CallerView> {
  for await (const view of views) if (view.crm === crm && fits(view)) return view
  throw new Error(`never ${crm}`)
}
const knows = () => {
  const citizen = sample.citizen({ phones: [{ number: remote.e164, kind: 'landline' }] })
  cache.sync.applyPage([rowLine('citizen', citizen), endLine('1')])
}
const ring = () => {
  const callId = newId()
  callers.begin(callId, remote, null)
  return callId
}

it('shows the CRM’s answer also when it comes after the operator was told that it is away', async () => {
  const callId = ring()
  vi.advanceTimersByTime(4_000)
  expect((await until(callers.watch(callId, undefined), 'away')).stories).toEqual([])
  asked[0]?.resolve(maria)
  expect(await until(callers.watch(callId, undefined), 'answered')).toMatchObject({
    number: 'known',
    from: 'crm',
  })
})

it('says at once that a CRM is away which is known to be, asks it all the same and shows what it answers', async () => {
  state = 'away'
  const callId = ring()
  expect((await until(callers.watch(callId, undefined), 'away')).stories).toEqual([])
  expect(asked).toHaveLength(1)
  asked[0]?.resolve(maria)
  expect(await until(callers.watch(callId, undefined), 'answered')).toMatchObject({ from: 'crm' })
})

it('waits for a CRM that is shown as away whether it names others: it may have come back a moment ago', async () => {
  state = 'away'
  knows()
  const [answered, silent, refused] = [ring(), ring(), ring()]
  for (const callId of [answered, silent, refused])
    expect(await until(callers.watch(callId, undefined), 'away')).toMatchObject({ awaited: true })
  vi.advanceTimersByTime(100)
  const spouse = sample.citizen({ id: newId() })
  asked[0]?.resolve({ ...maria, citizens: [spouse] })
  const both = await until(callers.watch(answered, undefined), 'answered')
  expect([both.awaited, both.stories.length]).toEqual([false, 2])
  asked[2]?.reject(new Fault('unavailable', 'crm-away'))
  await until(callers.watch(refused, undefined), 'away', (view) => !view.awaited)
  vi.advanceTimersByTime(4_000)
  await until(callers.watch(silent, undefined), 'away', (view) => !view.awaited)
})

it('waits for the answer to the last question, not for one that was asked of a CRM that was away', async () => {
  state = 'away'
  knows()
  const callId = ring()
  vi.advanceTimersByTime(100)
  const watching = callers.watch(callId, undefined)
  callers.reachable()
  asked[0]?.reject(new Fault('unavailable', 'crm-away'))
  await new Promise(setImmediate)
  expect((await watching.next()).value).toMatchObject({ crm: 'asking', awaited: true })
  asked[1]?.resolve(maria)
  await until(watching as AsyncIterable<CallerView>, 'answered')
})

it('asks once where the CRM is back before the page has painted, and keeps what it answered', async () => {
  state = 'away'
  knows()
  const callId = ring()
  state = 'reachable'
  const watching = callers.watch(callId, undefined)
  expect(asked).toHaveLength(1)
  asked[0]?.resolve(maria)
  await until(watching as AsyncIterable<CallerView>, 'answered', (view) => !view.awaited)
  vi.advanceTimersByTime(100)
  expect(asked).toHaveLength(1)
  vi.advanceTimersByTime(4_000)
  await until(callers.watch(callId, undefined), 'answered', (view) => !view.awaited)
})

it('asks again when the CRM is back, and only about calls that somebody looks at', async () => {
  const callId = ring()
  ring()
  for (const question of asked) question.reject(new Fault('unavailable', 'crm-away'))
  await until(callers.watch(callId, undefined), 'away')
  const watching = callers.watch(callId, undefined)
  callers.reachable()
  expect(asked).toHaveLength(3)
  asked[2]?.resolve(maria)
  expect((await until(watching as AsyncIterable<CallerView>, 'answered')).number).toBe('known')
  callers.reachable()
  expect(asked).toHaveLength(3)
})

it('does not call a CRM away that answered with a fault', async () => {
  const callId = ring()
  asked[0]?.reject(new Fault('forbidden', 'role-missing'))
  expect((await until(callers.watch(callId, undefined), 'refused')).number).toBe('unknown')
})

it('leaves the machine to the page that paints whom the cache knows, and then asks the CRM', async () => {
  knows()
  const callId = ring()
  const first = await until(callers.watch(callId, undefined), 'asking')
  expect(first.stories).toHaveLength(1)
  expect(asked).toHaveLength(0)
  vi.advanceTimersByTime(100)
  asked[0]?.resolve(maria)
  expect(await until(callers.watch(callId, undefined), 'answered')).toMatchObject({ from: 'crm' })
})

it('does not ask the CRM about a call that has gone by then', () => {
  knows()
  callers.forget(ring())
  vi.advanceTimersByTime(1_000)
  expect(asked).toHaveLength(0)
})
