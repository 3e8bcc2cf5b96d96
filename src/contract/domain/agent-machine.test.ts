import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type AgentView, type DesiredState, differs, type EngineState } from './agent.ts'
import {
  type AgentEvent,
  type AgentState,
  memoryOf,
  moveAgent,
  newAgentState,
  restoredState,
  viewOf,
  wantedOf,
} from './agent-machine.ts'

const call = '0192a000-0000-7000-8000-000000000001'
const other = '0192a000-0000-7000-8000-000000000002'
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 25, 9) + seconds * 1000).toISOString()
const ready: DesiredState = { kind: 'ready' }
const pause: DesiredState = { kind: 'not-ready', reason: 'break' }
const meal: DesiredState = { kind: 'not-ready', reason: 'meal' }
const missed: EngineState = { kind: 'not-ready', reason: 'missed', since: at(0) }

const voice: AgentEvent = { type: 'voice', present: true, at: at(0) }
const chosen = (desired: DesiredState): AgentEvent => ({ type: 'chosen', desired })
const began = (callId: string, wrapsUp = true): AgentEvent => ({ type: 'call-began', callId, wrapsUp })
const answered = (callId: string): AgentEvent => ({ type: 'call-answered', callId })
const ended = (callId: string, seconds = 10): AgentEvent => ({ type: 'call-ended', callId, at: at(seconds) })
const engine = (state: EngineState): AgentEvent => ({ type: 'engine', state })
const time = (seconds: number): AgentEvent => ({ type: 'time', at: at(seconds) })
const closed = (contactId: string, next: DesiredState): AgentEvent => ({
  type: 'wrap-up-closed',
  contactId,
  next,
  at: at(50),
})
const play = (...events: AgentEvent[]): AgentState => events.reduce(moveAgent, newAgentState(at(0), 90))
const talking = [voice, chosen(ready), began(call), answered(call)] as const
const wrapping = [...talking, ended(call)] as const

