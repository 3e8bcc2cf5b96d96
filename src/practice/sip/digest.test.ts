import { describe, expect, it } from 'vitest'
import { credentialFor, ephemeralPassword } from './credentials.ts'
import { challenge, digestMatches, digestResponse, NonceStore, parseDigest } from './digest.ts'

const header = (change: Record<string, string> = {}) => {
  const fields = {
    algorithm: 'MD5',
    username: '"Mufasa"',
    realm: '"testrealm@host.com"',
    nonce: '"dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    uri: '"/dir/index.html"',
    response: '"6629fae49393a05397450978507c4ef1"',
    qop: 'auth',
    cnonce: '"0a4f113b"',
    nc: '00000001',
    ...change,
  }
  return `Digest ${Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}`
}

describe('digest', () => {
  it('computes the example of RFC 2617, 3.5', () => {
    const answer = parseDigest(header())
    if (!answer) throw new Error('not parsed')
    expect(digestResponse(answer, 'GET', 'Circle Of Life')).toBe('6629fae49393a05397450978507c4ef1')
    expect(digestMatches(answer, 'GET', 'Circle Of Life')).toBe(true)
    expect(digestMatches(answer, 'GET', 'Circle of Life')).toBe(false)
    expect(digestMatches(answer, 'POST', 'Circle Of Life')).toBe(false)
  })

  it('refuses what is not a complete answer with qop=auth and MD5', () => {
    for (const change of [
      { qop: '' },
      { qop: 'auth-int' },
      { algorithm: 'SHA-256' },
      { nc: '1' },
      { response: '"zz"' },
      { cnonce: '' },
      { username: '""' },
    ])
      expect(parseDigest(header(change)), JSON.stringify(change)).toBeNull()
    expect(parseDigest('Basic YTpi')).toBeNull()
    expect(parseDigest(`${header()}, nonce="other"`)).toBeNull()
    expect(parseDigest(`Digest ${'a'.repeat(5000)}`)).toBeNull()
    expect(parseDigest('Digest username="no end')).toBeNull()
  })

  it('reads quoted pairs and commas inside quotes', () => {
    expect(parseDigest(header({ username: '"a\\"b,c"' }))?.username).toBe('a"b,c')
  })

  it('asks again with stale only when the nonce was the reason', () => {
    expect(challenge('r', 'n', true)).toContain('stale=true')
    expect(challenge('r', 'n', false)).not.toContain('stale')
  })
})

describe('nonces', () => {
  it('accept each count once and only rising', () => {
    const nonces = new NonceStore()
    const nonce = nonces.issue(0)
    expect(nonces.use(nonce, 1, 10)).toBe('ok')
    expect(nonces.use(nonce, 1, 11)).toBe('replayed')
    expect(nonces.use(nonce, 3, 12)).toBe('ok')
    expect(nonces.use(nonce, 2, 13)).toBe('replayed')
  })

  it('expire, and unknown ones are stale', () => {
    const nonces = new NonceStore({ lifetimeMs: 100 })
    const nonce = nonces.issue(0)
    expect(nonces.use(nonce, 1, 100)).toBe('stale')
    expect(nonces.use('made-up', 1, 0)).toBe('stale')
  })

  it('do not grow without bound', () => {
    const nonces = new NonceStore({ limit: 3 })
    const first = nonces.issue(0)
    for (let n = 0; n < 5; n++) nonces.issue(1)
    expect(nonces.use(first, 1, 2)).toBe('stale')
  })
})

describe('time-limited credentials', () => {
  const secret = 's'.repeat(32)
  const at = (username: string, nowSeconds: number) =>
    credentialFor(username, { secret, nowSeconds, staticUsers: new Map([['900', 'pw']]) })

  it('carry extension and expiry in the user name, and an HMAC of it as the password', () => {
    expect(at('2000:101', 1999)).toEqual({
      extension: '101',
      password: ephemeralPassword(secret, '2000:101'),
    })
    expect(ephemeralPassword(secret, '2000:101')).toMatch(/^[A-Za-z0-9+/]{27}=$/)
    expect(ephemeralPassword(secret, '2001:101')).not.toBe(ephemeralPassword(secret, '2000:101'))
  })

  it('end at their second', () => {
    expect(at('2000:101', 2000)).toEqual({ refused: 'expired' })
  })

  it('refuse names of another shape, and know static users', () => {
    for (const name of ['101', ':101', '2000:', '2000:1 01', '2000:101:5', 'x:101'])
      expect(at(name, 0), name).toEqual({ refused: 'unknown' })
    expect(at('900', 0)).toEqual({ extension: '900', password: 'pw' })
  })
})
