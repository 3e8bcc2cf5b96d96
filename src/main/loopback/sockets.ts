import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { cookieOf, refusalOf } from './guard.ts'
import { type OneTimeSecrets, sameSecret } from './secrets.ts'

const maxPayload = 1024 * 1024

export type SocketOptions = {
  server: Server
  origin: string
  cookie: { name: string; value: string }
  tickets: OneTimeSecrets
  heartbeatMs: number
  attach(socket: WebSocket): void
  log: Logger
}

/** The WebSocket `/host?ticket=…`. Each socket stands alone: what breaks one closes no other. Returns how to end them all. */
export function openSockets(options: SocketOptions): () => Promise<void> {
  const { server, origin, cookie, tickets, log } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false })

  server.on('upgrade', (request, stream, head) => {
    const url = URL.parse(request.url ?? '/', origin)
    const broke = (error: Error) => log.info({ error: error.message }, 'upgrade broke')
    stream.on('error', broke)
    const refuse = (reason: string) => {
      log.warn({ reason }, 'websocket refused')
      answer(stream, 403)
    }
    if (url?.pathname !== '/host') return answer(stream, 404)
    const refusal = refusalOf(request.headers, origin, { origin: 'own', navigation: false })
    if (refusal !== null) return refuse(refusal)
    if (!sameSecret(cookieOf(request.headers, cookie.name) ?? '', cookie.value)) return refuse('cookie')
    if (!tickets.redeem(url.searchParams.get('ticket') ?? '')) return refuse('ticket')
    sockets.handleUpgrade(request, stream, head, (socket) => {
      stream.off('error', broke)
      socket.on('error', (error) => log.warn({ error: error.message }, 'websocket failed'))
      keepAlive(socket, options.heartbeatMs)
      options.attach(socket)
    })
  })

  return () =>
    new Promise((resolve) => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close(() => resolve())
    })
}

/** Ends a socket whose page answers no ping: a frozen or vanished one would hold its streams for ever. */
function keepAlive(socket: WebSocket, everyMs: number): void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, everyMs)
  socket.on('close', () => clearInterval(timer))
}

function answer(stream: Duplex, status: 403 | 404): void {
  const reason = status === 403 ? 'Forbidden' : 'Not Found'
  stream.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
