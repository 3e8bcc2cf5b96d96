import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { Fault, httpStatus } from '#contract/errors.ts'
import { problemOf, problemType } from '#contract/problem.ts'
import type { Store } from '../store/store.ts'
import { toFault } from './context.ts'
import { mountMetrics } from './metrics.ts'

export type HttpOptions = {
  /** A delay of the event loop from which requests are answered 503; 0 for never. */
  busyAfterMs: number
  host: string
  port: number
  log: Logger
  store: Pick<Store, 'db' | 'waiting'>
  /** Opens `/metrics` to whoever brings it, instead of to this computer. */
  metricsToken?: string | undefined
  /** Addresses and ranges beside loopback whose `X-Forwarded-For` is believed. */
  proxies?: readonly string[]
}

export type HttpServer = {
  app: FastifyInstance
  /** `http://127.0.0.1:4100` */
  url: string
  /** Answers from now on; until then requests wait. */
  start(): Promise<void>
  /** Takes no more requests, lets those that run finish for a few seconds. */
  close(): Promise<void>
}

/** Requests of one address that need nobody signed in; a whole city hall may renew its tokens from one. */
const perMinute = { address: 1_200, readiness: 120 }
const closeGraceMs = 5_000
const busySeconds = 5
/** As helmet has them, whose plugin works them out anew for each request: a browser that is led here shows, runs and keeps nothing of it. */
const guards = new Map([
  ['content-security-policy', "default-src 'none';frame-ancestors 'none'"],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['origin-agent-cluster', '?1'],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
  ['x-content-type-options', 'nosniff'],
  ['x-dns-prefetch-control', 'off'],
  ['x-download-options', 'noopen'],
  ['x-frame-options', 'DENY'],
  ['x-permitted-cross-domain-policies', 'none'],
  ['x-xss-protection', '0'],
])
/** Seconds, by status: what is away or busy is soon there again; what may be asked is counted by the minute. */
const retryAfter: Record<number, number> = { 503: busySeconds, 429: 60 }

/** The server with its guards, `/health` and `/ready`; it has its port before it answers, for the issuer must know its own address. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createHttpServer({ requestTimeout: 60_000, headersTimeout: 20_000 })
  await listen(server, options.port, options.host)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host

  let started = false
  const app = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: ['loopback', ...(options.proxies ?? [])],
    bodyLimit: 64 * 1024,
    // The port is open before the app is whole; a desk that reconnects at once is asked to come again.
    serverFactory: (handler) => {
      server.on('request', (request, response) => {
        if (started) return handler(request, response)
        const fault = new Fault('unavailable', 'unavailable-now')
        response.writeHead(503, {
          'content-type': problemType,
          'retry-after': '1',
          connection: 'close',
        })
        response.end(JSON.stringify(problemOf(fault)))
      })
      return server
    },
  })
  app.addHook('onRequest', (request, reply, done) => {
    // On the answer itself, for the issuer answers without Fastify.
    reply.raw.setHeaders(guards)
    reply.header('x-request-id', request.id)
    done()
  })
  // RFC 9110, 10.2.3: whoever is asked to come again is told when, whatever part of this server asks it.
  app.addHook('onSend', async (_request, reply, payload) => {
    const seconds = retryAfter[reply.statusCode]
    if (seconds !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', seconds)
    return payload
  })
  // The address of a request may hold a number or a name: the log has the pattern that matched it.
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  app.setErrorHandler((error, request, reply) => {
    const fault = httpFault(error) ?? toFault(error, request.log as Logger)
    return reply
      .status(httpStatus[fault.kind])
      .type(problemType)
      .send(JSON.stringify(problemOf(fault)))
  })
  app.setNotFoundHandler((_request, reply) => {
    const fault = new Fault('not-found', 'record-not-found')
    return reply
      .status(404)
      .type(problemType)
      .send(JSON.stringify(problemOf(fault)))
  })

  await app.register(underPressure, { maxEventLoopDelay: options.busyAfterMs, retryAfter: busySeconds })
  await app.register(rateLimit, {
    timeWindow: 60_000,
    max: perMinute.address,
    allowList: (request) => request.url === '/health',
  })

  mountMetrics(app, { store: options.store, token: options.metricsToken })
  // Busy is not dead: who watches over the process must not end it for its load.
  app.get('/health', { config: { pressureHandler: () => undefined } }, () => ({ status: 'alive' }))
  app.get('/ready', { config: { rateLimit: { max: perMinute.readiness } } }, async (request, reply) => {
    const ready = await sql`select 1`.execute(options.store.db).then(
      () => true,
      (error) => {
        request.log.warn({ err: error }, 'not ready: the database does not answer')
        return false
      },
    )
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' })
  })

  return {
    app,
    url: `http://${host}:${port}`,
    start: async () => {
      await app.ready()
      started = true
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // A kept-alive connection whose last answer has just gone is idle only now.
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      const last = setTimeout(() => server.closeAllConnections(), closeGraceMs)
      await closed
      clearInterval(idle)
      clearTimeout(last)
      await app.close()
    },
  }
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** Fastify's own refusals in our words, null for all others. */
function httpFault(error: unknown): Fault | null {
  if (error instanceof Fault || !(error instanceof Error) || !('statusCode' in error)) return null
  switch (error.statusCode) {
    case 413:
      return new Fault('too-large', 'request-too-large')
    case 429:
      return new Fault('too-many', 'rate-limited')
    case 503:
      return new Fault('unavailable', 'unavailable-now')
    case 400:
    case 415:
      return new Fault('invalid', 'input-invalid')
    default:
      return null
  }
}
