import { ORPCError } from '@orpc/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '#contract/errors.ts'
import { openBell } from './bell.ts'
import { crmBase, faultOf } from './crm-link.ts'
import { backOffMs, openTruth } from './truth.ts'

const never = new AbortController().signal

describe('the bell', () => {
  it('keeps a ring for whoever waits next, once', async () => {
    const bell = openBell()
    bell.ring()
    bell.ring()
    await bell.wait(60_000, never)
    expect(bell.take()).toBe(false)
    bell.ring()
    expect(bell.take()).toBe(true)
  })

  it('is heard by a ring, by time, and by the end', async () => {
    const bell = openBell()
    const waiting = bell.wait(60_000, never)
    bell.ring()
    await waiting
    await bell.wait(1, never)
    const end = new AbortController()
    const ending = bell.wait(60_000, end.signal)
    end.abort()
    await ending
    await bell.wait(60_000, end.signal)
  })
})

describe('back-off', () => {
  it('grows and stays within half and all of its step, 15 s at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (failures) => {
        const step = Math.min(15_000, 500 * 2 ** (failures - 1))
        const ms = backOffMs(failures)
        expect(ms).toBeGreaterThanOrEqual(step / 2)
        expect(ms).toBeLessThanOrEqual(step)
      }),
    )
  })
})

describe('the truth about the CRM', () => {
  it('keeps since while the state stays and tells only what differs', () => {
    let at = 0
    const truth = openTruth(() => new Date(at))
    const heard: string[] = []
    truth.watch(({ state, since }) => heard.push(`${state} ${Date.parse(since)}`))
    at = 10
    truth.become('away', new Date(500))
    at = 20
    truth.become('away', new Date(500))
    truth.become('away', new Date(900))
    at = 30
    truth.become('reachable')
    truth.become('reachable')
    expect(heard).toEqual(['away 10', 'away 10', 'reachable 30'])
    expect(truth.get().retryAt).toBeNull()
  })
})

describe('answers of the CRM', () => {
  const typed = new Fault('conflict', 'stream-reset').toData()
  const busy = new Fault('unavailable', 'unavailable-now').toData()
  it.each([
    [new ORPCError('FAULT', { status: 409, data: typed }), 'conflict: stream-reset'],
    [new ORPCError('UNAUTHORIZED', { status: 401 }), 'unauthenticated: signed-out'],
    [new ORPCError('INTERNAL_SERVER_ERROR', { status: 500 }), 'internal: unexpected'],
    [new ORPCError('BAD_GATEWAY', { status: 502 }), 'unavailable: crm-away'],
    [new ORPCError('FAULT', { status: 503, data: busy }), 'unavailable: crm-away'],
    [new ORPCError('BAD_REQUEST', { status: 400 }), 'invalid: crm-refused'],
    [new TypeError('fetch failed'), 'unavailable: crm-away'],
    [new DOMException('late', 'TimeoutError'), 'unavailable: crm-away'],
    [new Fault('unauthenticated', 'signed-out'), 'unauthenticated: signed-out'],
  ])('%s', (error, fault) => {
    expect(faultOf(error).message).toBe(fault)
  })
})

describe('the address of the CRM', () => {
  it.each([
    ['https://crm.example.org/', 'https://crm.example.org'],
    ['https://example.org/crm/', 'https://example.org/crm'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('%s', (url, base) => {
    expect(crmBase(url)).toBe(base)
  })
})
