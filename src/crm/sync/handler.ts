import type { CommandArgs, CommandName } from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import type { Fault } from '#contract/errors.ts'
import type { Trx } from '../store/store.ts'

export type CommandContext = {
  trx: Trx
  /** Who gave the command: the owner of the stream, whatever device sent it. */
  author: User
  /** Whose stream it is. */
  deviceId: Id
  now: Date
  /** When the desk made it, as near as can be told: its word, no more. */
  at: Instant
  /** It is done, and whoever gave it is told this of it. */
  tell(fault: Fault): void
}

/**
 * Does what a command says, in the transaction that raises its stream, and appends what it changed to the change log.
 * Throws a `Fault` to refuse; then nothing of it stays but the refusal.
 */
export type Handler<N extends CommandName> = (context: CommandContext, args: CommandArgs[N]) => Promise<void>