type Row = [
  name: string,
  events: readonly AgentEvent[],
  told: string,
  desired: DesiredState,
  next?: DesiredState,
]
const told = (state: AgentState): string => {
  const { state: kind, reason } = wantedOf(state)
  return reason === null ? kind : `${kind}: ${reason}`
}
test.each<Row>([
  ['signed in', [], 'not-ready: shift-start', { kind: 'not-ready', reason: 'shift-start' }],
  ['ready', [voice, chosen(ready)], 'ready', ready],
  ['ready without a voice', [chosen(ready)], 'not-ready: no-voice', ready],
  ['the voice comes back', [chosen(ready), voice], 'ready', ready],
  ['another reason at once', [chosen(pause), chosen(meal)], 'not-ready: meal', meal],
  ['in call', talking, 'ready', ready],
  ['reserved in a call', [...talking, chosen(pause)], 'ready', ready, pause],
  ['reserved, thought better of', [...talking, chosen(pause), chosen(ready)], 'ready', ready],
  ['wrap-up', wrapping, 'after-call-work', ready],
  ['wrap-up, reserved before', [...talking, chosen(pause), ended(call)], 'after-call-work', ready, pause],
  ['wrap-up is over', [...wrapping, time(100)], 'ready', ready],
  ['wrap-up goes on', [...wrapping, time(99)], 'after-call-work', ready],
  ['wrap-up is over, reserved', [...wrapping, chosen(meal), time(100)], 'not-ready: meal', meal],
  ['closed', [...wrapping, closed(call, ready)], 'ready', ready],
  ['closed, then a break', [...wrapping, closed(call, pause)], 'not-ready: break', pause],
  ['closed otherwise than reserved', [...wrapping, chosen(meal), closed(call, ready)], 'ready', ready],
  [
    'an old one closed meanwhile',
    [...wrapping, chosen(meal), closed(other, ready)],
    'after-call-work',
    ready,
    meal,
  ],
  ['an old one closed at rest', [voice, chosen(pause), closed(other, ready)], 'ready', ready],
  [
    'extended',
    [...wrapping, { type: 'wrap-up-extended', seconds: 60, at: at(20) }, time(159)],
    'after-call-work',
    ready,
  ],
  [
    'extended, over',
    [...wrapping, { type: 'wrap-up-extended', seconds: 60, at: at(20) }, time(160)],
    'ready',
    ready,
  ],
  [
    'no wrap-up after a call that was dialled',
    [...[voice, chosen(pause), began(call, false)], answered(call), ended(call)],
    'not-ready: break',
    pause,
  ],
  ['nor after a ring', [voice, chosen(ready), began(call), ended(call)], 'ready', ready],
  [
    'a break reserved while it rang',
    [voice, chosen(ready), began(call), chosen(pause), ended(call)],
    'not-ready: break',
    pause,
  ],
  [
    'a call back in the wrap-up stops its time',
    [...wrapping, began(other, false), answered(other), time(500)],
    'after-call-work',
    ready,
  ],
  [
    'which begins anew afterwards',
    [...wrapping, began(other, false), ended(other, 300), time(389)],
    'after-call-work',
    ready,
  ],
  ['and then is over', [...wrapping, began(other, false), ended(other, 300), time(390)], 'ready', ready],
  ['missed', [voice, chosen(ready), engine(missed)], 'not-ready: missed', ready],
  ['missed, undone', [voice, chosen(ready), engine(missed), chosen(ready)], 'ready', ready],
  [
    'missed, the engine thinks better of it',
    [voice, chosen(ready), engine(missed), engine({ kind: 'ready', since: at(5) })],
    'ready',
    ready,
  ],
  [
    'missed, the engine is away and back',
    [voice, chosen(ready), engine(missed), engine({ kind: 'unknown', since: at(5) })],
    'not-ready: missed',
    ready,
  ],
  ['missed, then a break', [voice, chosen(ready), engine(missed), chosen(pause)], 'not-ready: break', pause],
  [
    'a site without wrap-up',
    [{ type: 'site', afterCallSeconds: 0 }, ...talking, chosen(meal), ended(call)],
    'not-ready: meal',
    meal,
  ],
  [
    'a site without an end of it',
    [{ type: 'site', afterCallSeconds: null }, ...wrapping, time(100_000)],
    'after-call-work',
    ready,
  ],
])('%s', (_name, events, says, desired, next) => {
  const state = play(...events)
  expect(told(state)).toBe(says)
  expect(viewOf(state)).toMatchObject({ desired, next: next ?? null })
})

const restored = (...events: AgentEvent[]): AgentState => restoredState(memoryOf(play(...events)), at(60))

describe('a host that began anew', () => {
  it('wants what was wanted, and rings nobody before it has a voice', () => {
    expect(told(restored(voice, chosen(ready)))).toBe('not-ready: no-voice')
    expect(told(moveAgent(restored(voice, chosen(ready)), voice))).toBe('ready')
    expect(told(restored(chosen(meal)))).toBe('not-ready: meal')
  })
  it('goes on with the wrap-up, its time and what is reserved', () => {
    const state = restored(...wrapping, chosen(pause))
    expect(viewOf(state)).toMatchObject({ next: pause, afterCallWork: { contactId: call, until: at(100) } })
    expect(told(moveAgent(state, time(100)))).toBe('not-ready: break')
  })
  it('ends a wrap-up whose time ran out meanwhile', () => {
    expect(viewOf(restoredState(memoryOf(play(...wrapping)), at(500))).afterCallWork).toBeNull()
  })
  it('wraps up the call that died with it', () => {
    expect(viewOf(restored(...talking)).afterCallWork).toMatchObject({ contactId: call, until: at(150) })
    expect(viewOf(restored(voice, chosen(ready), began(call))).afterCallWork).toBeNull()
  })
  it.each([
    ['ten minutes', 600, at(660)],
    ['until it is closed', null, null],
  ])('gives a wrap-up the time that the site gives it: %s', (_name, afterCallSeconds, until) => {
    const site: AgentEvent = { type: 'site', afterCallSeconds }
    const contact = { contactId: call, until }
    expect(viewOf(restored(site, ...talking)).afterCallWork).toMatchObject(contact)
    const calling = [site, ...talking, ended(call), began(other, false)]
    expect(viewOf(restored(...calling)).afterCallWork).toMatchObject(contact)
  })
  it('does not forget a missed call', () => {
    expect(told(moveAgent(restored(voice, chosen(ready), engine(missed)), voice))).toBe('not-ready: missed')
  })
})

