import type { User } from '#contract/domain/agent.ts'
import type { Id } from '#contract/domain/ids.ts'

/** Who asks: a person, or another system (`isClient`), with an access token of a sign-in (`grant`), or a desk with its own credential; `condemned`: one that was ordered to empty itself now. */
export type Principal =
  | { kind: 'user'; user: User; isClient: boolean; grant: string }
  | { kind: 'device'; deviceId: Id; condemned: boolean }
