import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Agent,
  type AgentEvent,
  engineState,
  isBusy,
  isReady,
  moveAgent,
  newAgent,
} from './agent-state.ts'
import { pairUp } from './order.ts'

describe('the queue order', () => {
  it('offers the longest waiting caller to the longest idle operator', () => {
    const callers = [
      { id: 'b', since: 20 },
      { id: 'a', since: 10 },
      { id: 'c', since: 30 },
    ]
    const agents = [
      { extension: '102', since: 5 },
      { extension: '101', since: 9 },
    ]
    expect(pairUp(callers, agents)).toEqual([
      { callerId: 'a', extension: '102' },
      { callerId: 'b', extension: '101' },
    ])
    expect(pairUp([], agents)).toEqual([])
    expect(pairUp(callers, [])).toEqual([])
  })

  it('gives nobody two and leaves nobody out, whatever the order they are listed in', () => {
    const people = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(people, people, (waiting, idle) => {
        const callers = waiting.map((since, n) => ({ id: `c${n}`, since }))
        const agents = idle.map((since, n) => ({ extension: `a${n}`, since }))
        const pairs = pairUp(callers, agents)
        expect(pairs.length).toBe(Math.min(callers.length, agents.length))
        expect(new Set(pairs.map((pair) => pair.callerId)).size).toBe(pairs.length)
        expect(new Set(pairs.map((pair) => pair.extension)).size).toBe(pairs.length)
        expect(pairUp(callers.toReversed(), agents.toReversed())).toEqual(pairs)
      }),
    )
  })
})

const play = (...events: AgentEvent[]): Agent =>
  events.reduce((agent, event, n) => moveAgent(agent, event, (n + 1) * 1000), newAgent('101', 0))
const kind = (agent: Agent) => engineState(agent).kind
const ready: AgentEvent = { type: 'set', state: 'ready', reason: null }
const present: AgentEvent[] = [{ type: 'registered' }, { type: 'attached' }]

describe('an agent', () => {
  it('is not ready with SIP alone, with a desk alone, and before it asked', () => {
    expect(engineState(play({ type: 'registered' }))).toMatchObject({
      kind: 'not-ready',
      reason: 'desk-away',
    })
    expect(engineState(play({ type: 'attached' }, ready))).toMatchObject({
      kind: 'not-ready',
      reason: 'not-registered',
    })
    expect(engineState(play(...present))).toMatchObject({ kind: 'not-ready', reason: 'signed-in' })
    expect(kind(play(...present, ready))).toBe('ready')
  })

  it('becomes ready when the registration follows the wish, idle since then', () => {
    const agent = play({ type: 'attached' }, ready, { type: 'registered' })
    expect(isReady(agent)).toBe(true)
    expect(agent.since).toBe(3000)
  })

  it('does after-call work after a queue call, until the desk sets a state', () => {
    const talking = [
      ...present,
      ready,
      { type: 'offered', callId: 'x' },
      { type: 'call-started', callId: 'x', fromQueue: true },
    ] satisfies AgentEvent[]
    expect(kind(play(...talking))).toBe('in-call')
    const after = [...talking, { type: 'call-ended', callId: 'x' }] satisfies AgentEvent[]
    expect(kind(play(...after))).toBe('after-call-work')
    expect(kind(play(...after, ready))).toBe('ready')
    expect(engineState(play(...after, { type: 'set', state: 'not-ready', reason: 'meal' }))).toMatchObject({
      kind: 'not-ready',
      reason: 'meal',
    })
  })

  it('goes back to ready after a call it dialled', () => {
    const agent = play(
      ...present,
      ready,
      { type: 'call-started', callId: 'x', fromQueue: false },
      { type: 'call-ended', callId: 'x' },
    )
    expect(kind(agent)).toBe('ready')
    expect(agent.since).toBe(5000)
  })

  it('is not ready with the reason after a ring that nobody answered, but stays ready when the caller gave up', () => {
    const ringing = [...present, ready, { type: 'offered', callId: 'x' }] satisfies AgentEvent[]
    expect(
      engineState(play(...ringing, { type: 'offer-over', callId: 'x', reason: 'missed' })),
    ).toMatchObject({
      kind: 'not-ready',
      reason: 'missed',
    })
    expect(kind(play(...ringing, { type: 'offer-over', callId: 'x', reason: null }))).toBe('ready')
    expect(kind(play(...ringing, { type: 'offer-over', callId: 'other', reason: 'missed' }))).toBe('offered')
  })

  it('stays in the call while the desk is gone, and is not ready afterwards', () => {
    const talking = [
      ...present,
      ready,
      { type: 'call-started', callId: 'x', fromQueue: true },
      { type: 'detached' },
      { type: 'unregistered' },
    ] satisfies AgentEvent[]
    expect(kind(play(...talking))).toBe('in-call')
    expect(kind(play(...talking, { type: 'call-ended', callId: 'x' }))).toBe('not-ready')
  })

  it('keeps the time of a state that did not change', () => {
    expect(play(...present, ready, ready, ready).since).toBe(3000)
  })

  it('is never ready and busy at once, whatever happens', () => {
    const callId = fc.constantFrom('x', 'y')
    const event: fc.Arbitrary<AgentEvent> = fc.oneof(
      fc.constantFrom<AgentEvent>(
        { type: 'registered' },
        { type: 'unregistered' },
        { type: 'attached' },
        { type: 'detached' },
        ready,
        { type: 'set', state: 'after-call-work', reason: null },
      ),
      callId.map((id): AgentEvent => ({ type: 'offered', callId: id })),
      callId.map((id): AgentEvent => ({ type: 'offer-over', callId: id, reason: 'missed' })),
      callId.map((id): AgentEvent => ({ type: 'call-started', callId: id, fromQueue: true })),
      callId.map((id): AgentEvent => ({ type: 'call-ended', callId: id })),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const agent = play(...events)
        expect(isReady(agent) && isBusy(agent)).toBe(false)
        if (isReady(agent)) expect(agent.registered && agent.attached).toBe(true)
      }),
    )
  })
})
