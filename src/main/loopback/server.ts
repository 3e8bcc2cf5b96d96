import { access } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { Fault } from '#contract/errors.ts'
import type { Host } from '../host/host.ts'
import { page, type Words, words, wordsOf } from '../plain-page.ts'
import { cookieOf, type Demand, refusalOf } from './guard.ts'
import { securityHeaders } from './headers.ts'
import { JoinRequest, joinProof } from './join.ts'
import { newSecret, OneTimeSecrets, sameSecret } from './secrets.ts'
import { openSockets } from './sockets.ts'

const address = '127.0.0.1'
const launchLifetimeMs = 10 * 60_000
const ticketLifetimeMs = 10_000

export type LoopbackOptions = {
  host: Pick<Host, 'attach' | 'completeSignIn'>
  /** Folder of the built page. */
  rendererDir: string
  /** Taken when it is free, else any; 0: any. */
  port: number
  log: Logger
  now?: () => number
  heartbeatMs?: number
}

export type LoopbackServer = {
  /** `http://127.0.0.1:<port>` */
  origin: string
  /** A new address that opens the desk once, within ten minutes. */
  launchUrl(): string
  /** What a later start proves to know: see `join.ts`. */
  joinSecret: string
  close(): Promise<void>
}

/** Serves the page and its socket to this machine alone. Secrets are of this start: a window of an earlier start is refused. */
export async function openServer(options: LoopbackOptions): Promise<LoopbackServer> {
  const { host, log, now = Date.now } = options
  await access(join(options.rendererDir, 'index.html'))

  const cookie = { name: `ascolto-${newSecret().slice(0, 8)}`, value: newSecret() }
  const launches = new OneTimeSecrets(launchLifetimeMs, now)
  const tickets = new OneTimeSecrets(ticketLifetimeMs, now)
  const joinSecret = newSecret()
  let origin = ''
  const launchUrl = () => `${origin}/?launch=${launches.issue()}`

  const app = Fastify({ bodyLimit: 4096, forceCloseConnections: true, logger: false })
  const known = (request: FastifyRequest) =>
    sameSecret(cookieOf(request.headers, cookie.name) ?? '', cookie.value)

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(origin))
    const path = request.url.split('?', 1)[0] ?? '/'
    const { demand, needsCookie } = rules(path)
    const refusal = refusalOf(request.headers, origin, demand)
    if (refusal !== null) {
      log.warn({ refusal, path }, 'request refused')
      return say(reply, 403, words.refused)
    }
    if (needsCookie && !known(request)) return say(reply, 403, words.notOpened)
  })

  app.get<{ Querystring: { launch?: string } }>('/', async (request, reply) => {
    const { launch } = request.query
    if (launch === undefined)
      return known(request) ? reply.sendFile('index.html') : say(reply, 403, words.notOpened)
    // A browser that guesses ahead must not use up the address that its user is about to open.
    if (request.headers['sec-purpose'] !== undefined) return say(reply, 403, words.notOpened)
    if (typeof launch === 'string' && launches.redeem(launch))
      reply.header('set-cookie', `${cookie.name}=${cookie.value}; HttpOnly; SameSite=Strict; Path=/`)
    else if (!known(request)) return say(reply, 403, words.notOpened)
    return reply.redirect('/', 302)
  })

  app.post('/ticket', async () => ({ ticket: tickets.issue() }))

  app.post('/join', async (request, reply) => {
    const asked = JoinRequest.safeParse(request.body)
    if (!asked.success || !sameSecret(asked.data.proof, joinProof.ask(joinSecret, asked.data.nonce)))
      return say(reply, 403, words.refused)
    const url = launchUrl()
    return { url, proof: joinProof.reply(joinSecret, asked.data.nonce, url) }
  })

  app.get('/callback', async (request, reply) => {
    try {
      await host.completeSignIn(`${origin}${request.url}`)
    } catch (error) {
      if (!(error instanceof Fault)) log.error({ err: error }, 'sign-in failed')
      return say(reply, 400, error instanceof Fault ? wordsOf(error.code) : words.signInFailed, 'link')
    }
    return say(reply, 200, words.signedIn, 'at once')
  })

  await app.register(fastifyStatic, {
    root: options.rendererDir,
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The bundler names these by their content.
      if (/[\\/]assets[\\/]/.test(path)) reply.header('cache-control', 'private, max-age=31536000, immutable')
    },
  })
  app.setNotFoundHandler((_request, reply) => say(reply, 404, words.notFound))
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ err: error, path: request.url.split('?', 1)[0] }, 'request failed')
    return say(reply, status, status >= 500 ? words.failed : words.refused)
  })

  origin = `http://${address}:${await listen(app, options.port)}`
  const closeSockets = openSockets({
    server: app.server,
    origin,
    cookie,
    tickets,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    attach: (socket) => host.attach({ kind: 'websocket', socket }),
    log,
  })

  return {
    origin,
    launchUrl,
    joinSecret,
    close: async () => {
      await closeSockets()
      await app.close()
    },
  }
}

/** What a path demands. Only the sign-in's return, a launch and a join do without the cookie; each brings a secret of its own. */
function rules(path: string): { demand: Demand; needsCookie: boolean } {
  switch (path) {
    case '/':
      return { demand: { origin: 'own-or-absent', navigation: true }, needsCookie: false }
    case '/callback':
      return { demand: { origin: 'any', navigation: true }, needsCookie: false }
    case '/join':
      return { demand: { origin: 'own-or-absent', navigation: false }, needsCookie: false }
    case '/ticket':
      return { demand: { origin: 'own', navigation: false }, needsCookie: true }
    default:
      return { demand: { origin: 'own-or-absent', navigation: false }, needsCookie: true }
  }
}

function say(reply: FastifyReply, status: number, says: Words, toDesk: 'no' | 'link' | 'at once' = 'no') {
  return reply.code(status).type('text/html; charset=utf-8').send(page(says, toDesk))
}

async function listen(app: FastifyInstance, port: number): Promise<number> {
  try {
    await app.listen({ host: address, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (port === 0 || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error
    await app.listen({ host: address, port: 0 })
  }
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('not bound to a TCP port')
  return bound.port
}
