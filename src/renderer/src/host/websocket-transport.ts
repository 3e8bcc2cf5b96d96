import { RPCLink } from '@orpc/client/websocket'
import ReconnectingWebSocket from 'partysocket/ws'
import { z } from 'zod'
import type { OpenTransport } from './transport.ts'

export type WebSocketTransportOptions = {
  /** `http://127.0.0.1:<port>`: where the page came from. */
  origin: string
  fetch: typeof globalThis.fetch
  WebSocket: unknown
}

const TicketReply = z.object({ ticket: z.string().min(1).max(200) })

/**
 * A WebSocket to the page's own origin, opened with a one-time ticket that the cookie pays for; every reconnection fetches a new one.
 * A 403 is `stale`, and is tried further: a new launch in the same browser brings a cookie that this window can use too.
 */
export function webSocketTransport(options: WebSocketTransportOptions): OpenTransport {
  return (status) => {
    const address = async (): Promise<string> => {
      const reply = await options.fetch(`${options.origin}/ticket`, {
        method: 'POST',
        credentials: 'same-origin',
        cache: 'no-store',
      })
      if (reply.status === 403) {
        status.set('stale')
        throw new Error('this window is not known to the host')
      }
      if (!reply.ok) throw new Error(`no ticket: ${reply.status}`)
      const { ticket } = TicketReply.parse(await reply.json())
      return `${options.origin.replace(/^http/, 'ws')}/host?ticket=${encodeURIComponent(ticket)}`
    }
    const socket = new ReconnectingWebSocket(address, undefined, {
      WebSocket: options.WebSocket,
      minReconnectionDelay: 200,
      maxReconnectionDelay: 2_000,
      reconnectionDelayGrowFactor: 1.5,
      connectionTimeout: 5_000,
      // What was called in a gap has failed already; sending it later would be a surprise.
      maxEnqueuedMessages: 0,
    })
    // A Blob is read asynchronously, which may change the order of messages.
    socket.binaryType = 'arraybuffer'
    const link = new RPCLink({ websocket: socket as unknown as WebSocket })
    const lose = () => {
      if (status.get() !== 'stale') status.set('lost')
    }
    socket.addEventListener('open', () => status.set('open'))
    socket.addEventListener('close', lose)
    socket.addEventListener('error', lose)
    return {
      link: () => link,
      close: () => {
        socket.close()
        status.set('lost')
      },
    }
  }
}
