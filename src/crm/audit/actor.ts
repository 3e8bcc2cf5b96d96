import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuditedOperation, Operation } from '#contract/rights.ts'

/** On whose behalf something is written, as the audit tells it. */
export type Actor = {
  operation: Operation | AuditedOperation | 'account.list' | 'client.list' | 'city.show'
  user: string | null
  device: string | null
  request: string | null
}

const actors = new AsyncLocalStorage<Actor>()

/** Whatever `work` writes in transactions is written by this actor; without one it is the system's. */
export const asActor = <T>(actor: Actor, work: () => T): T => actors.run(actor, work)

/** As a transaction says it at its beginning; the triggers of the audited tables read it. */
export function actorOfNow(): string | null {
  const actor = actors.getStore()
  return actor ? JSON.stringify(actor) : null
}
