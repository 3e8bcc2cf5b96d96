import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { type Call, isLive, plainCall } from '#contract/domain/call.ts'
import { type CallEvent, transition } from '#contract/domain/call-machine.ts'
import type { HeadsetPress, MediaNotice } from '#contract/media.ts'
import { followHeadset } from './headset.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const at = '2026-11-29T09:36:00Z'
const call = (id: string, more: Partial<Call> = {}): Call => ({
  ...plainCall,
  id,
  direction: 'inbound',
  state: 'active',
  remote: { number: '0255510143', e164: '+390255510143', displayName: null },
  queue: null,
  practice: true,
  muted: false,
  media: 'flowing',
  startedAt: at,
  answeredAt: at,
  endedAt: null,
  endReason: null,
  ...more,
})

/** A telephone whose calls move by the machine, and that writes down what it is asked. */
function desk(...begin: Call[]) {
  let calls: readonly Call[] = begin
  const asked: string[] = []
  const listeners = new Set<(call: Call) => void>()
  let hear: (notice: MediaNotice) => void = () => undefined
  const ask = (verb: string) => async (callId: string, on?: boolean) => {
    asked.push([verb, callId, on].filter((part) => part !== undefined).join(' '))
  }
  const stop = followHeadset(
    {
      onNotice(listener) {
        hear = listener
        return () => {
          hear = () => undefined
        }
      },
    },
    {
      calls: () => [...calls],
      on(_event, listener) {
        listeners.add(listener as (call: Call) => void)
        return () => listeners.delete(listener as (call: Call) => void)
      },
      answer: ask('answer'),
      hangUp: ask('hang up'),
      mute: ask('mute'),
    },
    pino({ enabled: false }),
  )
  return {
    asked,
    stop,
    move(event: CallEvent) {
      const step = transition(calls, event)
      if (!step.ok) throw new Error(step.refusal)
      calls = step.calls.filter(isLive)
      for (const one of step.calls) for (const tell of listeners) tell(one)
    },
    press(...presses: HeadsetPress[]) {
      for (const press of presses) hear({ type: 'headset', press })
      return asked
    },
  }
}

const held = (id: string, more: Partial<Call> = {}) => call(id, { state: 'held', ...more })
const colleague = (more: Partial<Call>) => call('colleague', { consultsFor: 'citizen', ...more })

test.each<[string, Call[], string[]]>([
  ['the one call', [call('a')], ['hang up a', 'mute a true']],
  [
    'the one that is heard, before an older one on hold',
    [held('a'), call('b')],
    ['hang up b', 'mute b true'],
  ],
  ['nobody while all are on hold', [held('a'), held('b')], []],
  [
    'the colleague who is being called',
    [held('citizen'), colleague({ state: 'dialling', answeredAt: null })],
    ['hang up colleague', 'mute colleague true'],
  ],
  [
    'the colleague who is asked',
    [held('citizen'), colleague({})],
    ['hang up colleague', 'mute colleague true'],
  ],
  [
    'the citizen who is spoken with in between',
    [call('citizen'), colleague({ state: 'held' })],
    ['hang up citizen', 'mute citizen true'],
  ],
  [
    'the colleague of three together',
    [call('citizen', { conference: true }), colleague({ conference: true })],
    ['hang up colleague', 'mute colleague true'],
  ],
  [
    'the one who is being taken back',
    [held('a'), held('b', { changing: 'resume' })],
    ['hang up b', 'mute b true'],
  ],
  [
    'while the call is handed over nobody, and the colleague who still hears',
    [held('citizen', { changing: 'transfer' }), colleague({})],
    ['mute colleague true'],
  ],
  [
    'while one of three together is handed over nobody, and both',
    [call('citizen', { conference: true, changing: 'transfer' }), colleague({ conference: true })],
    ['mute colleague true'],
  ],
  ['nobody once the call is handed over unasked', [held('citizen', { changing: 'transfer' })], []],
])('hanging up and mute mean %s', (_name, calls, asked) => {
  expect(desk(...calls).press('hang-up', 'mute')).toEqual(asked)
})

describe('to answer', () => {
  const rings = (id: string, more: Partial<Call> = {}) =>
    call(id, { state: 'ringing', answeredAt: null, ...more })

  it('means the call that rings aloud, not one that is left to others', () => {
    expect(desk(rings('a', { ignored: true }), rings('b')).press('answer')).toEqual(['answer b'])
    expect(desk(rings('a', { ignored: true })).press('answer')).toEqual([])
  })
})

describe('a press that comes as the call ends', () => {
  it('does not hang up who is heard instead, and does a moment later', () => {
    const { asked, move, press } = desk(held('citizen'), colleague({ state: 'dialling', answeredAt: null }))
    move({ type: 'end', callId: 'colleague', at, reason: 'busy' })
    vi.advanceTimersByTime(600)
    expect(press('hang-up')).toEqual([])
    expect(press('mute')).toEqual(['mute citizen true'])
    vi.advanceTimersByTime(500)
    press('hang-up')
    expect(asked).toEqual(['mute citizen true', 'hang up citizen'])
  })

  it('is not held back by a call that was not heard', () => {
    const { move, press } = desk(held('a'), call('b'))
    move({ type: 'end', callId: 'a', at, reason: 'far-end' })
    expect(press('hang-up')).toEqual(['hang up b'])
  })
})

it('is followed no more once it is undone', () => {
  const { stop, press } = desk(call('a'))
  stop()
  expect(press('hang-up')).toEqual([])
})
