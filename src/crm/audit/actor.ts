import { AsyncLocalStorage } from 'node:async_hooks'
import { sql } from 'kysely'
import type { Operation } from '#contract/rights.ts'
import type { Trx } from '../store/engine.ts'

/** On whose behalf something is written, as the audit tells it. */
export type Actor = {
  operation: Operation
  user: string | null
  device: string | null
  request: string | null
}

const actors = new AsyncLocalStorage<Actor>()

/** Whatever `work` writes in transactions of `inTransaction` is written by this actor; without one it is the system's. */
export const asActor = <T>(actor: Actor, work: () => T): T => actors.run(actor, work)

/** At the beginning of a transaction; the triggers of the audited tables read it. */
export async function nameActor(trx: Trx): Promise<void> {
  const actor = actors.getStore()
  if (!actor) return
  await sql`select set_config('ascolto.actor', ${JSON.stringify(actor)}, true)`.execute(trx)
}
