import type { AgentView } from '#contract/domain/agent.ts'

/** Why the queue itself keeps somebody from calls; each has words. */
const queueReasons = [
  'missed',
  'refused',
  'unreachable',
  'desk-away',
  'not-registered',
  'signed-in',
  'no-voice',
  'session-ends',
] as const
type QueueReason = (typeof queueReasons)[number]

/**
 * The desk at rest, as the queue sees it, because only the queue rings: `kept` is a queue that passes no calls to somebody who wants them,
 * `still-ready` one that passes calls to somebody who wants none, `unheard` one that does not say.
 */
export type Rest =
  | { kind: 'start' | 'ready' | 'not-ready' | 'still-ready' | 'unheard' }
  | { kind: 'kept'; reason: QueueReason | 'other' }

export function restOf({ desired, engine }: Pick<AgentView, 'desired' | 'engine'>): Rest {
  if (desired.kind === 'ready') {
    if (engine.kind === 'unknown') return { kind: 'unheard' }
    if (engine.kind !== 'not-ready') return { kind: 'ready' }
    return { kind: 'kept', reason: queueReasons.find((one) => one === engine.reason) ?? 'other' }
  }
  if (engine.kind === 'ready') return { kind: 'still-ready' }
  return { kind: desired.reason === 'shift-start' ? 'start' : 'not-ready' }
}

/** Before the queue has had time to follow a choice, the choice is what counts. */
export const restAsChosen = ({ desired }: Pick<AgentView, 'desired'>): Rest =>
  restOf({ desired, engine: { kind: 'in-call', since: '' } })
