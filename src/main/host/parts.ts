import type { Logger } from 'pino'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Cache } from '../cache/cache.ts'
import type { Phone } from '../phone/phone.ts'
import type { CrmClient, Sync } from '../sync/sync.ts'
import type { SessionKeeper } from './session.ts'

/** What the services of the host are made of. */
export type Parts = {
  cache: Cache
  client: CrmClient
  sync: Sync
  phone: Phone
  session: SessionKeeper
  log: Logger
  now(): Date
}

/** By then a page has painted who rings, and the CRM has had time to say what it knows: what can wait does so until then. */
export const afterPaintMs = 150

export const authorOf = ({ id, name, roles }: User, at: Date): CommandAuthor => ({
  user: { id, name, roles },
  at: at.toISOString(),
})

/** The signed-in user as the author of a command now. Throws `unauthenticated: signed-out`. */
export const author = (parts: Pick<Parts, 'session' | 'now'>): CommandAuthor =>
  authorOf(parts.session.user(), parts.now())
