import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Call, isLive, plainCall } from './call.ts'
import { type CallEffect, type CallEvent, hasVoice, mixed, transition } from './call-machine.ts'

const at = '2026-11-25T08:00:00.000Z'
const ids = Array.from({ length: 8 }, (_, index) => `0199a000-0000-7000-8000-00000000000${index}`)
const [a = '', b = '', c = ''] = ids

const fresh = (id: string, more: Partial<Call> = {}): Call => ({
  ...plainCall,
  id,
  direction: 'inbound',
  state: 'ringing',
  remote: { number: null, e164: null, displayName: null },
  queue: null,
  practice: false,
  muted: false,
  media: 'none',
  startedAt: at,
  answeredAt: null,
  endedAt: null,
  endReason: null,
  ...more,
})

/** All events in order; each must be allowed. */
function run(...events: CallEvent[]): { calls: readonly Call[]; effects: CallEffect[] } {
  let calls: readonly Call[] = []
  let effects: CallEffect[] = []
  for (const event of events) {
    const step = transition(calls, event)
    if (!step.ok) throw new Error(`${event.type} refused: ${step.refusal}`)
    calls = step.calls
    effects = step.effects
  }
  return { calls, effects }
}
const find = (calls: readonly Call[], id: string) => calls.find((call) => call.id === id)
const talking = (id: string): CallEvent[] => [
  { type: 'ring', call: fresh(id) },
  { type: 'answer', callId: id, at },
  { type: 'established', callId: id, at },
]
const consulting: CallEvent[] = [
  ...talking(a),
  { type: 'dial', call: fresh(b, { direction: 'outbound', consultsFor: a }) },
  { type: 'offered', callId: a, change: 'hold', ok: true },
  { type: 'established', callId: b, at },
]

