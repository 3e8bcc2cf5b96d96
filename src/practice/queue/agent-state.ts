import type { EngineState } from '#contract/domain/agent.ts'

/** What the engine knows of one operator. Pure moves; the engine applies them and tells the desks. */
export type Agent = {
  extension: string
  /** A binding in the registrar: the agent can be rung. */
  registered: boolean
  /** An authenticated desk on the queue socket. */
  attached: boolean
  /** What the desk asked for last. Kept while it is only unregistered, forgotten when it leaves. */
  wish: Wish
  activity:
    | { kind: 'idle' }
    | { kind: 'offered'; callId: string }
    | { kind: 'in-call'; calls: readonly string[]; fromQueue: boolean }
    | { kind: 'after-call-work' }
  /** When the visible state began, in milliseconds. */
  since: number
}

export type Wish = { kind: 'ready' } | { kind: 'not-ready'; reason: string }

export type AgentEvent =
  | { type: 'registered' }
  | { type: 'unregistered' }
  | { type: 'attached' }
  | { type: 'detached' }
  | { type: 'set'; state: 'ready' | 'not-ready' | 'after-call-work'; reason: string | null }
  | { type: 'offered'; callId: string }
  /** The offer came to nothing; a reason makes the agent not ready, none leaves the wish as it is (the caller gave up). */
  | { type: 'offer-over'; callId: string; reason: string | null }
  | { type: 'call-started'; callId: string; fromQueue: boolean }
  | { type: 'call-ended'; callId: string }

export const newAgent = (extension: string, now: number): Agent => ({
  extension,
  registered: false,
  attached: false,
  wish: { kind: 'not-ready', reason: 'signed-in' },
  activity: { kind: 'idle' },
  since: now,
})

const idle = { kind: 'idle' } as const

function activityAfter(agent: Agent, event: AgentEvent): Agent['activity'] {
  const { activity } = agent
  switch (event.type) {
    case 'set': {
      if (activity.kind === 'offered' || activity.kind === 'in-call') return activity
      return event.state === 'after-call-work' ? { kind: 'after-call-work' } : idle
    }
    case 'offered':
      return activity.kind === 'idle' ? { kind: 'offered', callId: event.callId } : activity
    case 'offer-over':
      return activity.kind === 'offered' && activity.callId === event.callId ? idle : activity
    case 'call-started': {
      const none: { calls: readonly string[]; fromQueue: boolean } = { calls: [], fromQueue: false }
      const before = activity.kind === 'in-call' ? activity : none
      if (before.calls.includes(event.callId)) return activity
      return {
        kind: 'in-call',
        calls: [...before.calls, event.callId],
        fromQueue: before.fromQueue || event.fromQueue,
      }
    }
    case 'call-ended': {
      if (activity.kind !== 'in-call' || !activity.calls.includes(event.callId)) return activity
      const calls = activity.calls.filter((id) => id !== event.callId)
      if (calls.length > 0) return { ...activity, calls }
      return activity.fromQueue && agent.attached ? { kind: 'after-call-work' } : idle
    }
    case 'detached':
      return activity.kind === 'after-call-work' ? idle : activity
    default:
      return activity
  }
}

function wishAfter(agent: Agent, event: AgentEvent): Wish {
  if (event.type === 'detached') return { kind: 'not-ready', reason: 'desk-away' }
  if (event.type === 'offer-over' && event.reason !== null) return { kind: 'not-ready', reason: event.reason }
  if (event.type !== 'set' || event.state === 'after-call-work') return agent.wish
  return event.state === 'ready'
    ? { kind: 'ready' }
    : { kind: 'not-ready', reason: event.reason ?? 'unspecified' }
}

export function moveAgent(agent: Agent, event: AgentEvent, now: number): Agent {
  const next: Agent = {
    ...agent,
    registered: event.type === 'registered' || (event.type !== 'unregistered' && agent.registered),
    attached: event.type === 'attached' || (event.type !== 'detached' && agent.attached),
    wish: wishAfter(agent, event),
    activity: activityAfter(agent, event),
  }
  const before = visible(agent)
  const after = visible(next)
  return before.kind === after.kind && before.reason === after.reason ? next : { ...next, since: now }
}

function visible(agent: Agent): { kind: Exclude<EngineState['kind'], 'unknown'>; reason: string } {
  if (agent.activity.kind !== 'idle') return { kind: agent.activity.kind, reason: '' }
  if (!agent.registered) return { kind: 'not-ready', reason: 'not-registered' }
  if (!agent.attached) return { kind: 'not-ready', reason: 'desk-away' }
  return agent.wish.kind === 'ready'
    ? { kind: 'ready', reason: '' }
    : { kind: 'not-ready', reason: agent.wish.reason }
}

export const isReady = (agent: Agent): boolean => visible(agent).kind === 'ready'
export const isBusy = (agent: Agent): boolean =>
  agent.activity.kind === 'offered' || agent.activity.kind === 'in-call'

export function engineState(agent: Agent): EngineState {
  const { kind, reason } = visible(agent)
  const since = new Date(agent.since).toISOString()
  return kind === 'not-ready' ? { kind, reason, since } : { kind, since }
}
