import type { Logger } from 'pino'
import type { Db } from '../store/store.ts'
import { purge } from './purge.ts'
import type { RetentionTerms } from './terms.ts'

const everyMs = 6 * 3_600_000
/** Not while desks come back after a restart. */
const firstAfterMs = 10 * 60_000

export type Retention = {
  /** Of this process; another may come first. */
  nextRunAt(): Date
  close(): Promise<void>
}

/** Purges some times a day, in whichever process comes first; `sweep` then takes what lay outside the database. */
export function openRetention(
  db: Db,
  log: Logger,
  terms: RetentionTerms,
  now: () => Date,
  sweep: () => Promise<unknown>,
): Retention {
  const openedAt = now().getTime()
  const closing = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  const run = () => {
    running = purge(db, log, terms, now(), closing.signal)
      .then(sweep)
      .catch((error: unknown) => {
        log.error({ err: error }, 'retention could not take what is over its terms')
      })
  }
  const first = setTimeout(run, firstAfterMs).unref()
  const timer = setInterval(run, everyMs).unref()
  return {
    nextRunAt() {
      const passed = now().getTime() - openedAt
      return new Date(
        openedAt + (passed < firstAfterMs ? firstAfterMs : Math.ceil(passed / everyMs) * everyMs),
      )
    },
    async close() {
      clearTimeout(first)
      clearInterval(timer)
      closing.abort()
      await running
    },
  }
}
