import formbody from '@fastify/formbody'
import rateLimit from '@fastify/rate-limit'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors, type Provider } from 'oidc-provider'
import { z } from 'zod'
import type { Db } from '../store/store.ts'
import { normalLogin, practiceAccounts, userByPassword } from './accounts.ts'
import { readAssets } from './assets.ts'
import { type Outside, returnPath } from './outside.ts'
import { createSignInDelay } from './sign-in-delay.ts'
import { type SignInPage, type StopReason, signInPage, stoppedPage } from './sign-in-page.ts'
import { pageLanguage } from './sign-in-words.ts'

const Query = z.object({ lang: z.string().max(8).optional(), login: z.string().max(80).optional() })
const Form = z.object({ login: z.string().max(80), password: z.string().max(256) })

export type SignInRoutes = {
  provider: Provider
  db: Db
  /** Only where nobody but this machine can reach the issuer may the page show the practice accounts. */
  showPractice: boolean
  now: () => number
  /** Signs everybody in instead of the accounts here. */
  outside: Outside | null
}

/** The page where a person signs in: `/signin/<uid>`, plain HTML that needs no script. */
export async function signInRoutes(app: FastifyInstance, options: SignInRoutes): Promise<void> {
  const { provider, db, outside } = options
  const delay = createSignInDelay(db, options.now)
  const assets = await readAssets()

  await app.register(rateLimit, {
    // Five hundred desks of one building begin within a few minutes; guesses have waits of their own.
    max: 600,
    timeWindow: 60_000,
    allowList: (request) => request.url.startsWith('/signin/assets/'),
  })
  await app.register(formbody, { bodyLimit: 4096 })

  app.get('/signin/assets/:name', (request, reply) => {
    const { name } = z.object({ name: z.string() }).parse(request.params)
    const asset = assets.get(name)
    if (!asset) return reply.status(404).type('text/plain').send('')
    return reply.header('cache-control', 'public, max-age=86400').type(asset.type).send(asset.content)
  })

  const languageOf = (request: FastifyRequest, wished?: unknown): ReturnType<typeof pageLanguage> =>
    pageLanguage(
      Query.safeParse(request.query).data?.lang,
      typeof wished === 'string' ? wished : undefined,
      request.headers['accept-language'],
    )

  const stop = (
    request: FastifyRequest,
    reply: FastifyReply,
    status: 403 | 410 | 429 | 503,
    why: StopReason,
  ) => send(reply.status(status), stoppedPage(languageOf(request), why))

  // A person reads what comes from here, so it is a page, also when the database is away.
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500
    if (status === 429) return stop(request, reply, 429, 'busy')
    if (status < 500) return stop(request, reply, 403, 'refused')
    request.log.error({ err: error }, 'the sign-in page failed')
    return stop(request, reply, 503, 'busy')
  })

  /** The sign-in that this browser began: its cookie is the proof, and the defence against forged forms. */
  const interaction = async (request: FastifyRequest, reply: FastifyReply) => {
    const { uid } = z.object({ uid: z.string() }).parse(request.params)
    const details = await provider.interactionDetails(request.raw, reply.raw).catch((error: unknown) => {
      if (error instanceof errors.SessionNotFound) return null
      throw error
    })
    return details?.uid === uid && details.prompt.name === 'login' ? details : null
  }

  app.get('/signin/:uid', async (request, reply) => {
    const details = await interaction(request, reply)
    if (!details) return stop(request, reply, 410, 'expired')
    if (outside) {
      const language = languageOf(request, details.params.ui_locales)
      return reply
        .header('cache-control', 'no-store')
        .redirect(await outside.begin(details.uid, language), 303)
    }
    const query = Query.safeParse(request.query).data
    return send(
      reply,
      signInPage({
        language: languageOf(request, details.params.ui_locales),
        path: `/signin/${details.uid}`,
        login: query?.login ?? text(details.params.login_hint),
        problem: null,
        practice: options.showPractice ? await practiceAccounts(db) : null,
      }),
    )
  })

  // To the path of the sign-in that its cookie is for.
  app.get(returnPath, async (request, reply) => {
    const { state } = z.object({ state: z.string().max(400) }).parse(request.query)
    const uid = /^([\w-]+)\./.exec(state)?.[1]
    const search = new URL(request.url, 'http://return').search
    if (!outside || uid === undefined) return stop(request, reply, 410, 'expired')
    return reply.header('cache-control', 'no-store').redirect(`/signin/${uid}/outside${search}`, 303)
  })

  app.get('/signin/:uid/outside', async (request, reply) => {
    const details = await interaction(request, reply)
    if (!details || !outside) return stop(request, reply, 410, 'expired')
    const search = new URL(request.url, 'http://return').search
    const accountId = await outside.complete(details.uid, search).catch((error: unknown) => {
      request.log.warn({ err: shapeOf(error) }, 'the outside issuer’s answer was refused')
      return null
    })
    if (accountId === null) return stop(request, reply, 403, 'refused')
    request.log.info({ userId: accountId }, 'signed in by the outside issuer')
    const next = await provider.interactionResult(request.raw, reply.raw, {
      login: { accountId, remember: false },
    })
    return reply.redirect(next, 303)
  })

  app.post('/signin/:uid', async (request, reply) => {
    const details = await interaction(request, reply)
    if (!details) return stop(request, reply, 410, 'expired')
    if (outside) return stop(request, reply, 403, 'refused')
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return stop(request, reply, 403, 'refused')

    const form = Form.safeParse(request.body).data ?? { login: '', password: '' }
    const login = normalLogin(form.login)
    const again = async (status: 401 | 429, problem: SignInPage['problem']) => {
      if (problem && problem.wait > 0) reply.header('retry-after', problem.wait)
      return send(
        reply.status(status),
        signInPage({
          language: languageOf(request, details.params.ui_locales),
          path: `/signin/${details.uid}`,
          login: form.login,
          problem,
          practice: options.showPractice ? await practiceAccounts(db) : null,
        }),
      )
    }

    const attempt = await delay.attempt(login, request.ip)
    if (!attempt.allowed) {
      request.log.warn({ wait: attempt.wait }, 'sign-in attempt before its time')
      return again(429, { kind: 'too-many', wait: attempt.wait })
    }
    const accountId = await userByPassword(db, login, form.password)
    if (!accountId) {
      request.log.warn({ wait: attempt.wait }, 'sign-in failed')
      return again(401, { kind: 'wrong', wait: attempt.wait })
    }
    await delay.succeeded(login, request.ip)
    request.log.info({ userId: accountId }, 'signed in')
    const next = await provider.interactionResult(request.raw, reply.raw, {
      login: { accountId, amr: ['pwd'], remember: false },
    })
    return reply.redirect(next, 303)
  })
}

/** Without what the issuer said: it may name a person. */
const shapeOf = (error: unknown) => ({
  type: error instanceof Error ? error.name : typeof error,
  code: error instanceof Error && 'code' in error ? String(error.code) : null,
})

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 80) : '')

/**
 * `form-action` names the loopback redirect as well: Chromium applies it to the redirects that follow a form.
 * `same-origin` referrers, because `no-referrer` makes a form's `origin` header null.
 */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "form-action 'self' http://127.0.0.1:*",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const send = (reply: FastifyReply, page: string): FastifyReply =>
  reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page)