describe('the call machine', () => {
  it('holds the call that is spoken on before a waiting one is answered', () => {
    const waiting = run(...talking(a), { type: 'ring', call: fresh(b) })
    expect(waiting.effects).toEqual([{ do: 'ring', callId: b, waiting: true }])
    const { calls, effects } = run(
      ...talking(a),
      { type: 'ring', call: fresh(b) },
      { type: 'answer', callId: b, at },
    )
    expect(effects).toEqual([
      { do: 'silence', callId: a },
      { do: 'offer', callId: a, change: 'hold' },
      { do: 'ring', callId: null, waiting: false },
    ])
    expect(calls).toMatchObject([
      { id: a, state: 'held' },
      { id: b, state: 'connecting' },
    ])
  })

  it('leaves a ringing call to the others, and lets it be answered all the same', () => {
    const ignored = run({ type: 'ring', call: fresh(a) }, { type: 'ignore', callId: a })
    expect(ignored.effects).toEqual([{ do: 'ring', callId: null, waiting: false }])
    const step = transition(ignored.calls, { type: 'answer', callId: a, at })
    expect(step.ok).toBe(true)
  })

  it('rings once a call does not answer itself after all, and is silent when that one ends', () => {
    const itself = run({ type: 'ring', call: fresh(a, { autoAnswer: true }) })
    expect(itself.effects).toEqual([])
    const byHand = transition(itself.calls, { type: 'by-hand', callId: a })
    if (!byHand.ok) throw new Error(byHand.refusal)
    expect(byHand.effects).toEqual([{ do: 'ring', callId: a, waiting: false }])
    const over = transition(byHand.calls, { type: 'end', callId: a, at, reason: 'cancelled' })
    expect(over).toMatchObject({ effects: [{ do: 'ring', callId: null, waiting: false }] })
  })

  it('swaps between the two of a consultation', () => {
    const { calls, effects } = run(...consulting, { type: 'resume', callId: a })
    expect(calls).toMatchObject([
      { id: a, state: 'held', changing: 'resume' },
      { id: b, state: 'held', changing: 'hold' },
    ])
    expect(effects.map((effect) => effect.do)).toEqual(['silence', 'offer', 'offer'])
    const back = transition(calls, { type: 'offered', callId: a, change: 'resume', ok: true })
    expect(back).toMatchObject({ ok: true, effects: [{ do: 'speak', callId: a }] })
  })

  it('gives the caller back when the colleague does not answer', () => {
    const { calls, effects } = run(...consulting.slice(0, -1), { type: 'end', callId: b, at, reason: 'busy' })
    expect(find(calls, a)).toMatchObject({ state: 'held', changing: 'resume' })
    expect(effects).toEqual([{ do: 'offer', callId: a, change: 'resume' }])
  })

  it('mixes the two once both are active, and unmixes them when one leaves', () => {
    const joined = run(
      ...consulting,
      { type: 'join', callId: a },
      { type: 'offered', callId: a, change: 'resume', ok: true },
    )
    expect(joined.effects).toEqual([
      { do: 'speak', callId: a },
      { do: 'mix', callIds: [a, b] },
    ])
    const left = transition(joined.calls, { type: 'end', callId: a, at, reason: 'far-end' })
    expect(left).toMatchObject({ ok: true, effects: [{ do: 'mix', callIds: [] }] })
    if (left.ok) expect(find(left.calls, b)).toMatchObject({ state: 'active', conference: false })
  })

  it('ends both calls of a transfer that was accepted, and gives the caller back after one that failed', () => {
    const asked = run(...consulting, { type: 'transfer', callId: a, kind: 'attended', to: '2002' })
    expect(asked.effects).toEqual([{ do: 'refer', callId: a, to: '2002', consultationId: b }])
    const done = transition(asked.calls, { type: 'end', callId: a, at, reason: 'transferred' })
    if (!done.ok) throw new Error(done.refusal)
    expect(done.calls.map((call) => call.endReason)).toEqual(['transferred', 'transferred'])
    expect(done.effects).toContainEqual({ do: 'leave', callId: b })
    const failed = transition(asked.calls, { type: 'transfer-failed', callId: a, failure: 'refused' })
    if (!failed.ok) throw new Error(failed.refusal)
    expect(failed.calls).toMatchObject([
      { changing: 'resume', transfer: { state: 'failed', failure: 'refused' } },
      { state: 'held' },
    ])
  })

  it('holds a caller while a blind transfer is asked for', () => {
    const asked = run(...talking(a), { type: 'transfer', callId: a, kind: 'blind', to: 'team-x' })
    expect(asked.effects.map((effect) => effect.do)).toEqual(['silence', 'offer', 'refer'])
    expect(transition(asked.calls, { type: 'resume', callId: a })).toEqual({ ok: false, refusal: 'illegal' })
    const failed = transition(asked.calls, { type: 'transfer-failed', callId: a, failure: 'busy' })
    expect(failed).toMatchObject({ ok: true, effects: [{ do: 'offer', callId: a, change: 'resume' }] })
  })

  const handedOver: CallEvent[] = [
    ...consulting,
    { type: 'join', callId: a },
    { type: 'offered', callId: a, change: 'resume', ok: true },
    { type: 'transfer', callId: a, kind: 'attended', to: '2002' },
  ]
  const help = fresh(c, { direction: 'outbound', remote: { number: '112', e164: null, displayName: null } })

  it('calls for help out of a conference that is handed over, and lets the hand-over go on', () => {
    const { calls, effects } = run(...handedOver, { type: 'dial', call: help })
    expect(effects).toEqual([
      { do: 'silence', callId: a },
      { do: 'silence', callId: b },
      { do: 'offer', callId: b, change: 'hold' },
      { do: 'mix', callIds: [] },
    ])
    expect(calls).toMatchObject([
      { id: a, state: 'held', changing: 'transfer' },
      { id: b, state: 'held' },
      { id: c, state: 'dialling' },
    ])
    for (const type of ['hold', 'resume'] as const)
      expect(transition(calls, { type, callId: b })).toEqual({ ok: false, refusal: 'illegal' })
    const done = transition(calls, { type: 'end', callId: a, at, reason: 'transferred' })
    expect(done).toMatchObject({ ok: true, calls: [{ state: 'ended' }, { state: 'ended' }, { id: c }] })
  })

  it.each([
    ['a conference', handedOver],
    ['a blind hand-over', [...talking(a), { type: 'transfer', callId: a, kind: 'blind', to: '2002' }]],
  ] satisfies [string, CallEvent[]][])(
    'holds nobody who is spoken with for %s that has failed meanwhile',
    (_, before) => {
      const failed: CallEvent = { type: 'transfer-failed', callId: a, failure: 'busy' }
      const { calls, effects } = run(...before, { type: 'dial', call: help }, failed)
      expect(find(calls, c)?.state).toBe('dialling')
      expect(find(calls, a)).toMatchObject({ state: 'held', transfer: { state: 'failed' } })
      expect(effects.filter((effect) => effect.do === 'offer' && effect.change === 'resume')).toEqual([])
    },
  )

  it('rings back while it rings at the far end and nothing is heard of it', () => {
    const dial: CallEvent = { type: 'dial', call: fresh(a, { direction: 'outbound' }) }
    const rings: CallEvent = { type: 'progress', callId: a, progress: 'ringing' }
    const heard: CallEvent = { type: 'progress', callId: a, progress: 'audible' }
    const [begins, ends] = [true, false].map((on) => ({ do: 'ring-back', on }))
    expect(run(dial).effects).toEqual([])
    expect(run(dial, rings).effects).toEqual([begins])
    expect(run(dial, rings, rings).effects).toEqual([])
    expect(run(dial, rings, heard).effects).toEqual([ends])
    expect(run(dial, heard, rings)).toMatchObject({ calls: [{ progress: 'audible' }], effects: [] })
    const answered = run(dial, rings, { type: 'established', callId: a, at })
    expect(answered).toMatchObject({ calls: [{ state: 'active', progress: null }], effects: [ends] })
    const over = run(dial, rings, { type: 'end', callId: a, at, reason: 'busy' })
    expect(over).toMatchObject({ calls: [{ progress: null }], effects: [ends] })
    expect(transition(answered.calls, rings)).toEqual({ ok: false, refusal: 'illegal' })
  })

  it('calls for help whatever else there is', () => {
    const { calls } = run(
      ...[a, ...ids.slice(3)].flatMap(talking),
      { type: 'dial', call: fresh(b, { direction: 'outbound' }) },
      { type: 'established', callId: b, at },
    )
    const another = fresh(c, { direction: 'outbound' })
    expect(transition(calls, { type: 'dial', call: another })).toEqual({ ok: false, refusal: 'too-many' })
    expect(transition(calls, { type: 'dial', call: help }).ok).toBe(true)
  })

  it('does not let a call be set up while another is', () => {
    const { calls } = run({ type: 'dial', call: fresh(a) }, { type: 'ring', call: fresh(b) })
    expect(transition(calls, { type: 'answer', callId: b, at })).toEqual({ ok: false, refusal: 'busy' })
    expect(transition(calls, { type: 'dial', call: fresh(c) })).toEqual({ ok: false, refusal: 'busy' })
  })

  it('stays silent when a hold is refused while another speaks, and speaks again when none does', () => {
    const waiting: CallEvent[] = [
      ...talking(a),
      { type: 'ring', call: fresh(b) },
      { type: 'answer', callId: b, at },
    ]
    const refused: CallEvent = { type: 'offered', callId: a, change: 'hold', ok: false }
    expect(find(run(...waiting, refused).calls, a)?.state).toBe('held')
    const alone = run(...talking(a), { type: 'hold', callId: a }, refused)
    expect(alone.calls[0]?.state).toBe('active')
    expect(alone.effects).toEqual([{ do: 'speak', callId: a }])
  })
})

