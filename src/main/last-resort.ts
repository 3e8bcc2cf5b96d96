import type { Logger } from 'pino'

/**
 * A call is alive in this process: an error that nobody caught is logged and the process goes on, for ending it would hang up on a citizen.
 * Without its message, which may quote what somebody typed.
 */
export function surviveTheUnexpected(log: Logger): void {
  const note = (origin: string) => (error: unknown) => {
    const known = error instanceof Error
    log.fatal(
      {
        origin,
        type: known ? error.name : typeof error,
        ...(known && 'code' in error ? { code: String(error.code) } : {}),
        at: known ? error.stack?.split('\n').filter((line) => line.startsWith('    at ')) : [],
      },
      'nobody caught this; the desk goes on',
    )
  }
  process.on('uncaughtException', note('exception'))
  process.on('unhandledRejection', note('rejection'))
}
