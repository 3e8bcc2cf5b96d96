import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Call, plainCall } from '#contract/domain/call.ts'
import { type CallRecord, recordOf } from '#contract/domain/call-record.ts'
import { newId } from '#contract/domain/ids.ts'
import { type Cache, openCache } from './cache.ts'

let dir: string
let cache: Cache
let clock: number
const userId = newId()
const open = () =>
  openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now: () => new Date(clock) })

beforeEach(async () => {
  clock = Date.parse('2026-11-25T09:00:00Z')
  dir = await mkdtemp(join(tmpdir(), 'ascolto-records-'))
  cache = open()
})
afterEach(async () => {
  cache.close()
  await rm(dir, { recursive: true })
})

const instant = (seconds: number) => new Date(clock + seconds * 1000).toISOString()
function record(how: Partial<Call>): CallRecord {
  const made = recordOf({
    ...plainCall,
    id: newId(),
    direction: 'inbound',
    state: 'ended',
    remote: { number: '0255510143', e164: '+390255510143', displayName: null },
    queue: null,
    practice: false,
    muted: false,
    media: 'none',
    startedAt: instant(0),
    answeredAt: null,
    endedAt: instant(20),
    endReason: 'cancelled',
    ...how,
  })
  if (!made) throw new Error('not over')
  return made
}
const all = () => cache.calls.list(userId, { before: null, limit: 50 })

it('names what became of a call, how long it waited and how long it was spoken on', () => {
  const queue = { name: 'Anagrafe', reason: null, waitedSeconds: 40 }
  expect(record({ queue })).toMatchObject({ kind: 'missed', waitSeconds: 60, talkSeconds: 0 })
  expect(record({ endReason: 'elsewhere' }).kind).toBe('elsewhere')
  expect(record({ endReason: 'operator' }).kind).toBe('rejected')
  expect(record({ endReason: 'signalling-lost' }).kind).toBe('missed')
  const answered = { answeredAt: instant(5), endReason: 'operator' as const, queue }
  expect(record(answered)).toMatchObject({ kind: 'answered', waitSeconds: 45, talkSeconds: 15 })
  expect(record({ direction: 'outbound', endReason: 'busy' })).toMatchObject({
    kind: 'dialled',
    talkSeconds: 0,
  })
  const transfer = { kind: 'blind' as const, to: 'team-x', state: 'ringing' as const, failure: null }
  expect(record({ ...answered, endReason: 'transferred', transfer }).transferredTo).toBe('team-x')
})

it('keeps the list over a restart, newest first, by pages, each operator their own', () => {
  const records = [0, 1, 2].map((minute) =>
    record({ startedAt: instant(minute * 60), endedAt: instant(minute * 60 + 9) }),
  )
  for (const one of records) cache.calls.add(userId, one)
  cache.calls.add(newId(), record({}))
  cache.close()
  cache = open()
  expect(all()).toEqual(records.toReversed())
  const [newest] = cache.calls.list(userId, { before: null, limit: 1 })
  expect(cache.calls.list(userId, { before: newest?.startedAt ?? null, limit: 50 })).toEqual(
    records.slice(0, 2).toReversed(),
  )
})

it('knows what was dialled last', () => {
  expect(cache.calls.lastDialled(userId)).toBeNull()
  const remote = (number: string) => ({ number, e164: null, displayName: null })
  cache.calls.add(userId, record({ direction: 'outbound', remote: remote('2002') }))
  cache.calls.add(userId, record({ direction: 'outbound', remote: remote('112'), startedAt: instant(1) }))
  cache.calls.add(userId, record({ startedAt: instant(2) }))
  expect(cache.calls.lastDialled(userId)).toBe('112')
})

it('forgets after a fortnight', () => {
  cache.calls.add(userId, record({}))
  clock += 15 * 86_400_000
  expect(all()).toEqual([])
  cache.calls.add(userId, record({}))
  expect(all()).toHaveLength(1)
})