const anyId = fc.constantFrom(...ids)
const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.record({ type: fc.constant('ring' as const), call: anyId.map((id) => fresh(id)) }),
  fc.record({
    type: fc.constant('dial' as const),
    call: fc
      .tuple(anyId, fc.option(anyId))
      .map(([id, consultsFor]) => fresh(id, { direction: 'outbound', consultsFor })),
  }),
  fc.record({
    type: fc.constantFrom(
      'ignore' as const,
      'by-hand' as const,
      'hold' as const,
      'resume' as const,
      'join' as const,
      'split' as const,
    ),
    callId: anyId,
  }),
  fc.record({
    type: fc.constantFrom('answer' as const, 'established' as const),
    callId: anyId,
    at: fc.constant(at),
  }),
  fc.record({
    type: fc.constant('offered' as const),
    callId: anyId,
    change: fc.constantFrom('hold' as const, 'resume' as const),
    ok: fc.boolean(),
  }),
  fc.record({ type: fc.constant('mute' as const), callId: anyId, on: fc.boolean() }),
  fc.record({
    type: fc.constant('transfer' as const),
    callId: anyId,
    kind: fc.constantFrom('blind' as const, 'attended' as const),
    to: fc.constant('2002'),
  }),
  fc.record({ type: fc.constant('transfer-ringing' as const), callId: anyId }),
  fc.record({
    type: fc.constant('transfer-failed' as const),
    callId: anyId,
    failure: fc.constantFrom('busy' as const, 'refused' as const),
  }),
  fc.record({
    type: fc.constant('end' as const),
    callId: anyId,
    at: fc.constant(at),
    reason: fc.constantFrom(
      'far-end' as const,
      'operator' as const,
      'transferred' as const,
      'cancelled' as const,
    ),
  }),
)

