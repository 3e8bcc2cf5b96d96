import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import type { EngineState } from '#contract/domain/agent.ts'
import type { QueueFigures } from '#contract/queue.ts'
import type { CallState } from '../calls/call.ts'
import type { Scenario } from '../citizens/scenario.ts'
import { highestRate } from './arrivals.ts'
import type { LogEntry } from './call-log.ts'
import { cookieName, isAuthorized, sameToken } from './guard.ts'

export type LineState = {
  /** Calls a minute. */
  rate: number
  figures: QueueFigures
  agents: { extension: string; state: EngineState }[]
  calls: {
    id: string
    scenario: string | null
    state: CallState
    extension: string | null
    startedAt: string
    /** Of the operator's voice at the citizen's ear: packets so far, and the highest level of the last second, 0 to 1. */
    heard: { packets: number; level: number }
  }[]
  log: LogEntry[]
  refusedFrames: number
}

export type ControlOptions = {
  scenarios: readonly Scenario[]
  /** Returns the call's id. */
  call(scenarioId: string): string
  setRate(perMinute: number): void
  state(): LineState
}

const CallRequest = z.strictObject({ scenario: z.string().max(64) })
const RateRequest = z.strictObject({ perMinute: z.number().min(0).max(highestRate) })
const SessionRequest = z.strictObject({ token: z.string().max(200) })

const pageFolder = join(import.meta.dirname, 'page')
const assets = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
] as const

/** The control page and its JSON API. The page holds nothing secret; the API wants the token, as a bearer or in the page's cookie. */
export const controlRoutes: FastifyPluginAsync<ControlOptions & { token: string; port(): number }> = async (
  app,
  { scenarios, call, setRate, state, token, port },
) => {
  for (const [path, file, type] of assets) {
    const body = readFileSync(join(pageFolder, file))
    app.get(path, async (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(body))
  }

  app.post('/control/session', async (request, reply) => {
    const body = SessionRequest.safeParse(request.body)
    if (!body.success || !sameToken(body.data.token, token))
      return reply.code(401).send({ error: 'wrong token' })
    const cookie = `${cookieName(port())}=${token}; HttpOnly; SameSite=Strict; Path=/`
    return reply.header('set-cookie', cookie).code(204).send()
  })

  await app.register(async (guarded) => {
    guarded.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (!isAuthorized(request.headers, port(), token))
        await reply.code(401).send({ error: 'token missing' })
    })
    guarded.get('/control/state', async () => ({
      ...state(),
      scenarios: scenarios.map(
        ({ id, title, brief, topic, language, queue, queueReason, number, displayName }) => ({
          id,
          title,
          brief,
          topic,
          language,
          queue,
          queueReason,
          number,
          displayName,
        }),
      ),
    }))
    guarded.post('/control/calls', async (request, reply) => {
      const body = CallRequest.safeParse(request.body)
      if (!body.success) return reply.code(400).send({ error: 'scenario expected' })
      if (!scenarios.some((scenario) => scenario.id === body.data.scenario))
        return reply.code(404).send({ error: 'no such scenario' })
      return reply.code(201).send({ id: call(body.data.scenario) })
    })
    guarded.post('/control/rate', async (request, reply) => {
      const body = RateRequest.safeParse(request.body)
      if (!body.success) return reply.code(400).send({ error: `perMinute from 0 to ${highestRate} expected` })
      setRate(body.data.perMinute)
      return { perMinute: body.data.perMinute }
    })
  })
}
