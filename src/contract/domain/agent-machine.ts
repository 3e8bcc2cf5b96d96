import { z } from 'zod'
import type { ToEngine } from '../queue.ts'
import { AfterCallWork, type AgentView, DesiredState, type EngineState } from './agent.ts'
import { Id, Instant } from './ids.ts'
import { LineConfiguration } from './line.ts'

/** What outlives the host: written to disk at every change. */
export const AgentMemory = z.object({
  desired: DesiredState,
  next: DesiredState.nullable(),
  kept: z.object({ reason: z.string().max(64), since: Instant }).nullable(),
  afterCallWork: AfterCallWork.nullable(),
  /** Answered calls that will want a wrap-up. */
  owed: z.array(Id),
  /** As the site had it: the next host begins before the line's configuration is there. */
  afterCallSeconds: LineConfiguration.shape.afterCallSeconds,
})
export type AgentMemory = z.infer<typeof AgentMemory>

type LiveCall = { id: Id; answered: boolean; wrapsUp: boolean }

/** The operator's state as the host owns it. */
export type AgentState = {
  desired: DesiredState
  next: DesiredState | null
  kept: { reason: string; since: Instant } | null
  afterCallWork: AfterCallWork | null
  calls: readonly LiveCall[]
  /** A media end is attached and its microphone can be used; without it nobody may be rung. */
  voice: boolean
  voiceSince: Instant
  engine: EngineState
  /** 0: no wrap-up, null: one without an end. */
  afterCallSeconds: number | null
}

export type AgentEvent =
  | { type: 'chosen'; desired: DesiredState }
  /** `wrapsUp`: it came from a queue. */
  | { type: 'call-began'; callId: Id; wrapsUp: boolean }
  | { type: 'call-answered'; callId: Id }
  | { type: 'call-ended'; callId: Id; at: Instant }
  | { type: 'wrap-up-extended'; seconds: number; at: Instant }
  | { type: 'wrap-up-closed'; contactId: Id; next: DesiredState; at: Instant }
  | { type: 'time'; at: Instant }
  | { type: 'voice'; present: boolean; at: Instant }
  | { type: 'engine'; state: EngineState }
  | { type: 'site'; afterCallSeconds: number | null }

/** What the engine itself decided about a call that came to nothing; it stays so until the operator chooses. */
const keptReasons: readonly string[] = ['missed', 'refused', 'unreachable']

export const shiftStart: DesiredState = { kind: 'not-ready', reason: 'shift-start' }

export const newAgentState = (at: Instant, afterCallSeconds: number | null): AgentState => ({
  desired: shiftStart,
  next: null,
  kept: null,
  afterCallWork: null,
  calls: [],
  voice: false,
  voiceSince: at,
  engine: { kind: 'unknown', since: at },
  afterCallSeconds,
})

const later = (at: Instant, seconds: number): Instant =>
  new Date(Date.parse(at) + seconds * 1000).toISOString()

/** A host began anew. The calls of the one before are gone with its signalling: what they owed is wrapped up now. */
export function restoredState(memory: AgentMemory, at: Instant): AgentState {
  const { owed, ...kept } = memory
  const calls = owed.map((id) => ({ id, answered: true, wrapsUp: true }))
  const before: AgentState = { ...newAgentState(at, memory.afterCallSeconds), ...kept, calls }
  const after = owed.reduce((state, callId) => moveAgent(state, { type: 'call-ended', callId, at }), before)
  return moveAgent(settled(after, at), { type: 'time', at })
}

export const memoryOf = (state: AgentState): AgentMemory => ({
  desired: state.desired,
  next: state.next,
  kept: state.kept,
  afterCallWork: state.afterCallWork,
  owed: state.calls.filter(({ answered, wrapsUp }) => answered && wrapsUp).map(({ id }) => id),
  afterCallSeconds: state.afterCallSeconds,
})

const same = (a: DesiredState, b: DesiredState): boolean =>
  a.kind === 'ready' || b.kind === 'ready' ? a.kind === b.kind : a.reason === b.reason

const isBusy = ({ calls, afterCallWork }: AgentState): boolean => calls.length > 0 || afterCallWork !== null

/** Once nothing holds it up, what was reserved is what is desired. */
function applied(state: AgentState): AgentState {
  if (isBusy(state) || state.next === null) return state
  return { ...state, desired: state.next, next: null, kept: null }
}

/** A wrap-up's time runs while no call does. */
function settled(state: AgentState, at: Instant): AgentState {
  const { afterCallWork, calls, afterCallSeconds } = state
  if (!afterCallWork) return applied(state)
  if (calls.length > 0) return { ...state, afterCallWork: { ...afterCallWork, until: null } }
  if (afterCallWork.until !== null || afterCallSeconds === null) return state
  return { ...state, afterCallWork: { ...afterCallWork, until: later(at, afterCallSeconds) } }
}