/** Events that are mostly allowed: at random nearly all would be refused, and little of the state space seen. */
const story = fc.array(fc.oneof(anyEvent, anyEvent, fc.constantFrom(...consulting)), { maxLength: 60 })

describe('whatever happens to the calls of a desk', () => {
  const walk = (
    events: readonly CallEvent[],
    look: (before: readonly Call[], after: readonly Call[]) => void,
  ) => {
    let calls: readonly Call[] = []
    for (const event of events) {
      const step = transition(calls, event)
      if (step.ok) {
        look(calls, step.calls)
        calls = step.calls
      }
    }
    return calls
  }

  it('never are two calls spoken on outside of one conference', () => {
    fc.assert(
      fc.property(story, (events) => {
        walk(events, (_, calls) => {
          const voices = calls.filter(hasVoice)
          if (voices.length > 1) expect(voices.every((call) => call.conference)).toBe(true)
          const members = calls.filter((call) => call.conference)
          expect([0, 2]).toContain(members.length)
          expect(mixed(calls).length === 0 || members.every((call) => call.state === 'active')).toBe(true)
        })
      }),
      { numRuns: 2000 },
    )
  })

  it('what is silenced before another speaks, what speaks was silent: the media follow the state', () => {
    fc.assert(
      fc.property(story, (events) => {
        let calls: readonly Call[] = []
        const silent = new Set<string>()
        for (const event of events) {
          const step = transition(calls, event)
          if (!step.ok) continue
          for (const effect of step.effects) {
            if (effect.do === 'silence') silent.add(effect.callId)
            if (effect.do === 'speak') silent.delete(effect.callId)
          }
          calls = step.calls
          for (const call of calls) {
            if (call.state === 'held') expect(silent.has(call.id)).toBe(true)
            if (call.state === 'active') expect(silent.has(call.id)).toBe(false)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('what has ended stays so, with its first reason', () => {
    fc.assert(
      fc.property(story, (events) => {
        walk(events, (before, after) => {
          for (const call of before) if (!isLive(call)) expect(find(after, call.id)).toEqual(call)
        })
      }),
    )
  })

  it('every reachable state can end, and leaves nothing that rings or is mixed', () => {
    fc.assert(
      fc.property(story, (events) => {
        let calls = walk(events, () => undefined)
        for (const { id } of calls.filter(isLive)) {
          const step = transition(calls, { type: 'end', callId: id, at, reason: 'signalling-lost' })
          if (step.ok) calls = step.calls
        }
        expect(calls.filter(isLive)).toEqual([])
        expect(mixed(calls)).toEqual([])
      }),
    )
  })

  it('only live calls move, and a refusal names its reason', () => {
    fc.assert(
      fc.property(story, anyEvent, (events, event) => {
        const calls = walk(events, () => undefined)
        const step = transition(calls, event)
        if (event.type === 'ring' || event.type === 'dial') return
        const live = find(calls, event.callId)
        if (!live || !isLive(live)) expect(step).toEqual({ ok: false, refusal: 'gone' })
      }),
    )
  })
})
