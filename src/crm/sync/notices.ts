import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { prepared } from '../store/query.ts'
import type { Store } from '../store/store.ts'
import { changesChannel } from './changes.ts'
import { openTurns } from './turns.ts'

/** How long notices are gathered; how soon an entry above the horizon is looked at again; how often without any notice. */
const gatherMs = 20
const pendingMs = 100
const idleMs = 20_000
/**
 * Who is told pulls at once, which costs the database more than telling who calls: five hundred desks at every change of a busy city would leave
 * nothing for their calls.
 */
const pace = { atOnce: 20, everyMs: 200 }
/** A user's streams: some windows, and those of connections that broke without a word. */
const streamsOfUser = 5
/** Then a stream ends, and whoever listens signs in anew. */
const longestMs = 3_600_000

/** Both by the index alone: a planner that takes a third of the log to lie above the horizon reads all of it to find that nothing does. */
export const endOfLog = sql<{ head: string; pending: boolean }>`
  select ${prepared} coalesce((select l.xid || ' ' || l.seq from change_log l
      where l.xid < pg_snapshot_xmin(pg_current_snapshot()) order by l.xid desc, l.seq desc limit 1), '') as head,
    coalesce((select l.xid from change_log l order by l.xid desc limit 1)
      >= pg_snapshot_xmin(pg_current_snapshot()), false) as pending`

type Listener = { userId: Id; grant: string; since: number; ended: boolean; wake(): void }

export type Notices = {
  /**
   * Yields at once, then when the readable end of the change log has moved: where many watch, in turn, and then for all that happened. Ends when
   * the signal aborts, after an hour, when the user is signed out, may not sign in any more, or opens too many others.
   */
  watch(who: { userId: Id; grant: string }, signal: AbortSignal | undefined): AsyncGenerator<void>
  close(): Promise<void>
}

/**
 * Watches the change log for everybody. A notification says that something was committed; what counts is whether it can be read,
 * which an older transaction may delay, so the end of the log below the horizon is what is compared.
 */
export async function openNotices(store: Store, log: Logger): Promise<Notices> {
  const listeners = new Set<Listener>()
  const turns = openTurns(pace, (listener: Listener) => listener.wake())
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
    const { rows } = await endOfLog.execute(store.db)
    const now = rows[0]
    schedule(now?.pending ? pendingMs : idleMs)
    await endStale()
    if (!now || now.head === head) return
    head = now.head
    turns.add(listeners)
  }

  async function endStale(): Promise<void> {
    if (listeners.size === 0) return
    const asked = [...listeners]
    const userIds = [...new Set(asked.map(({ userId }) => userId))]
    const grants = [...new Set(asked.map(({ grant }) => grant))]
    const { rows } = await sql<{ id: string }>`
      select id::text from users where id = any(${userIds}::uuid[]) and deactivated_at is null
      union all select id from oidc_records where kind = 'Grant' and id = any(${grants}::text[])`.execute(
      store.db,
    )
    const standing = new Set(rows.map(({ id }) => id))
    const oldest = performance.now() - longestMs
    for (const listener of asked) {
      const stands = standing.has(listener.userId) && standing.has(listener.grant)
      if (!stands || listener.since < oldest) end(listener)
    }
  }

  function end(listener: Listener): void {
    listener.ended = true
    listener.wake()
  }

  const stop = await store.listen(changesChannel, () => schedule(gatherMs))
  await look()

  return {
    async *watch({ userId, grant }, signal) {
      let moved = true
      let wake = () => {}
      const listener: Listener = {
        userId,
        grant,
        since: performance.now(),
        ended: false,
        wake() {
          moved = true
          wake()
        },
      }
      listeners.add(listener)
      const theirs = [...listeners].filter((other) => other.userId === userId && !other.ended)
      for (const oldest of theirs.slice(0, -streamsOfUser)) end(oldest)
      signal?.addEventListener('abort', listener.wake)
      try {
        while (!closed && !listener.ended && !signal?.aborted) {
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
        listeners.delete(listener)
        turns.drop(listener)
        signal?.removeEventListener('abort', listener.wake)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      for (const listener of listeners) listener.wake()
      await running
      turns.close()
      await stop()
    },
  }
}
