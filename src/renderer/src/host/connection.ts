import { createORPCClient, DynamicLink, ORPCError } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { deskContract } from '#contract/desk.ts'
import { type ErrorKind, FaultData } from '#contract/errors.ts'
import { portTransport } from './port-transport.ts'
import { StatusCell, type StatusStore, untilStatus } from './status.ts'
import type { OpenTransport } from './transport.ts'
import { webSocketTransport } from './websocket-transport.ts'

export type DeskClient = ContractRouterClient<typeof deskContract>

export type Connection = {
  /**
   * Calls wait for the first connection; in a gap they fail at once, those in flight with it. What the host refuses rejects with an
   * `ORPCError` whose `code` is `FAULT` and whose `data` is a `FaultData`.
   */
  desk: DeskClient
  status: StatusStore
  /**
   * Follows an event stream over reconnections and host restarts: `connection.watch((signal) => desk.system.watch(undefined, { signal }), show, signal)`.
   * Resolves when `signal` is aborted or the connection closed; rejects when the host refuses the subscription.
   */
  watch<T>(
    subscribe: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
    onValue: (value: T) => void,
    signal: AbortSignal,
  ): Promise<void>
  close(): void
}

/** Connects this window to its host: by the preload's port on `app://`, else by a WebSocket to the page's own origin. */
export function connect(): Connection {
  const { origin, protocol } = window.location
  return connectBy(
    protocol === 'http:'
      ? webSocketTransport({ origin, fetch: window.fetch.bind(window), WebSocket: window.WebSocket })
      : portTransport(window),
  )
}

export function connectBy(open: OpenTransport): Connection {
  const status = new StatusCell()
  const closing = new AbortController()
  const transport = open(status)
  const link = new DynamicLink(async () => {
    await untilStatus(status, (now) => now !== 'connecting')
    if (status.get() !== 'open') throw new Error('the host is not connected')
    return transport.link()
  })
  return {
    desk: createORPCClient<DeskClient>(link),
    status,
    watch: (subscribe, onValue, signal) =>
      follow(status, subscribe, onValue, AbortSignal.any([signal, closing.signal])),
    close: () => {
      closing.abort()
      // An abort, this one or a caller's just before, is sent to the host a few microtasks later and throws unheard when it finds a closed socket.
      setTimeout(() => transport.close())
    },
  }
}

const firstPause = 100
const longestPause = 5_000

async function follow<T>(
  status: StatusStore,
  subscribe: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  onValue: (value: T) => void,
  signal: AbortSignal,
): Promise<void> {
  let pause = firstPause
  while (true) {
    await untilStatus(status, (now) => now === 'open', signal)
    if (signal.aborted) return
    let iterator: AsyncIterator<T> | null = null
    while (true) {
      let step: IteratorResult<T>
      try {
        iterator ??= (await subscribe(signal))[Symbol.asyncIterator]()
        step = await iterator.next()
      } catch (error) {
        if (signal.aborted) return
        if (isRefusal(error)) throw error
        break
      }
      if (signal.aborted) return
      if (step.done === true) break
      pause = firstPause
      try {
        onValue(step.value)
      } catch (error) {
        void iterator.return?.()
        throw error
      }
    }
    await delay(pause, signal)
    pause = Math.min(pause * 2, longestPause)
  }
}

const passing: ErrorKind[] = ['internal', 'unavailable', 'busy', 'too-many']

/** An answer of the host that asking again would not change; a broken connection or a passing fault is none. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ORPCError)) return false
  const fault = FaultData.safeParse(error.data)
  return fault.success ? !passing.includes(fault.data.kind) : error.status < 500
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', settle)
      resolve()
    }
    const timer = setTimeout(settle, ms)
    signal.addEventListener('abort', settle)
  })
}
