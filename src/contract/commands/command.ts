import type { z } from 'zod'
import type { Role, User } from '../domain/agent.ts'
import type { Entity, EntityRows } from '../domain/entities.ts'
import type { Id, Instant } from '../domain/ids.ts'

/** Who issued a command, and when by the desk's clock (shown, never used to order). */
export type CommandAuthor = { user: Pick<User, 'id' | 'name' | 'roles'>; at: Instant }

/** Rows as a desk sees them while it replays pending commands. */
export interface LocalRows {
  get<E extends Entity>(entity: E, id: string): EntityRows[E] | undefined
}

export type LocalChange = { [E in Entity]: { entity: E; row: EntityRows[E] } }[Entity]

/**
 * A change that a desk may ask for. `effect` is what the desk's rows look like until the CRM has answered: pure, total
 * (a missing row means no change), and safe to replay from the CRM's rows any number of times.
 */
export type CommandDefinition<Name extends string, Args extends z.ZodType> = {
  name: Name
  args: Args
  roles: readonly Role[]
  effect(rows: LocalRows, args: z.output<Args>, author: CommandAuthor): LocalChange[]
  /** Ids in `args` that another command must have made first: when that one fails, this one fails with it. */
  dependsOn(args: z.output<Args>): readonly (Id | null)[]
  /** Ids this command brings into being. */
  creates(args: z.output<Args>): readonly Id[]
}

export const defineCommand = <Name extends string, Args extends z.ZodType>(
  definition: CommandDefinition<Name, Args>,
): CommandDefinition<Name, Args> => definition

export const anyDeskRole: readonly Role[] = ['operator', 'specialist', 'supervisor', 'administrator']
