import * as oidc from 'openid-client'
import { crmAudience } from '#contract/crm.ts'
import { Fault } from '#contract/errors.ts'
import { isLoopbackHost } from '#contract/loopback.ts'

export const clientId = 'desk'
const scope = 'openid profile offline_access crm'
const timeoutSeconds = 8

export type Tokens = { accessToken: string; refreshToken: string; expiresAt: number; subject: string | null }

/** A sign-in that was begun and has not come back. Lives in memory only. */
export type Begun = { url: string; state: string; nonce: string; verifier: string; redirectUri: string }

/** What the desk asks of the OpenID Connect issuer. Every call rejects with a `Fault`. */
export interface Issuer {
  readonly url: string
  /** `language`: what the issuer's page should speak (`ui_locales`). */
  authorize(redirectUri: string, language: string): Promise<Begun>
  exchange(begun: Begun, callbackUrl: string): Promise<Tokens>
  /** The token that was given is used up by this, also when the answer is lost. */
  refresh(refreshToken: string): Promise<Tokens>
  revoke(refreshToken: string): Promise<void>
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof oidc.ResponseBodyError) {
    if (error.error === 'invalid_grant') return new Fault('unauthenticated', 'signed-out', { cause: error })
    if (error.status >= 500 || error.status === 429)
      return new Fault('unavailable', 'crm-away', { cause: error })
    return new Fault('unauthenticated', 'sign-in-failed', { cause: error })
  }
  if (error instanceof oidc.AuthorizationResponseError) {
    return new Fault('unauthenticated', 'sign-in-failed', { cause: error })
  }
  // Not `unauthenticated`: an answer that is no issuer's, such as a captive portal's, ends no session.
  return new Fault('unavailable', isAway(error) ? 'crm-away' : 'sign-in-failed', { cause: error })
}

/** A connection that failed, a time-out, or a server that says it cannot answer now, somewhere among the causes. */
function isAway(error: unknown): boolean {
  if (error instanceof Response) return error.status >= 500 || error.status === 429
  if (!(error instanceof Error)) return false
  // Of fetch and of a body that breaks off; wrong arguments and answers carry a code of the library.
  if (error instanceof TypeError && !('code' in error)) return true
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return true
  return isAway(error.cause)
}

async function inFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asFault(error)
  }
}

export function openIssuer(address: string, now: () => Date): Issuer {
  const url = new URL(address)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw new Fault('invalid', 'configuration-invalid', { params: { field: 'crmUrl' } })
  }
  let discovered: oidc.Configuration | null = null
  const configuration = async (): Promise<oidc.Configuration> => {
    discovered ??= await oidc.discovery(url, clientId, undefined, oidc.None(), {
      timeout: timeoutSeconds,
      execute: url.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
    })
    return discovered
  }
  const tokensOf = (
    answer: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
    before: string | null,
  ): Tokens => {
    const refreshToken = answer.refresh_token ?? before
    if (!refreshToken) throw new Fault('unauthenticated', 'sign-in-failed')
    return {
      accessToken: answer.access_token,
      refreshToken,
      expiresAt: now().getTime() + (answer.expiresIn() ?? 60) * 1000,
      subject: answer.claims()?.sub ?? null,
    }
  }

  return {
    url: address,
    authorize: (redirectUri, language) =>
      inFaults(async () => {
        const config = await configuration()
        const state = oidc.randomState()
        const nonce = oidc.randomNonce()
        const verifier = oidc.randomPKCECodeVerifier()
        const to = oidc.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope,
          resource: crmAudience,
          ui_locales: language,
          state,
          nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        })
        return { url: to.href, state, nonce, verifier, redirectUri }
      }),
    exchange: (begun, callbackUrl) =>
      inFaults(async () => {
        // The address that was registered, with what came back: the listener may have been reached under another name.
        const arrived = new URL(begun.redirectUri)
        arrived.search = new URL(callbackUrl).search
        const answer = await oidc.authorizationCodeGrant(
          await configuration(),
          arrived,
          {
            expectedState: begun.state,
            expectedNonce: begun.nonce,
            pkceCodeVerifier: begun.verifier,
            idTokenExpected: true,
          },
          { resource: crmAudience },
        )
        return tokensOf(answer, null)
      }),
    refresh: (refreshToken) =>
      inFaults(async () =>
        tokensOf(
          await oidc.refreshTokenGrant(await configuration(), refreshToken, { resource: crmAudience }),
          refreshToken,
        ),
      ),
    revoke: (refreshToken) =>
      inFaults(async () => {
        await oidc.tokenRevocation(await configuration(), refreshToken, { token_type_hint: 'refresh_token' })
      }),
  }
}
