import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { Fault } from '#contract/errors.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import type { Store } from '../store/store.ts'

/** Which operation of the contract answered a request; else its route's pattern says what it was. Never its address, which may hold a number. */
const operations = new WeakMap<FastifyRequest, string>()
export const nameOperation = (request: FastifyRequest, operation: string): void => {
  operations.set(request, operation)
}
const operationOf = (request: FastifyRequest): string =>
  operations.get(request) ?? request.routeOptions.url ?? 'unknown'

export type MetricsOptions = {
  store: Pick<Store, 'db' | 'waiting'>
  /** Who asks must bring it as a bearer token. Without one only this computer may ask, and not through a proxy. */
  token: string | undefined
}

/** Measures every request from here on and serves `GET /metrics` for Prometheus. Nothing in it tells of persons. */
export function mountMetrics(app: FastifyInstance, { store, token }: MetricsOptions): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const labelNames = ['method', 'operation', 'status'] as const
  const seconds = new Histogram({
    name: 'ascolto_http_request_duration_seconds',
    help: 'From the request to the end of its answer; streams of events are counted but not timed',
    labelNames,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const streams = new Counter({
    name: 'ascolto_http_event_streams_total',
    help: 'Streams of events that have ended',
    registers: [registry],
  })
  new Gauge({
    name: 'ascolto_messages_queued',
    help: 'Messages to citizens that wait, on the whole database; due: how many should have left by now',
    labelNames: ['due'],
    registers: [registry],
    async collect() {
      const counts = await sql<{ due: boolean; count: number }>`
        select due_at <= now() as due, count(*) as count from messages where state = 'queued' group by 1`
        .execute(store.db)
        .then(({ rows }) => new Map(rows.map((row) => [row.due, Number(row.count)])))
        .catch(() => null)
      this.reset()
      // Without the database nothing is known of them, and the other figures are needed more than ever.
      if (counts) for (const due of [true, false]) this.set({ due: String(due) }, counts.get(due) ?? 0)
    },
  })

  new Gauge({
    name: 'ascolto_database_waiting',
    help: 'Statements and transactions of this process that wait for a connection to the database',
    registers: [registry],
    collect() {
      this.set(store.waiting())
    },
  })

  app.addHook('onResponse', async (request, reply) => {
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) streams.inc()
    else {
      const labels = { method: request.method, operation: operationOf(request), status: reply.statusCode }
      seconds.observe(labels, reply.elapsedTime / 1000)
    }
  })

  app.get('/metrics', async (request, reply) => {
    if (!mayRead(request, token)) throw new Fault('forbidden', 'role-missing')
    return reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics())
  })
}

function mayRead(request: FastifyRequest, token: string | undefined): boolean {
  if (token !== undefined) return same(request.headers.authorization ?? '', `Bearer ${token}`)
  const forwarded =
    request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined
  return !forwarded && isLoopbackHost(request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '')
}

const same = (one: string, other: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
