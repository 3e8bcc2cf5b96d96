const saidBeforeMs = 15 * 60_000

/** `soon`: there is time to finish, or to sign in anew. `over`: the host waits only for what is under way. */
export function shiftEnd(until: string, now: number): 'soon' | 'over' | null {
  const left = Date.parse(until) - now
  return left <= 0 ? 'over' : left <= saidBeforeMs ? 'soon' : null
}
