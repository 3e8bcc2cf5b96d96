import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import type { MediaVerb } from '#contract/media.ts'
import { Calls, type CallsOptions } from './calls.ts'

const callId = newId()
let asked: MediaVerb[]
let calls: Calls

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] })
  asked = []
  const media = {
    attached: () => true,
    ask: async (ask: MediaVerb) => {
      asked.push(ask)
      return { ok: true, request: 1 }
    },
  }
  calls = new Calls({ media, path: () => ({}), log: pino({ enabled: false }) } as unknown as CallsOptions)
})
afterEach(() => vi.useRealTimers())

it('sounds a ring after the page has painted who rings', async () => {
  calls.ring(callId)
  await vi.advanceTimersByTimeAsync(20)
  expect(asked).toEqual([])
  await vi.advanceTimersByTimeAsync(100)
  expect(asked).toMatchObject([{ verb: 'ring', callId }])
})

it('does not sound a ring that was over before', async () => {
  calls.ring(callId)
  calls.ring(null)
  await vi.advanceTimersByTimeAsync(200)
  expect(asked).toMatchObject([{ verb: 'ring', callId: null }])
})
