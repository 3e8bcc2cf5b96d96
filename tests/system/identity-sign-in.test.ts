import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crmAudience } from '#contract/crm.ts'
import { createAccess } from '../../src/crm/identity/access.ts'
import { addAccounts, rememberPractice } from '../../src/crm/identity/accounts.ts'
import { issuerKeys } from '../../src/crm/identity/keys.ts'
import { hashPassword } from '../../src/crm/identity/password.ts'
import { createSignInDelay } from '../../src/crm/identity/sign-in-delay.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { freePort } from '../support/free-port.ts'
import { type RunningIssuer, startIssuer } from '../support/issuer.ts'
import { quickHash } from '../support/quick-password.ts'
import { beginSignIn, refresh, signIn } from '../support/sign-in.ts'
import { openNewStore } from '../support/store-templates.ts'

const password = 'una frase lunga'
const account = (login: string, extension: string, passwordHash: string) => ({
  login,
  givenName: login,
  familyName: 'Prova',
  roles: ['operator' as const],
  teams: ['first-level'],
  extension,
  passwordHash,
})

let folder: string
let store: Store
let issuer: RunningIssuer
let clock = Date.now()

const start = (port?: number) => startIssuer(store, { now: () => clock, ...(port ? { port } : {}) })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-identity-'))
  store = await openNewStore(folder)
  const hash = quickHash(password)
  const dear = await hashPassword(password)
  await addAccounts(store.db, [
    account('anna', '3001', hash),
    account('berta', '3002', hash),
    account('carla', '3003', dear),
    account('dora', '3004', dear),
    account('emma', '3005', dear),
  ])
  issuer = await start()
})
afterAll(async () => {
  await issuer.close()
  await store.close()
  await rm(folder, { recursive: true })
})

const refused = { kind: 'unauthenticated', code: 'signed-out' }

