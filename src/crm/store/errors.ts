/** SQLSTATE of an error of either engine (their classes differ), or null. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null
}

/** The database cannot be asked now: no connection, or it is shutting down. */
export function isDatabaseAway(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return state.startsWith('08') || state.startsWith('57P') || state === '53300'
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    // pg has no codes for these two.
    error.message === 'Connection terminated unexpectedly' ||
    error.message.startsWith('timeout exceeded when trying to connect') ||
    error.message.startsWith('Connection terminated due to connection timeout')
  )
}

/** Deadlock or serialisation failure: the same transaction may succeed when it is tried again. */
export const mayRetry = (error: unknown): boolean => {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** The values were refused: a constraint (class 23), or what cannot be stored (class 22, such as a NUL character). */
export const isBadData = (error: unknown): boolean => {
  const state = sqlState(error)
  return state !== null && (state.startsWith('22') || state.startsWith('23'))
}

/** Another row has this id or name: whoever came first has it. */
export const isTaken = (error: unknown): boolean => sqlState(error) === '23505'

/** A value that no column holds (class 22): a text with a NUL character, a day after the last. */
export const isBadValue = (error: unknown): boolean => sqlState(error)?.startsWith('22') ?? false
