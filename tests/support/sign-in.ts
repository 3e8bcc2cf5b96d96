import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'

const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.string(),
  expires_in: z.number(),
})
export type Tokens = { accessToken: string; refreshToken: string; idToken: string; expiresIn: number }

const redirectUri = 'http://127.0.0.1:49152/callback'

/** A sign-in begun at a CRM's embedded issuer, standing at its page as a browser would, without one. */
export type OpenSignIn = {
  /** Sends the form. */
  submit(login: string, password: string, headers?: Record<string, string>): Promise<Response>
  /** Follows the redirects of a submit that was right, and redeems the code. */
  tokens(submitted: Response): Promise<Tokens>
  page: string
  pageUrl: string
  /** Gets a URL with the cookies of this sign-in. */
  get(url: string, headers?: Record<string, string>): Promise<Response>
}

export async function beginSignIn(
  crmUrl: string,
  options: { parameters?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<OpenSignIn> {
  const cookies = new Map<string, string>()
  const call = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name && value) cookies.set(name, value)
    }
    return response
  }
  const follow = async (response: Response, from: string): Promise<{ response: Response; url: string }> => {
    let here = { response, url: from }
    for (let hops = 0; hops < 8; hops++) {
      const location = here.response.headers.get('location')
      if (!location) break
      const url = new URL(location, here.url).href
      if (url.startsWith(redirectUri)) return { ...here, url }
      here = { response: await call(url), url }
    }
    return here
  }

  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('base64url')
  const authorize = `${crmUrl}/oidc/auth?${new URLSearchParams({
    client_id: 'desk',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile offline_access crm',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...options.parameters,
  })}`
  const first = await follow(await call(authorize, { headers: options.headers ?? {} }), authorize)

  return {
    page: await first.response.clone().text(),
    pageUrl: first.url,
    get: (url, headers = {}) => call(url, { headers }),
    submit: (login, password, headers = {}) =>
      call(first.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ login, password }),
      }),
    async tokens(submitted) {
      const { url } = await follow(submitted, first.url)
      const parameters = new URL(url).searchParams
      const code = parameters.get('code')
      if (!code || parameters.get('state') !== state) throw new Error(`no code at ${new URL(url).pathname}`)
      return token(crmUrl, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      })
    },
  }
}

/** Signs in by the code flow with PKCE; rejects when the CRM refuses. */
export async function signIn(crmUrl: string, login: string, password: string): Promise<Tokens> {
  const open = await beginSignIn(crmUrl)
  return open.tokens(await open.submit(login, password))
}

export const refresh = (crmUrl: string, refreshToken: string): Promise<Tokens> =>
  token(crmUrl, { grant_type: 'refresh_token', refresh_token: refreshToken })

/** By a client's own secret (RFC 6749, 4.4); rejects when the CRM refuses. */
export async function clientToken(
  crmUrl: string,
  { id, secret }: { id: string; secret: string },
): Promise<{ accessToken: string; expiresIn: number }> {
  const response = await fetch(`${crmUrl}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'crm' }),
  })
  if (!response.ok) throw new Error(`token: ${response.status} ${await response.text()}`)
  const tokens = z.strictObject({
    access_token: z.string(),
    expires_in: z.number(),
    scope: z.literal('crm'),
    token_type: z.literal('Bearer'),
  })
  const { access_token, expires_in } = tokens.parse(await response.json())
  return { accessToken: access_token, expiresIn: expires_in }
}

async function token(crmUrl: string, parameters: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${crmUrl}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'desk', ...parameters }),
  })
  if (!response.ok) throw new Error(`token: ${response.status} ${await response.text()}`)
  const tokens = Tokens.parse(await response.json())
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    expiresIn: tokens.expires_in,
  }
}