describe('signing in', () => {
  it('gives an access token that the CRM accepts, and nothing but it', async () => {
    const tokens = await signIn(issuer.url, 'anna', password)
    expect(tokens.expiresIn).toBe(300)
    const principal = await issuer.access.principal(`Bearer ${tokens.accessToken}`)
    expect(principal).toMatchObject({
      kind: 'user',
      user: { name: 'anna Prova', roles: ['operator'], teams: ['first-level'], extension: '3001' },
    })
    await expect(issuer.access.principal(`Bearer ${tokens.idToken}`)).rejects.toMatchObject(refused)
    await expect(issuer.access.principal(`Bearer ${tokens.refreshToken}`)).rejects.toMatchObject(refused)
    await expect(issuer.access.principal(undefined)).rejects.toMatchObject(refused)
    await expect(issuer.access.principal(tokens.accessToken)).rejects.toMatchObject(refused)
  })

  it('takes the name in any case, with spaces around', async () => {
    await signIn(issuer.url, '  ANNA ', password)
  })

  it('says the same for a wrong password and an unknown name', async () => {
    const pages = []
    for (const login of ['anna', 'nessuno-mai']) {
      const open = await beginSignIn(issuer.url)
      const answer = await open.submit(login, 'sbagliata')
      expect(answer.status).toBe(401)
      pages.push((await answer.text()).replaceAll(login, 'X').replaceAll(/signin\/[\w-]+\?/g, ''))
    }
    expect(pages[0]).toContain('Nome utente o password non corretti.')
    expect(pages[0]).toBe(pages[1])
  })

  it('takes about as long for an unknown name as for a wrong password', async () => {
    const timed = async (login: string): Promise<number> => {
      const open = await beginSignIn(issuer.url)
      const from = performance.now()
      await open.submit(login, 'sbagliata')
      return performance.now() - from
    }
    const fastest = async (logins: string[]) => {
      const times = []
      for (const login of logins) times.push(await timed(login))
      return Math.min(...times)
    }
    const known = await fastest(['carla', 'dora', 'emma'])
    const unknown = await fastest(['ignota-1', 'ignota-2', 'ignota-3'])
    expect(unknown).toBeGreaterThan(known / 3)
    expect(unknown).toBeLessThan(known * 3)
  })

  it('makes the next attempt wait longer each time, in words, and looks at none before', async () => {
    const waits = []
    for (let i = 0; i < 5; i++) {
      const open = await beginSignIn(issuer.url)
      const answer = await open.submit('berta', 'sbagliata')
      expect(answer.status).toBe(401)
      const wait = Number(answer.headers.get('retry-after') ?? 0)
      waits.push(wait)
      if (wait > 0) expect(await answer.text()).toContain(`Riprova fra ${wait} secondi.`)
      if (i < 4) clock += wait * 1000
    }
    expect(waits).toEqual([0, 0, 2, 4, 8])

    const early = await beginSignIn(issuer.url)
    const answer = await early.submit('berta', password)
    expect(answer.status).toBe(429)
    expect(await answer.text()).toMatch(/Troppi tentativi\.\s+Riprova fra 8 secondi\./)

    clock += 8_000
    await early.tokens(await early.submit('berta', password))
    // The account begins anew.
    expect((await (await beginSignIn(issuer.url)).submit('berta', 'x')).headers.get('retry-after')).toBeNull()
  })

  it('does not let a stranger keep somebody out from elsewhere, nor guess without end from many places', async () => {
    let at = 0
    const delay = createSignInDelay(store.db, () => at)
    for (let i = 0; i < 15; i++) {
      at += 60_000
      expect((await delay.attempt('franca', 'stranger')).allowed).toBe(true)
    }
    expect((await delay.attempt('franca', 'stranger')).allowed).toBe(false)
    expect(await delay.attempt('franca', 'her desk')).toEqual({ allowed: true, wait: 0 })
    await delay.succeeded('franca', 'her desk')

    const waits = []
    for (let i = 0; i < 30; i++) {
      const { wait } = await delay.attempt('franca', `place ${i}`)
      waits.push(wait)
      at += wait * 1000
    }
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(waits.at(-1)).toBe(10)
    // Her own desk waits for seconds, however long the others go on.
    at += 10_000
    expect((await delay.attempt('franca', 'her desk')).allowed).toBe(true)
  })

  /** What becomes of attempts that begin when they do; each is looked at for 400 ms, and a wrong one is made again, right, after six seconds. */
  async function shift(
    address: string,
    from: number,
    people: { login: string; at: number; slips: number }[],
  ) {
    let at = from
    const delay = createSignInDelay(store.db, () => at)
    const steps = people.map((one) => ({ ...one, at: from + one.at, looked: false }))
    const refused: string[] = []
    let longest = 0
    for (;;) {
      steps.sort((a, b) => a.at - b.at)
      const step = steps.shift()
      if (!step) return { refused, longest }
      at = step.at
      if (step.looked) {
        if (step.slips === 0) await delay.succeeded(step.login, address)
        else steps.push({ ...step, at: at + 6_000, looked: false, slips: step.slips - 1 })
        continue
      }
      const { allowed, wait } = await delay.attempt(step.login, address)
      longest = Math.max(longest, wait)
      if (allowed) steps.push({ ...step, at: at + 400, looked: true })
      else {
        refused.push(step.login)
        steps.push({ ...step, at: at + wait * 1000 })
      }
    }
  }

  it('keeps nobody waiting of five hundred who begin a shift behind one address, of whom thirty mistype', async () => {
    const building = (day: number, oneOf = 17) =>
      Array.from({ length: 500 }, (_, i) => ({
        login: `turno-${i}`,
        // In five minutes, most of them in the second; the mistypes all over, not the same people each day.
        at: Math.floor(i < 100 ? i * 600 : i < 400 ? 60_000 + (i - 100) * 200 : 120_000 + (i - 400) * 1_800),
        slips: (i + day) % oneOf === 0 ? 1 : 0,
      }))
    const begin = Date.parse('2026-11-24T06:55:00Z')
    const first = await shift('building', begin, building(0))
    expect([first.refused, first.longest]).toEqual([[], 0])
    // The next day somebody there tries names until the address waits for minutes: not for those who are known there.
    let at = begin + 86_400_000
    const delay = createSignInDelay(store.db, () => at)
    let wait = 0
    for (let i = 0; i < 26; i++) {
      wait = (await delay.attempt(`tentativo-${i}`, 'building')).wait
      if (i < 25) at += wait * 1000
    }
    expect(wait).toBeGreaterThan(4)
    expect((await delay.attempt('straniera', 'building')).allowed).toBe(false)
    // And were they to mistype twice as much.
    const next = await shift('building', at, building(1, 8))
    expect([next.refused, next.longest]).toEqual([[], 0])
    // And it is over by itself.
    at += 20 * 60_000
    expect(await delay.attempt('straniera', 'building')).toEqual({ allowed: true, wait: 0 })
  }, 120_000)

  it('does not look without end at a guess or two at each of many who are known behind one address', async () => {
    let at = Date.parse('2026-11-24T06:55:00Z')
    const delay = createSignInDelay(store.db, () => at)
    const logins = Array.from({ length: 250 }, (_, i) => `palazzo-${i}`)
    for (const login of logins) {
      at += 1_000
      await delay.attempt(login, 'palazzo')
      await delay.succeeded(login, 'palazzo')
      at += 60_000
    }
    let guessed = 0
    const guess = () => delay.attempt(logins[guessed++ % logins.length] ?? '', 'palazzo')
    let looked = 0
    for (const until = at + 15 * 60_000; at < until; at += 1_000) {
      if ((await guess()).allowed) looked += 1
    }
    expect(looked).toBeGreaterThanOrEqual(100)
    expect(looked).toBeLessThan(160)
    // A pause does not give all of it anew.
    at += 16 * 60_000
    let anew = 0
    while ((await guess()).wait === 0) anew += 1
    expect(anew).toBeLessThan(25)
    // Who works there comes in between, and some minutes after the last guess it is over.
    at += 30_000
    expect((await delay.attempt('palazzo-200', 'palazzo')).allowed).toBe(true)
    await delay.succeeded('palazzo-200', 'palazzo')
    at += 6 * 60_000
    expect(await delay.attempt('palazzo-201', 'palazzo')).toEqual({ allowed: true, wait: 0 })
  }, 120_000)

  it('makes an unknown name wait just so', async () => {
    for (let i = 0; i < 3; i++) await (await beginSignIn(issuer.url)).submit('fantasma', 'x')
    expect((await (await beginSignIn(issuer.url)).submit('fantasma', 'x')).status).toBe(429)
  })

  it('does not look at many guesses at once', async () => {
    const open = await Promise.all(Array.from({ length: 8 }, () => beginSignIn(issuer.url)))
    const answers = await Promise.all(open.map((one, i) => one.submit('dora', `tentativo ${i}`)))
    expect(answers.filter((answer) => answer.status === 401).length).toBeLessThanOrEqual(3)
  })

  it('makes an address wait that tries many names', async () => {
    clock += 3_600_000
    const hash = quickHash(password)
    await addAccounts(
      store.db,
      Array.from({ length: 22 }, (_, i) => account(`nome-${i}`, `${4000 + i}`, hash)),
    )
    const statuses = []
    for (let i = 0; i < 22; i++) {
      statuses.push((await (await beginSignIn(issuer.url)).submit(`nome-${i}`, 'x')).status)
    }
    expect(statuses.indexOf(429)).toBe(21)
    clock += 3_600_000
  })

  it('speaks the language asked for', async () => {
    const english = await beginSignIn(issuer.url, { parameters: { ui_locales: 'de en-GB' } })
    expect(english.page).toContain('<html lang="en">')
    const answer = await english.get(`${english.pageUrl}?lang=it`)
    expect(await answer.text()).toContain('Nome utente')
    const browser = await beginSignIn(issuer.url)
    const page = await browser.get(browser.pageUrl, { 'accept-language': 'fr, en;q=0.7, it;q=0.5' })
    expect(await page.text()).toContain('User name')
  })

  it('never makes markup of what was typed', async () => {
    const open = await beginSignIn(issuer.url, { parameters: { login_hint: '"><script>alert(1)</script>' } })
    expect(open.page).not.toContain('<script')
    const page = await (await open.submit(`'"><img src=x>`, 'x')).text()
    expect(page).not.toContain('<img src=x>')
  })

  it('refuses a form without the cookie of its sign-in, or from another site', async () => {
    const open = await beginSignIn(issuer.url)
    const forged = await fetch(open.pageUrl, {
      method: 'POST',
      body: new URLSearchParams({ login: 'anna', password }),
      redirect: 'manual',
    })
    expect(forged.status).toBe(410)
    const crossSite = await open.submit('anna', password, { 'sec-fetch-site': 'cross-site' })
    expect(crossSite.status).toBe(403)
  })

  it('says in a page when there are too many requests', async () => {
    const flooded = await start()
    const statuses = new Set<number>()
    let last = ''
    for (let i = 0; i < 610; i++) {
      const response = await fetch(`${flooded.url}/signin/none`)
      statuses.add(response.status)
      last = await response.text()
    }
    expect(statuses).toEqual(new Set([410, 429]))
    expect(last).toContain('Adesso non si può accedere')
    await flooded.close()
  })

  it('asks everybody for the password, also in a browser where somebody signed in before', async () => {
    const open = await beginSignIn(issuer.url)
    await open.tokens(await open.submit('anna', password))
    const again = await open.get(
      `${issuer.url}/oidc/auth?client_id=desk&response_type=code&redirect_uri=http://127.0.0.1:5/callback&scope=openid&code_challenge=${'a'.repeat(43)}&code_challenge_method=S256`,
    )
    expect(again.headers.get('location')).toMatch(/\/signin\//)
  })

  it.each([
    ['another site', { redirect_uri: 'https://evil.example/callback' }],
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }],
    ['another client', { client_id: 'other' }],
  ])('refuses to begin with %s', async (_what, parameters) => {
    const open = await beginSignIn(issuer.url, { parameters })
    expect(open.pageUrl).not.toMatch(/\/signin\//)
  })

  it('says its own address, whatever host a client names', async () => {
    const response = await fetch(`${issuer.url}/oidc/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'evil.example' },
    })
    expect(await response.text()).not.toContain('evil.example')
  })

  it('shows the practice accounts on this machine only', async () => {
    expect((await beginSignIn(issuer.url)).page).not.toContain('Linea di esercitazione')
    await rememberPractice(store.db, {
      password: 'pubblica',
      accounts: [{ login: 'anna', name: 'Anna Prova', role: 'operator' }],
    })
    expect((await beginSignIn(issuer.url)).page).toContain('<code>pubblica</code>')
    const elsewhere = await startIssuer(store, { publicUrl: 'http://crm.example.test' })
    const begun = await fetch(
      `${elsewhere.url}/oidc/auth?client_id=desk&response_type=code&redirect_uri=http://127.0.0.1:5/callback&scope=openid&code_challenge=${'a'.repeat(43)}&code_challenge_method=S256`,
      { redirect: 'manual' },
    )
    const page = await fetch(`${elsewhere.url}${begun.headers.get('location')}`, {
      headers: {
        cookie: begun.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      },
    })
    expect(page.status).toBe(200)
    expect(await page.text()).not.toContain('pubblica')
    await elsewhere.close()
  })
})

