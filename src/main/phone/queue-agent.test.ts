import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Call, plainCall } from '#contract/domain/call.ts'
import { newId } from '#contract/domain/ids.ts'
import { QueueAgent } from './queue-agent.ts'

const began = Date.parse('2026-03-02T09:00:00Z')
let now: number
let agent: QueueAgent

const answered: Call = {
  ...plainCall,
  id: newId(),
  direction: 'inbound',
  state: 'active',
  remote: { number: null, e164: null, displayName: null },
  queue: { name: 'anagrafe', reason: null, waitedSeconds: 0 },
  practice: false,
  muted: false,
  media: 'flowing',
  startedAt: new Date(began).toISOString(),
  answeredAt: new Date(began).toISOString(),
  endedAt: null,
  endReason: null,
}

beforeEach(() => {
  vi.useFakeTimers()
  now = began
  agent = new QueueAgent({
    credentials: () => null,
    refused: () => undefined,
    agent: () => undefined,
    figures: () => undefined,
    welcome: () => undefined,
    takenOver: () => undefined,
    hasVoice: async () => true,
    mayBeRung: () => true,
    log: pino({ enabled: false }),
    now: () => new Date(now),
  })
  agent.called(answered)
  agent.called({
    ...answered,
    state: 'ended',
    endedAt: new Date(began).toISOString(),
    endReason: 'far-end',
  })
})
afterEach(() => {
  agent.stop()
  vi.useRealTimers()
})

/** By the wall; no timer moves. */
const sleep = (seconds: number): void => {
  now += seconds * 1000
}

it('ends a wrap-up whose time went by while the machine slept as soon as it is awake', async () => {
  expect(agent.view().afterCallWork).not.toBeNull()
  sleep(600)
  agent.prove()
  await vi.advanceTimersByTimeAsync(0)
  expect(agent.view().afterCallWork).toBeNull()
})

it('takes what a short sleep took off the rest of a wrap-up', async () => {
  sleep(60)
  agent.prove()
  await vi.advanceTimersByTimeAsync(29_000)
  expect(agent.view().afterCallWork).not.toBeNull()
  await vi.advanceTimersByTimeAsync(1000)
  expect(agent.view().afterCallWork).toBeNull()
})
