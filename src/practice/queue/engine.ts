import type { EngineState } from '#contract/domain/agent.ts'
import type { QueueFigures } from '#contract/queue.ts'
import { type Agent, type AgentEvent, engineState, isReady, moveAgent, newAgent } from './agent-state.ts'
import { pairUp } from './order.ts'

export type EngineEvents = {
  /** Ring this operator for this caller. The outcome comes back as `answered` or `returned`. */
  offer(callId: string, extension: string): void
  state(extension: string, state: EngineState): void
  figures(figures: QueueFigures): void
}

/** The queue: who waits, who may be rung, and the truth about every operator's state. */
export class QueueEngine {
  readonly #events: EngineEvents
  readonly #agents = new Map<string, Agent>()
  readonly #waiting = new Map<string, number>()
  #figures: QueueFigures = { waiting: 0, longestSince: null }
  #dispatching = false

  constructor(events: EngineEvents) {
    this.#events = events
  }

  /** A caller joins, or comes back after a ring that nobody answered with the time of their first joining (milliseconds). */
  join(callId: string, since: number): void {
    this.#waiting.set(callId, since)
    this.#dispatch()
  }

  leave(callId: string): void {
    if (this.#waiting.delete(callId)) this.#dispatch()
  }

  apply(extension: string, event: AgentEvent): void {
    const before = this.#agents.get(extension) ?? newAgent(extension, Date.now())
    const after = moveAgent(before, event, Date.now())
    this.#agents.set(extension, after)
    const [was, is] = [engineState(before), engineState(after)]
    if (JSON.stringify(was) !== JSON.stringify(is)) this.#events.state(extension, is)
    this.#dispatch()
  }

  state(extension: string): EngineState {
    return engineState(this.#agents.get(extension) ?? newAgent(extension, Date.now()))
  }

  states(): { extension: string; state: EngineState }[] {
    return [...this.#agents.values()]
      .filter((agent) => agent.registered || agent.attached)
      .map((agent) => ({ extension: agent.extension, state: engineState(agent) }))
  }

  /** Has been seen since the line was opened. */
  knows(extension: string): boolean {
    return this.#agents.has(extension)
  }

  /** Somebody who could be rung now, other than this one. */
  readyBeside(extension: string): string | null {
    return (
      [...this.#agents.values()].find((agent) => agent.extension !== extension && isReady(agent))
        ?.extension ?? null
    )
  }

  /** Is being rung for a caller of the queue. */
  rung(extension: string): boolean {
    return this.#agents.get(extension)?.activity.kind === 'offered'
  }

  figures(): QueueFigures {
    return this.#figures
  }

  /** Offers until nobody is left on one side; an offer changes states and so comes back here. */
  #dispatch(): void {
    if (this.#dispatching) return
    this.#dispatching = true
    try {
      for (;;) {
        const waiting = Array.from(this.#waiting, ([id, since]) => ({ id, since }))
        const [pair] = pairUp(waiting, [...this.#agents.values()].filter(isReady))
        if (!pair) break
        this.#waiting.delete(pair.callerId)
        this.apply(pair.extension, { type: 'offered', callId: pair.callerId })
        this.#events.offer(pair.callerId, pair.extension)
      }
    } finally {
      this.#dispatching = false
    }
    this.#tellFigures()
  }

  #tellFigures(): void {
    const longest = Math.min(...this.#waiting.values())
    const figures: QueueFigures = {
      waiting: this.#waiting.size,
      longestSince: this.#waiting.size === 0 ? null : new Date(longest).toISOString(),
    }
    if (JSON.stringify(figures) === JSON.stringify(this.#figures)) return
    this.#figures = figures
    this.#events.figures(figures)
  }
}
