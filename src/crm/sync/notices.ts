import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Store } from '../store/store.ts'
import { changesChannel } from './changes.ts'

/** How long notices are gathered; how soon an entry above the horizon is looked at again; how often without any notice. */
const gatherMs = 20
const pendingMs = 100
const idleMs = 20_000

export type Notices = {
  /** Yields at once, then whenever the readable end of the change log has moved, until the signal aborts. */
  watch(signal: AbortSignal | undefined): AsyncGenerator<void>
  close(): Promise<void>
}

/**
 * Watches the change log for everybody. A notification says that something was committed; what counts is whether it can be read,
 * which an older transaction may delay, so the end of the log below the horizon is what is compared.
 */
export async function openNotices(store: Store, log: Logger): Promise<Notices> {
  const waiting = new Set<() => void>()
  let closed = false
  let head = ''
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const schedule = (ms: number) => {
    if (closed) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = look().catch((error) => {
        log.warn({ err: error }, 'cannot look for changes')
        schedule(idleMs)
      })
    }, ms)
  }

  async function look(): Promise<void> {
    const { rows } = await sql<{ head: string; pending: boolean }>`
      with horizon as (select pg_snapshot_xmin(pg_current_snapshot()) as xid)
      select coalesce((select l.xid || ' ' || l.seq from change_log l, horizon h where l.xid < h.xid
          order by l.xid desc, l.seq desc limit 1), '') as head,
        exists (select 1 from change_log l, horizon h where l.xid >= h.xid) as pending`.execute(store.db)
    const now = rows[0]
    schedule(now?.pending ? pendingMs : idleMs)
    if (!now || now.head === head) return
    head = now.head
    for (const wake of waiting) wake()
  }

  const stop = await store.listen(changesChannel, () => schedule(gatherMs))
  await look()

  return {
    async *watch(signal) {
      let moved = true
      let wake = () => {}
      const onChange = () => {
        moved = true
        wake()
      }
      waiting.add(onChange)
      signal?.addEventListener('abort', onChange)
      try {
        while (!closed && !signal?.aborted) {
          if (moved) {
            moved = false
            yield
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
      } finally {
        waiting.delete(onChange)
        signal?.removeEventListener('abort', onChange)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      for (const wake of waiting) wake()
      await running
      await stop()
    },
  }
}