const anyEvent: fc.Arbitrary<AgentEvent> = fc.oneof(
  fc.constantFrom(ready, pause, meal).map(chosen),
  fc.constantFrom(began(call), began(other, false), answered(call), answered(other)),
  fc.nat(1000).chain((s) => fc.constantFrom(ended(call, s), ended(other, s), time(s))),
  fc.constantFrom(closed(call, pause), closed(other, ready)),
  fc.boolean().map((present): AgentEvent => ({ type: 'voice', present, at: at(1) })),
  fc.nat(300).map((seconds): AgentEvent => ({ type: 'wrap-up-extended', seconds, at: at(30) })),
  fc
    .constantFrom<EngineState>(
      missed,
      { kind: 'ready', since: at(1) },
      { kind: 'unknown', since: at(1) },
      { kind: 'in-call', since: at(1) },
    )
    .map(engine),
)

describe('whatever happens', () => {
  const events = fc.array(anyEvent, { maxLength: 40 })
  it('nobody is ready who does not want it, has no voice, wraps up or was kept', () => {
    fc.assert(
      fc.property(events, (all) => {
        const state = play(...all)
        if (wantedOf(state).state !== 'ready') return
        expect(state).toMatchObject({ desired: ready, voice: true, kept: null, afterCallWork: null })
      }),
    )
  })
  it('one press of ready is enough at rest', () => {
    fc.assert(
      fc.property(events, (all) => {
        const state = play(...all)
        if (state.calls.length > 0 || state.afterCallWork) return
        expect(wantedOf(moveAgent(moveAgent(state, voice), chosen(ready))).state).toBe('ready')
      }),
    )
  })
  it('what is reserved is never lost and never waits without a cause', () => {
    fc.assert(
      fc.property(events, (all) => {
        const { next, calls, afterCallWork } = play(...all)
        if (next) expect(calls.length > 0 || afterCallWork !== null).toBe(true)
      }),
    )
  })
  it('only the operator changes what is desired', () => {
    const choosing = ['chosen', 'wrap-up-closed']
    fc.assert(
      fc.property(events, (all) => {
        const state = play(...all.filter(({ type }) => !choosing.includes(type)))
        expect(state.desired).toEqual({ kind: 'not-ready', reason: 'shift-start' })
      }),
    )
  })
  it('is the same after a restart without calls', () => {
    fc.assert(
      fc.property(events, (all) => {
        const state = play(...all)
        if (state.calls.length > 0) return
        const again = restoredState(memoryOf(state), at(0))
        expect(memoryOf(again)).toEqual(memoryOf(state))
      }),
    )
  })
})

describe('what the engine says', () => {
  const view = (change: Partial<AgentView>): AgentView => ({
    ...viewOf(play(voice, chosen(ready))),
    ...change,
  })
  const kind = (name: 'ready' | 'in-call' | 'offered' | 'after-call-work' | 'unknown'): EngineState => ({
    kind: name,
    since: at(0),
  })
  test.each<[string, AgentView, boolean]>([
    ['ready as desired', view({ engine: kind('ready') }), false],
    ['not ready where ready is desired', view({ engine: missed }), true],
    ['ready where a break is desired', view({ desired: pause, engine: kind('ready') }), true],
    ['nothing', view({ engine: kind('unknown') }), true],
    ['in a call that this desk has', view({ engine: kind('in-call'), inCall: true }), false],
    ['in a call that no desk has any more', view({ engine: kind('in-call') }), true],
    ['reserved without a call', view({ engine: kind('offered') }), true],
    ['a wrap-up that is long over', view({ engine: kind('after-call-work') }), true],
    ['ready while we wrap up', view({ engine: kind('ready'), inCall: true }), false],
  ])('%s', (_name, seen, expected) => {
    expect(differs(seen)).toBe(expected)
  })
})
