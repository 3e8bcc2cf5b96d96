import type { AgentView } from '#contract/domain/agent.ts'
import type { Latest } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

export const agentService = (view: Latest<AgentView>, parts: Pick<Parts, 'session' | 'phone'>) => ({
  watch: desk.agent.watch.handler(({ signal }) => view.watch(signal)),
  setDesired: desk.agent.setDesired.handler(async ({ input }) => {
    parts.session.user()
    await parts.phone.setDesired(input.desired)
    return done
  }),
})
