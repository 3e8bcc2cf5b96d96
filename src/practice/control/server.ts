import { once } from 'node:events'
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { queueProtocol } from '#contract/queue.ts'
import { type ControlOptions, controlRoutes } from './api.ts'
import { fromHere, mayOpenSocket } from './guard.ts'

export type ServerOptions = {
  port: number
  token: string
  log: Logger
  onSip(socket: WebSocket): void
  onAgent(socket: WebSocket): void
  control: ControlOptions
}

export type Server = { port: number; close(): Promise<void> }

/** Above the frame guard's limit, so that the guard names what is too large; beyond this the socket is closed (1009). */
const maxPayload = 65_536
const mostSockets = 400

/** One HTTP server on 127.0.0.1 for SIP, the queue sockets and the control page. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { log, token } = options
  const app = Fastify({ logger: false, bodyLimit: 4096, forceCloseConnections: true })
  let port = options.port

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!fromHere(request.headers, port)) await reply.code(403).send({ error: 'not from this machine' })
  })
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ err: error }, 'control request failed')
    void reply.code(status).send({ error: status >= 500 ? 'internal' : 'not a valid request' })
  })
  await app.register(controlRoutes, { ...options.control, token, port: () => port })

  const sip = socketServer('sip')
  const agent = socketServer(queueProtocol)
  const doors = new Map([
    ['/sip', { server: sip, open: options.onSip }],
    ['/agent', { server: agent, open: options.onAgent }],
  ])
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const door = doors.get(request.url ?? '')
    const open = sip.clients.size + agent.clients.size
    if (!door || !mayOpenSocket(request.headers, port) || open >= mostSockets) {
      log.warn({ open }, 'WebSocket refused')
      socket.end(`HTTP/1.1 ${door ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    door.server.handleUpgrade(request, socket, head, (client) => {
      if (client.protocol === '') client.close(1002, 'sub-protocol missing')
      else door.open(client)
    })
  })

  await app.ready()
  port = await listen(app.server, port, log)

  return {
    port,
    async close() {
      for (const client of [...sip.clients, ...agent.clients]) client.terminate()
      await app.close()
    },
  }
}

/** On the port asked for, or on a free one where that is taken: who starts the line reads its addresses from it. */
async function listen(server: HttpServer, port: number, log: Logger): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (port === 0 || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error
    log.warn({ port }, 'port is taken, using a free one')
    return listen(server, 0, log)
  }
  return (server.address() as AddressInfo).port
}

const socketServer = (protocol: string): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  })
