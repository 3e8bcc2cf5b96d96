import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react'
import type { Draft, Work } from '#contract/desk.ts'
import type { TicketDraft } from '#contract/desk-tickets.ts'
import { isLive } from '#contract/domain/call.ts'
import { type CallState, takeCaller, takeCalls, useCalls } from './call-store.ts'
import type { Connection, DeskClient } from './connection.ts'
import { DraftKeeper, type DraftState } from './draft-keeper.ts'
import { rootsOf } from './invalidation.ts'
import { takeLines } from './line-store.ts'
import { takeSession, useLive } from './live-store.ts'
import { mergeDraft } from './merge-draft.ts'
import { type Queries, queriesOf } from './queries.ts'
import type { ConnectionStatus } from './status.ts'

/** How long after a call's first view the page asks for those that follow. */
const afterRingMs = 400

type Desk = {
  connection: Connection
  desk: DeskClient
  queries: Queries
  /** Of contacts. */
  keepers: Map<string, DraftKeeper>
  /** Of requests. */
  ticketKeepers: Map<string, DraftKeeper<TicketDraft>>
}

const DeskContext = createContext<Desk | null>(null)

/** Stands for one session; the next one has its own. */
export function DeskProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
  const value = useMemo<Desk>(
    () => ({
      connection,
      desk: connection.desk,
      queries: queriesOf(connection.desk),
      keepers: new Map(),
      ticketKeepers: new Map(),
    }),
    [connection],
  )
  useEffect(() => {
    const leave = () => {
      for (const keeper of [...value.keepers.values(), ...value.ticketKeepers.values()]) keeper.leave()
    }
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      for (const keeper of [...value.keepers.values(), ...value.ticketKeepers.values()]) keeper.close()
    }
  }, [value])
  return <DeskContext value={value}>{children}</DeskContext>
}

export function useDesk(): Desk {
  const value = useContext(DeskContext)
  if (!value) throw new Error('useDesk stands outside of DeskProvider')
  return value
}

export function useConnectionStatus(): ConnectionStatus {
  const { status } = useDesk().connection
  return useSyncExternalStore(status.subscribe, status.get)
}

/** The session is watched always. */
export function useSessionFeed(connection: Connection): void {
  useEffect(() => {
    const stop = new AbortController()
    void connection
      .watch((signal) => connection.desk.session.watch(undefined, { signal }), takeSession, stop.signal)
      .catch((error: unknown) => console.error('session', error))
    return () => stop.abort()
  }, [connection])
}

/** Everything that a signed-in desk follows, for as long as the component stands. */
export function useDeskFeeds(): void {
  const { connection, desk } = useDesk()
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    const follow = <T,>(
      name: string,
      subscribe: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
      take: (value: T) => void,
    ) =>
      void connection
        .watch(subscribe, take, stop.signal)
        .catch((error: unknown) => console.error(name, error))
    follow(
      'system',
      (signal) => desk.system.watch(undefined, { signal }),
      (truth) => useLive.setState({ truth }),
    )
    follow(
      'agent',
      (signal) => desk.agent.watch(undefined, { signal }),
      (agent) => useLive.setState({ agent }),
    )
    follow('incoming callers', (signal) => desk.caller.incoming(undefined, { signal }), takeCaller)
    follow(
      'calls',
      (signal) => desk.calls.watch(undefined, { signal }),
      ({ calls }) => takeCalls(calls),
    )
    follow(
      'lines',
      (signal) => desk.line.watch(undefined, { signal }),
      ({ lines }) => takeLines(lines),
    )
    follow(
      'changes',
      (signal) => desk.changes.watch(undefined, { signal }),
      (notice) => {
        const roots = rootsOf(notice)
        if (roots === 'all') void client.invalidateQueries()
        else for (const root of roots) void client.invalidateQueries({ queryKey: [root] })
      },
    )
    // Changes in a gap were not heard.
    let open = connection.status.get() === 'open'
    const unsubscribe = connection.status.subscribe(() => {
      const now = connection.status.get() === 'open'
      if (now && !open) void client.invalidateQueries()
      open = now
    })

    // Who calls is told before the call. Only a window that came later has to ask at once; what changes afterwards can wait for the paint.
    const callers = new Map<string, AbortController>()
    const followCallers = ({ calls, callers: told, shownWork }: CallState) => {
      // Of a call that nobody answered the host keeps nothing.
      const followed = new Set(
        calls.filter((call) => isLive(call) || call.answeredAt !== null).map(({ id }) => id),
      )
      if (shownWork !== null) followed.add(shownWork)
      for (const [id, watch] of callers) {
        if (followed.has(id)) continue
        watch.abort()
        callers.delete(id)
      }
      for (const callId of followed) {
        if (callers.has(callId)) continue
        const watch = new AbortController()
        callers.set(callId, watch)
        const stopped = AbortSignal.any([watch.signal, stop.signal])
        const begin = () =>
          void connection
            .watch((signal) => desk.caller.watch({ callId }, { signal }), takeCaller, stopped)
            // A call that is over when the page comes back has no caller any more.
            .catch(() => undefined)
        if (!(callId in told)) begin()
        else {
          const timer = setTimeout(begin, afterRingMs)
          stopped.addEventListener('abort', () => clearTimeout(timer))
        }
      }
    }
    followCallers(useCalls.getState())
    const stopCallers = useCalls.subscribe(followCallers)
    return () => {
      stop.abort()
      unsubscribe()
      stopCallers()
    }
  }, [connection, desk, client])
}

/** The keeper of a contact's draft: one for each contact, whichever screens show it. */
export function useKeeper<W extends Work | null>(work: W): W extends Work ? DraftKeeper : DraftKeeper | null {
  const { desk, keepers } = useDesk()
  const keeper = work ? keeperOf(desk, keepers, work) : null
  useEffect(() => {
    if (keeper && work) keeper.adopt(work)
  }, [keeper, work])
  return keeper as W extends Work ? DraftKeeper : DraftKeeper | null
}

/** The keepers of any contact, for what is done to one that is not shown. */
export function useKeepers(): (work: Work) => DraftKeeper {
  const { desk, keepers } = useDesk()
  return (work) => keeperOf(desk, keepers, work)
}

function keeperOf(desk: DeskClient, keepers: Map<string, DraftKeeper>, work: Work): DraftKeeper {
  const { contactId } = work
  const known = keepers.get(contactId)
  if (known) return known
  const storage = {
    save: (revision: number, draft: Draft) => desk.work.save({ contactId, revision, draft }),
    reload: async () => (await desk.work.list()).work.find((other) => other.contactId === contactId) ?? null,
  }
  const keeper = new DraftKeeper(work, storage, mergeDraft)
  keepers.set(contactId, keeper)
  return keeper
}

const still = () => () => undefined
const nothing = () => null

/** The draft as it is typed, with how it is saved. */
export function useDraft(work: Work): DraftState & { keeper: DraftKeeper }
export function useDraft(work: Work | null): (DraftState & { keeper: DraftKeeper }) | null
export function useDraft(work: Work | null) {
  const keeper = useKeeper(work)
  const state = useSyncExternalStore(keeper?.subscribe ?? still, keeper?.get ?? nothing)
  return keeper && state ? { ...state, keeper } : null
}
