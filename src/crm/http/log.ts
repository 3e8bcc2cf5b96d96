import pino, { type DestinationStream, type LevelWithSilent, type Logger } from 'pino'
import { sqlState } from '../store/errors.ts'

/**
 * What an error may say in the log: where it happened, never with which values. Messages of the database quote what
 * was stored or typed; they give way to the state and the constraint.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  const state = sqlState(error)
  const details = error as { constraint?: unknown; table?: unknown; routine?: unknown }
  return {
    type: error.name,
    ...(state === null
      ? { message: error.message }
      : { state, constraint: details.constraint, table: details.table, routine: details.routine }),
    stack: frames.join('\n'),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}

/** JSON lines on stderr: stdout belongs to the readiness line. */
export const openLog = (
  destination: DestinationStream = pino.destination(2),
  level: LevelWithSilent = 'info',
): Logger =>
  pino(
    {
      name: 'crm',
      level,
      serializers: { err: describeError, req: () => undefined, res: () => undefined },
    },
    destination,
  )
