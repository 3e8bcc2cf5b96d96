import type { CommandEnvelope } from '#contract/commands/registry.ts'
import { openTicket } from '#contract/commands/ticket.ts'

/** A desk gives up a push that takes longer. */
const longestWayMs = 30_000
/** Clocks that are kept agree within this. */
const preciseMs = 2_000

/**
 * Commands with the moments at which they were given by this clock. A desk tells them by its own, which may be wrong; how wrong shows what time it says
 * it is as it sends, but for the way from there to here, of which the person who was in time has the benefit. So who was asked at a desk that
 * was away for hours keeps what was said in time, and a clock that is behind makes nothing that was late be in time. What it cannot show is a
 * clock that was set right between the command and its sending.
 */
export function saidByThisClock(
  commands: readonly CommandEnvelope[],
  sentAt: string | undefined,
  now: Date,
): readonly CommandEnvelope[] {
  const behind = sentAt === undefined ? 0 : behindBy(now.getTime() - Date.parse(sentAt))
  if (behind === 0) return commands
  const byThisClock = (moment: string) => new Date(Date.parse(moment) + behind).toISOString()
  return commands.map((command) => ({
    ...command,
    at: byThisClock(command.at),
    ...(command.name === 'ticket.open' ? { args: received(command.args, byThisClock) } : {}),
  }))
}

/** From its receipt a request's legal term is counted. */
function received(args: unknown, byThisClock: (moment: string) => string): unknown {
  const known = openTicket.args.pick({ receivedAt: true }).safeParse(args)
  return known.success ? { ...(args as object), receivedAt: byThisClock(known.data.receivedAt) } : args
}

function behindBy(apparent: number): number {
  if (apparent > longestWayMs) return apparent - longestWayMs
  return apparent < -preciseMs ? apparent : 0
}