describe('tokens', () => {
  it('are refused from another issuer, for another audience, of another kind, expired, or of a closed account', async () => {
    const tokens = await signIn(issuer.url, 'carla', password)
    const keys = await issuerKeys(store.db)
    const [key] = keys.signing
    if (!key) throw new Error('no key')
    const claims = JSON.parse(Buffer.from(tokens.accessToken.split('.')[1] ?? '', 'base64url').toString())
    const good = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
    const signed = (changes: object, header: typeof good = good, by: Parameters<SignJWT['sign']>[0] = key) =>
      new SignJWT({ ...claims, ...changes }).setProtectedHeader(header).sign(by)
    const check = async (token: Promise<string> | string) => issuer.access.principal(`Bearer ${await token}`)

    await check(signed({}))
    await expect(check(signed({ iss: 'http://127.0.0.1:1/oidc' }))).rejects.toMatchObject(refused)
    await expect(check(signed({ aud: 'urn:other' }))).rejects.toMatchObject(refused)
    await expect(check(signed({ exp: Math.floor(Date.now() / 1000) - 1 }))).rejects.toMatchObject(refused)
    await expect(check(signed({ scope: 'openid' }))).rejects.toMatchObject(refused)
    await expect(check(signed({ sub: 'anna' }))).rejects.toMatchObject(refused)
    await expect(check(signed({}, { ...good, typ: 'JWT' }))).rejects.toMatchObject(refused)
    const stranger = await generateKeyPair('ES256')
    await expect(check(signed({}, good, stranger.privateKey))).rejects.toMatchObject(refused)
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${tokens.accessToken.split('.')[1]}.`
    await expect(check(unsigned)).rejects.toMatchObject(refused)
    const elsewhere = createAccess({
      store,
      issuerUrl: 'http://127.0.0.1:1/oidc',
      jwks: { keys: keys.signing },
    })
    await expect(elsewhere.principal(`Bearer ${tokens.accessToken}`)).rejects.toMatchObject(refused)

    await store.db
      .updateTable('users')
      .set({ deactivated_at: new Date().toISOString() })
      .where('login', '=', 'carla')
      .execute()
    await expect(check(tokens.accessToken)).rejects.toMatchObject(refused)
    await expect(refresh(issuer.url, tokens.refreshToken)).rejects.toThrow(/invalid_grant/)
    await expect(signIn(issuer.url, 'carla', password)).rejects.toThrow(/no code/)
  })

  it('are for the audience of the CRM, with the roles', async () => {
    const { accessToken } = await signIn(issuer.url, 'anna', password)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ aud: crmAudience, roles: ['operator'], scope: 'crm', client_id: 'desk' })
  })

  it('are renewed by a refresh token once; using it again ends them all', async () => {
    const first = await signIn(issuer.url, 'anna', password)
    const second = await refresh(issuer.url, first.refreshToken)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    await issuer.access.principal(`Bearer ${second.accessToken}`)
    clock += 60_000
    await expect(refresh(issuer.url, first.refreshToken)).rejects.toThrow(/invalid_grant/)
    await expect(refresh(issuer.url, second.refreshToken)).rejects.toThrow(/invalid_grant/)
  })

  it('are renewed once more within a minute when the answer was lost, and what it brought is worth nothing', async () => {
    const first = await signIn(issuer.url, 'anna', password)
    const lost = await refresh(issuer.url, first.refreshToken)
    clock += 59_000
    const second = await refresh(issuer.url, first.refreshToken)
    await expect(refresh(issuer.url, lost.refreshToken)).rejects.toThrow(/invalid_grant/)
    const third = await refresh(issuer.url, second.refreshToken)
    await issuer.access.principal(`Bearer ${third.accessToken}`)
    // Not a third time, and then all of them end.
    await expect(refresh(issuer.url, first.refreshToken)).rejects.toThrow(/invalid_grant/)
    await expect(refresh(issuer.url, third.refreshToken)).rejects.toThrow(/invalid_grant/)
  })

  it('end all when an old refresh token comes again after its successor was used, also within the minute', async () => {
    const first = await signIn(issuer.url, 'anna', password)
    const second = await refresh(issuer.url, first.refreshToken)
    clock += 1000
    const third = await refresh(issuer.url, second.refreshToken)
    await expect(refresh(issuer.url, first.refreshToken)).rejects.toThrow(/invalid_grant/)
    await expect(refresh(issuer.url, third.refreshToken)).rejects.toThrow(/invalid_grant/)
  })

  it('are good for one of two who bring the same refresh token at once', async () => {
    const { refreshToken } = await signIn(issuer.url, 'anna', password)
    const outcomes = await Promise.allSettled([
      refresh(issuer.url, refreshToken),
      refresh(issuer.url, refreshToken),
    ])
    const renewed = await Promise.allSettled(
      outcomes.flatMap((one) =>
        one.status === 'fulfilled' ? [refresh(issuer.url, one.value.refreshToken)] : [],
      ),
    )
    expect(renewed.filter((one) => one.status === 'fulfilled').length).toBe(1)
  })

  it('end with a sign-out, the access token at once', async () => {
    const { accessToken, refreshToken } = await signIn(issuer.url, 'anna', password)
    await issuer.access.principal(`Bearer ${accessToken}`)
    const response = await fetch(`${issuer.url}/oidc/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'desk', token: refreshToken }),
    })
    expect(response.status).toBe(200)
    await expect(refresh(issuer.url, refreshToken)).rejects.toThrow(/invalid_grant/)
    await expect(issuer.access.principal(`Bearer ${accessToken}`)).rejects.toMatchObject(refused)
  })

  it('live on when the CRM restarts', async () => {
    const port = await freePort()
    await issuer.close()
    issuer = await start(port)
    const tokens = await signIn(issuer.url, 'anna', password)
    const open = await beginSignIn(issuer.url)

    await issuer.close()
    await store.close()
    store = await openStore({ dataDir: folder })
    issuer = await start(port)

    await issuer.access.principal(`Bearer ${tokens.accessToken}`)
    const renewed = await refresh(issuer.url, tokens.refreshToken)
    await issuer.access.principal(`Bearer ${renewed.accessToken}`)
    // A page that was open when it went down still works.
    await open.tokens(await open.submit('emma', password))
  })
})
