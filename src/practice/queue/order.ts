/** Who is offered to whom. Pure: the engine asks after every change. */

export type WaitingCaller = {
  id: string
  /** When they joined; a caller who comes back from an unanswered ring keeps it. Milliseconds. */
  since: number
}

export type ReadyAgent = {
  extension: string
  /** Idle since; ready is idle. Milliseconds. */
  since: number
}

/** The caller who waits longest goes to the operator who is idle longest; ties by id, so that the order is the same every time. */
export function pairUp(
  callers: readonly WaitingCaller[],
  agents: readonly ReadyAgent[],
): { callerId: string; extension: string }[] {
  const first = [...callers].sort((a, b) => a.since - b.since || a.id.localeCompare(b.id))
  const idle = [...agents].sort((a, b) => a.since - b.since || a.extension.localeCompare(b.extension))
  return first.slice(0, idle.length).map((caller, index) => ({
    callerId: caller.id,
    extension: idle[index]?.extension ?? '',
  }))
}
