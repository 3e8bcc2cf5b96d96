import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Digest access authentication, RFC 7616 with algorithm MD5 and qop "auth" (what RFC 3261 user agents speak). */

export type DigestAnswer = {
  username: string
  realm: string
  nonce: string
  uri: string
  response: string
  nc: number
  cnonce: string
}

const parameter = /\s*([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/y

/** Parses the value of an Authorization header; null when it is not a digest answer with qop=auth. */
export function parseDigest(header: string): DigestAnswer | null {
  const scheme = /^\s*Digest\s+/i.exec(header)
  if (!scheme || header.length > 2048) return null
  const values = new Map<string, string>()
  parameter.lastIndex = scheme[0].length
  while (parameter.lastIndex < header.length) {
    const match = parameter.exec(header)
    if (!match?.[1]) return null
    const name = match[1].toLowerCase()
    if (values.has(name)) return null
    values.set(name, match[2] === undefined ? (match[3] ?? '') : match[2].replace(/\\(.)/g, '$1'))
  }
  const nc = values.get('nc') ?? ''
  const answer = {
    username: values.get('username') ?? '',
    realm: values.get('realm') ?? '',
    nonce: values.get('nonce') ?? '',
    uri: values.get('uri') ?? '',
    response: (values.get('response') ?? '').toLowerCase(),
    nc: Number.parseInt(nc, 16),
    cnonce: values.get('cnonce') ?? '',
  }
  const complete =
    answer.username && answer.nonce && answer.uri && answer.cnonce && /^[0-9a-f]{32}$/.test(answer.response)
  const algorithm = values.get('algorithm') ?? 'MD5'
  if (!complete || !/^[0-9a-f]{8}$/i.test(nc) || values.get('qop') !== 'auth') return null
  return algorithm.toUpperCase() === 'MD5' ? answer : null
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** The response that a holder of the password would have sent. */
export function digestResponse(answer: DigestAnswer, method: string, password: string): string {
  const ha1 = md5(`${answer.username}:${answer.realm}:${password}`)
  const ha2 = md5(`${method}:${answer.uri}`)
  const nc = answer.nc.toString(16).padStart(8, '0')
  return md5(`${ha1}:${answer.nonce}:${nc}:${answer.cnonce}:auth:${ha2}`)
}

export function digestMatches(answer: DigestAnswer, method: string, password: string): boolean {
  const expected = Buffer.from(digestResponse(answer, method, password), 'hex')
  const given = Buffer.from(answer.response, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Nonces live for a while, and each accepts a count only once and only rising (RFC 7616, 3.4), so that no answer can be replayed. */
export class NonceStore {
  readonly #issued = new Map<string, { until: number; nc: number }>()
  readonly #lifetimeMs: number
  readonly #limit: number

  constructor(options: { lifetimeMs?: number; limit?: number } = {}) {
    this.#lifetimeMs = options.lifetimeMs ?? 60_000
    this.#limit = options.limit ?? 10_000
  }

  issue(now: number): string {
    for (const [nonce, { until }] of this.#issued) {
      if (until > now && this.#issued.size < this.#limit) break
      this.#issued.delete(nonce)
    }
    const nonce = randomBytes(18).toString('base64url')
    this.#issued.set(nonce, { until: now + this.#lifetimeMs, nc: 0 })
    return nonce
  }

  /** `stale`: unknown or expired, ask again with a new one; `replayed`: this count was used before. */
  use(nonce: string, nc: number, now: number): 'ok' | 'stale' | 'replayed' {
    const known = this.#issued.get(nonce)
    if (!known || known.until <= now) {
      this.#issued.delete(nonce)
      return 'stale'
    }
    if (nc <= known.nc) return 'replayed'
    known.nc = nc
    return 'ok'
  }
}

export const challenge = (realm: string, nonce: string, stale: boolean): string =>
  `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`