/**
 * The operator's state.
 *
 *     not ready ◀──chosen──▶ ready ──call began──▶ in call ──queue call ended──▶ after-call work
 *         ▲                    ▲                      │ other call ended              │ closed, or time is over
 *         └────────────────────┴──────────────────────┴───────────────────────────────┘ next, else as desired before
 *
 * Chosen while in call or in after-call work it is only reserved (`next`); chosen again as it was, the reservation is gone. No call,
 * dialled or received, changes what is desired. What the engine makes of a missed call (`kept`) ends when the operator chooses or the
 * engine itself passes calls again, not by a new connection to it.
 */
export function moveAgent(state: AgentState, event: AgentEvent): AgentState {
  switch (event.type) {
    case 'chosen':
      if (same(event.desired, state.desired)) return { ...state, next: null, kept: null }
      if (isBusy(state)) return { ...state, next: event.desired }
      return { ...state, desired: event.desired, next: null, kept: null }
    case 'call-began': {
      if (state.calls.some(({ id }) => id === event.callId)) return state
      const call = { id: event.callId, answered: false, wrapsUp: event.wrapsUp }
      const { afterCallWork } = state
      return {
        ...state,
        calls: [...state.calls, call],
        afterCallWork: afterCallWork && { ...afterCallWork, until: null },
      }
    }
    case 'call-answered':
      return {
        ...state,
        calls: state.calls.map((call) => (call.id === event.callId ? { ...call, answered: true } : call)),
      }
    case 'call-ended': {
      const call = state.calls.find(({ id }) => id === event.callId)
      if (!call) return state
      const calls = state.calls.filter((one) => one !== call)
      const wrapUp = call.answered && call.wrapsUp && state.afterCallSeconds !== 0
      const afterCallWork = wrapUp
        ? { contactId: call.id, since: event.at, until: null }
        : state.afterCallWork
      return settled({ ...state, calls, afterCallWork }, event.at)
    }
    case 'wrap-up-extended': {
      const { afterCallWork } = state
      if (!afterCallWork?.until) return state
      const from = Date.parse(afterCallWork.until) > Date.parse(event.at) ? afterCallWork.until : event.at
      return { ...state, afterCallWork: { ...afterCallWork, until: later(from, event.seconds) } }
    }
    case 'wrap-up-closed': {
      const { contactId, next } = event
      if (state.afterCallWork?.contactId === contactId)
        return settled({ ...state, afterCallWork: null, next }, event.at)
      // A conversation of earlier: what is reserved for the present one stays.
      return isBusy(state) ? state : applied({ ...state, next })
    }
    case 'time': {
      const until = state.afterCallWork?.until
      if (!until || Date.parse(until) > Date.parse(event.at)) return state
      return applied({ ...state, afterCallWork: null })
    }
    case 'voice':
      return state.voice === event.present ? state : { ...state, voice: event.present, voiceSince: event.at }
    case 'engine':
      return { ...state, engine: event.state, kept: keptAfter(state, event.state) }
    case 'site':
      return { ...state, afterCallSeconds: event.afterCallSeconds }
  }
}

function keptAfter(state: AgentState, engine: EngineState): AgentState['kept'] {
  if (engine.kind === 'ready' || engine.kind === 'offered') return null
  if (engine.kind !== 'not-ready' || state.desired.kind !== 'ready' || state.afterCallWork) return state.kept
  return keptReasons.includes(engine.reason) ? { reason: engine.reason, since: engine.since } : state.kept
}

/** The engine is not to ring this desk: nobody would be heard. */
export const noVoice = 'no-voice'

/** What the engine is to hold. */
export function wantedOf(state: AgentState): Extract<ToEngine, { type: 'set' }> {
  if (state.afterCallWork) return { type: 'set', state: 'after-call-work', reason: null }
  const { desired, kept, voice } = state
  if (desired.kind === 'not-ready') return { type: 'set', state: 'not-ready', reason: desired.reason }
  if (kept) return { type: 'set', state: 'not-ready', reason: kept.reason }
  return voice
    ? { type: 'set', state: 'ready', reason: null }
    : { type: 'set', state: 'not-ready', reason: noVoice }
}

export function viewOf(state: AgentState): AgentView {
  const { desired, engine, next, calls, afterCallWork, voice, voiceSince } = state
  const unheard = desired.kind === 'ready' && !voice ? { reason: noVoice, since: voiceSince } : null
  return {
    desired,
    engine,
    next,
    kept: state.kept ?? unheard,
    inCall: calls.length > 0,
    afterCallWork,
  }
}
