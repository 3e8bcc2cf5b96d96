import type { DesiredState } from '#contract/domain/agent.ts'
import { attempt } from '../host/attempt.ts'
import { useDesk } from '../host/desk.tsx'

/** What the operator wants to be, said to the host; a refusal is shown in its place. */
export function useSetDesired(): (desired: DesiredState) => void {
  const { desk } = useDesk()
  return (desired) =>
    void attempt(desired.kind === 'ready' ? 'ready' : 'pause', () => desk.agent.setDesired({ desired }))
}
