/** SQLSTATE of an error of either engine (their classes differ), or null. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null
}

/** No connection (class 08), a statement or transaction that took too long, a lock that did not come, too few resources (53), a broken system (58). */
const away = /^(08...|25P0[34]|53...|55P03|57014|57P0.|58...)$/

/** The database cannot do it now: it is not there, is shutting down or has too much to do. Nothing is wrong with what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return away.test(state)
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

/** What may be asked again later as it is: the database cannot do it now, or others were in its way too often. */
export const passes = (error: unknown): boolean => isDatabaseAway(error) || mayRetry(error)

/** The values were refused: a constraint (class 23), or what cannot be stored (class 22, such as a NUL character). */
export const isBadData = (error: unknown): boolean => {
  const state = sqlState(error)
  return state !== null && (state.startsWith('22') || state.startsWith('23'))
}

/** Another row has this id or name: whoever came first has it. */
export const isTaken = (error: unknown): boolean => sqlState(error) === '23505'

/** A value that no column holds (class 22): a text with a NUL character, a day after the last. */
export const isBadValue = (error: unknown): boolean => sqlState(error)?.startsWith('22') ?? false
