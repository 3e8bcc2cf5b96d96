import type { Db, Trx } from './engine.ts'
import { mayRetry } from './errors.ts'

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
