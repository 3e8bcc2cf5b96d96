import { Fault } from '#contract/errors.ts'
import type { Db, Trx } from './engine.ts'
import { isTaken, mayRetry } from './errors.ts'

const attempts = 4

/** Does it again, whole, when another transaction came between: a deadlock, or a seat that was lost at the last moment. */
export async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!mayRetry(error) || attempt === attempts) throw error
    }
  }
}

export const inTransaction = <T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> =>
  withRetries(() => db.transaction().execute(work))

class NotKept<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super()
    this.result = result
  }
}

/** What `work` gives; what it has written stays only when that `isKept`. */
export async function inTrial<T>(
  db: Db,
  work: (trx: Trx) => Promise<T>,
  isKept: (result: T) => boolean,
): Promise<T> {
  try {
    return await inTransaction(db, async (trx) => {
      const result = await work(trx)
      if (!isKept(result)) throw new NotKept(result)
      return result
    })
  } catch (error) {
    if (error instanceof NotKept) return error.result
    throw error
  }
}

/**
 * For what its caller has named: when two ask under one id at once, the second looks again and finds what the first has made. An id that
 * something else has is `conflict`.
 */
export async function inNamedTransaction<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(db, work)
    } catch (error) {
      if (!isTaken(error)) throw error
      if (attempt === attempts) {
        throw new Fault('conflict', 'input-invalid', { params: { field: 'id' }, cause: error })
      }
    }
  }
}
