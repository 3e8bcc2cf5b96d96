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
