import type { CommandArgs, CommandEnvelope, CommandName } from '#contract/commands/registry.ts'
import { Instant } from '#contract/domain/ids.ts'

/** A desk gives up a push that takes longer. */
const longestWayMs = 30_000
/** Clocks that are kept agree within this. */
const preciseMs = 2_000

/** The moments among a command's arguments that its desk read from its own clock. Where appointments begin is none: that is a place in the agenda. */
const readFromTheClock: { [N in CommandName]?: readonly (keyof CommandArgs[N] & string)[] } = {
  // From its receipt a request's legal term is counted, which is not before the contact began in which it was made.
  'ticket.open': ['receivedAt'],
  'contact.open': ['startedAt', 'answeredAt'],
  'contact.close': ['endedAt'],
  'citizen.read': ['at'],
}

/**
 * Commands with the moments at which they were given by this clock, none of them to come. A desk tells them by its own, which may be wrong; how wrong shows
 * what time it says it is as it sends, but for the way from there to here, of which the person who was in time has the benefit. So who was asked at a desk that
 * was away for hours keeps what was said in time, and a clock that is behind makes nothing that was late be in time. What it cannot show is a
 * clock that was set right between the command and its sending.
 */
export function saidByThisClock(
  commands: readonly CommandEnvelope[],
  sentAt: string | undefined,
  now: Date,
): readonly CommandEnvelope[] {
  const behind = sentAt === undefined ? 0 : behindBy(now.getTime() - Date.parse(sentAt))
  const byThisClock = (moment: string) => {
    const at = Date.parse(moment) + behind
    return behind === 0 && at <= now.getTime() ? moment : new Date(Math.min(at, now.getTime())).toISOString()
  }
  return commands.map((command) => ({
    ...command,
    at: byThisClock(command.at),
    args: argsBy(byThisClock, command),
  }))
}

/** What is no moment is left to the command's own schema. */
function argsBy(byThisClock: (moment: string) => string, { name, args }: CommandEnvelope): unknown {
  const read: readonly string[] = readFromTheClock[name] ?? []
  if (read.length === 0 || typeof args !== 'object' || args === null) return args
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => {
      const moment = read.includes(key) ? Instant.safeParse(value) : null
      return [key, moment?.success ? byThisClock(moment.data) : value]
    }),
  )
}

function behindBy(apparent: number): number {
  if (apparent > longestWayMs) return apparent - longestWayMs
  return apparent < -preciseMs ? apparent : 0
}
