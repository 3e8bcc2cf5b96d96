import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { JSONWebKeySet } from 'jose'
import {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import { crmAudience } from '#contract/crm.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import type { Store } from '../store/store.ts'
import { activeUser, practiceAccounts } from './accounts.ts'
import { clientSignIn, isSecretOf } from './clients.ts'
import { type IssuerKeys, issuerKeys, publicKeys } from './keys.ts'
import { dropExpired, oidcAdapter } from './oidc-adapter.ts'
import { type OutsideOptions, openOutside } from './outside.ts'
import { stoppedPage } from './sign-in-page.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { pageLanguage } from './sign-in-words.ts'
import { shiftSeconds } from './sign-ins.ts'

export type IssuerOptions = {
  store: Store
  /** Where people and desks reach this CRM: `https://crm.example.it`, `http://127.0.0.1:4100`. No path. */
  publicUrl: string
  log: FastifyBaseLogger
  /** Milliseconds; for tests of waits and of the grace of refresh tokens. */
  now?: () => number
  /** Where people sign in instead of here. */
  outside?: OutsideOptions | undefined
}

export const issuerPath = '/oidc'
const accessTokenSeconds = 300
/** A rotated refresh token does not live longer than the first. */
const refreshTokenSeconds = (ctx: KoaContextWithOIDC): number =>
  ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? shiftSeconds
const sweepMs = 15 * 60_000

/**
 * Mounts the embedded OpenID provider at `/oidc` and its sign-in page at `/signin`. What it returns is what
 * `createAccess` needs to check its tokens.
 */
export async function mountIssuer(
  app: FastifyInstance,
  options: IssuerOptions,
): Promise<{ issuerUrl: string; jwks: JSONWebKeySet }> {
  const { store, log } = options
  const publicUrl = new URL(options.publicUrl)
  const issuerUrl = `${publicUrl.origin}${issuerPath}`
  const keys = await issuerKeys(store.db)
  const provider = new Provider(issuerUrl, configuration(store, keys, publicUrl, options.now))
  provider.proxy = true
  provider.Client.prototype.compareClientSecret = function (secret) {
    return isSecretOf(secret, this.clientSecret ?? '')
  }
  provider.on('server_error', (_ctx, error) => log.error({ err: error }, 'the issuer failed'))

  const isLoopback = isLoopbackHost(publicUrl.hostname)
  if (!isLoopback && (await practiceAccounts(store.db))) {
    log.warn('this CRM is reachable from elsewhere and has practice accounts with a public password')
  }

  const serve = provider.callback()
  const sessionCookie = provider.cookieName('session')
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
    scope.all(`${issuerPath}/*`, (request, reply) => {
      reply.hijack()
      const raw: IncomingMessage & { originalUrl?: string } = request.raw
      raw.originalUrl = raw.url ?? ''
      raw.url = raw.originalUrl.slice(issuerPath.length)
      atPublicUrl(raw, publicUrl)
      // Nobody stays signed in here: on a shared PC the next one to sign in must not become the last one.
      if (raw.url.startsWith('/auth')) dropCookie(raw, sessionCookie)
      void serve(raw, reply.raw)
    })
  })
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => atPublicUrl(request.raw, publicUrl))
    await signInRoutes(scope, {
      provider,
      db: store.db,
      showPractice: isLoopback,
      now: options.now ?? Date.now,
      outside: options.outside ? openOutside(options.outside, { db: store.db, publicUrl, log }) : null,
    })
  })

  await dropExpired(store.db)
  const sweep = setInterval(() => {
    dropExpired(store.db).catch((error: unknown) => log.error({ err: error }, 'expired sign-ins stay'))
  }, sweepMs)
  sweep.unref()
  app.addHook('onClose', async () => clearInterval(sweep))

  return { issuerUrl, jwks: publicKeys(keys) }
}

function configuration(
  store: Store,
  keys: IssuerKeys,
  publicUrl: URL,
  now: (() => number) | undefined,
): Configuration {
  const policy = interactionPolicy.base()
  // The only client of people is ours: asking for consent would ask the operator what the city decided.
  policy.get('consent')?.checks.remove('native_client_prompt')
  // Cookies ignore ports: two CRMs on one machine need two names.
  const name = `ascolto-${createHash('sha256').update(publicUrl.origin).digest('hex').slice(0, 8)}`
  return {
    adapter: oidcAdapter(store.db, now),
    jwks: { keys: keys.signing },
    cookies: {
      keys: keys.cookies,
      names: { session: `${name}-session`, interaction: `${name}-signin`, resume: `${name}-resume` },
      long: { httpOnly: true, sameSite: 'lax' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    clients: [
      {
        client_id: 'desk',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'given_name'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    interactions: { policy, url: (_ctx, interaction) => `/signin/${interaction.uid}` },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenSeconds,
      Grant: shiftSeconds + 3600,
      IdToken: 3600,
      Interaction: 1800,
      RefreshToken: refreshTokenSeconds,
      Session: 60,
    },
    findAccount: async (_ctx, sub) => {
      const user = await activeUser(store.db, sub)
      if (!user) return undefined
      return { accountId: sub, claims: () => ({ sub, name: user.name, given_name: user.givenName }) }
    },
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid profile offline_access')
      grant.addResourceScope(crmAudience, 'crm')
      await grant.save()
      return grant
    },
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind === 'ClientCredentials' && token.clientId) {
        const grant = await clientSignIn(store.db, token.clientId)
        if (grant === null) throw new errors.InvalidClient('client was ended')
        return { grant }
      }
      const accountId = 'accountId' in token ? token.accountId : undefined
      const user = accountId ? await activeUser(store.db, accountId) : null
      const grant = 'grantId' in token ? token.grantId : undefined
      return user && grant ? { roles: user.roles, grant } : undefined
    },
    renderError: (ctx) => {
      ctx.type = 'html'
      ctx.set(
        'content-security-policy',
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'",
      )
      ctx.body = stoppedPage(pageLanguage(ctx.get('accept-language')), 'refused')
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => crmAudience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'crm',
          audience: crmAudience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
}

/** The provider makes its addresses from the request; a client's `host` must have no say in them. */
function atPublicUrl(request: IncomingMessage, publicUrl: URL): void {
  request.headers['x-forwarded-host'] = publicUrl.host
  request.headers['x-forwarded-proto'] = publicUrl.protocol.slice(0, -1)
}

function dropCookie(request: IncomingMessage, name: string): void {
  const kept = request.headers.cookie
    ?.split('; ')
    .filter((pair) => !pair.startsWith(`${name}=`) && !pair.startsWith(`${name}.sig=`))
  if (kept) request.headers.cookie = kept.join('; ')
}
