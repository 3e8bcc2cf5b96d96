import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Fault } from '#contract/errors.ts'
import { announce, joinRunning } from '../../src/main/loopback/join.ts'
import { type LoopbackShell, loopbackShell } from '../support/loopback-shell.ts'
import { rawHttp } from '../support/raw-http.ts'

let shell: LoopbackShell
let now = 0
beforeEach(async () => {
  now = 0
  shell = await loopbackShell({ now: () => now })
})
afterEach(() => shell.close())

test('a launch address opens the page once', async () => {
  const url = shell.server.launchUrl()
  const first = await rawHttp(url)
  expect(first.status).toBe(302)
  expect(first.headers.location).toBe('/')
  const setCookie = first.headers['set-cookie']?.[0] ?? ''
  expect(setCookie).toMatch(/^ascolto-[\w-]{8}=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/)

  const again = await rawHttp(url)
  expect(again.status).toBe(403)
  expect(again.headers['set-cookie']).toBeUndefined()

  const cookie = setCookie.split(';')[0] ?? ''
  const opened = await rawHttp(shell.server.origin, { headers: { cookie } })
  expect(opened.status).toBe(200)
  expect(opened.body).toContain('<title>desk</title>')
  expect((await rawHttp(url, { headers: { cookie } })).headers.location).toBe('/')
})

test('a launch address expires, and a guess ahead does not use it up', async () => {
  const url = shell.server.launchUrl()
  expect((await rawHttp(url, { headers: { 'sec-purpose': 'prefetch;prerender' } })).status).toBe(403)
  expect((await rawHttp(url)).status).toBe(302)
  const late = shell.server.launchUrl()
  now += 10 * 60_000
  expect((await rawHttp(late)).status).toBe(403)
})

test.each(['/', '/index.html', '/media.html', '/assets/index-1a2b3c.js', '/nothing'])(
  'without the cookie %s is refused in words',
  async (path) => {
    for (const cookie of [undefined, 'ascolto-aaaaaaaa=x', (await shell.launch()).replace(/.$/, '!')]) {
      const answer = await rawHttp(`${shell.server.origin}${path}`, { headers: cookie ? { cookie } : {} })
      expect(answer.status).toBe(403)
      expect(answer.body).toContain('npm start')
      expect(answer.body).toContain('lang="en"')
    }
  },
)

test('a cookie of another start opens nothing', async () => {
  const other = await loopbackShell()
  try {
    const [name, value] = (await other.launch()).split('=')
    const ownName = (await shell.launch()).split('=')[0]
    expect(name).not.toBe(ownName)
    const answer = await rawHttp(shell.server.origin, { headers: { cookie: `${ownName}=${value}` } })
    expect(answer.status).toBe(403)
  } finally {
    await other.close()
  }
})

test('another Host, another Origin, another site: refused even with the cookie', async () => {
  const cookie = await shell.launch()
  const { origin } = shell.server
  const port = new URL(origin).port
  const get = (headers: Record<string, string>, path = '/') =>
    rawHttp(`${origin}${path}`, { headers: { cookie, ...headers } })
  for (const answer of [
    await get({ host: `localhost:${port}` }),
    await get({ host: `evil.example:${port}` }),
    await get({ origin: 'https://evil.example' }),
    await get({ origin: `http://127.0.0.1:${Number(port) + 1}` }),
    await get({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, '/assets/index-1a2b3c.js'),
    await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
    await get({ host: `localhost:${port}` }, '/callback?code=c&state=s'),
  ]) {
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('rifiutata')
    expect(answer.body).toContain('Refused')
  }
  expect(shell.host.callbacks).toEqual([])
})

test('every answer carries the policy, and only assets are cached', async () => {
  const cookie = await shell.launch()
  const { origin } = shell.server
  const index = await rawHttp(origin, { headers: { cookie } })
  const asset = await rawHttp(`${origin}/assets/index-1a2b3c.js`, { headers: { cookie } })
  const refused = await rawHttp(`${origin}/nothing`)
  for (const { headers } of [index, asset, refused]) {
    const policy = headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain(`connect-src 'self' ws://${new URL(origin).host}`)
    expect(policy).not.toContain('unsafe')
    expect(headers['permissions-policy']).toContain('microphone=(self)')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
  }
  expect(index.headers['cache-control']).toBe('no-store')
  expect(refused.headers['cache-control']).toBe('no-store')
  expect(asset.headers['cache-control']).toContain('immutable')
})

test('nothing beside the page is served', async () => {
  const cookie = await shell.launch()
  for (const path of [
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/..%5coutside.txt',
  ]) {
    const answer = await rawHttp(`${shell.server.origin}${path}`, { headers: { cookie } })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body).not.toContain('not to be served')
  }
})

test('the sign-in comes back without a cookie and goes on to the desk', async () => {
  const { origin } = shell.server
  const arrived = await rawHttp(`${origin}/callback?code=c&state=s`, {
    headers: {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      origin: 'null',
    },
  })
  expect(arrived.status).toBe(200)
  expect(arrived.body).toContain('http-equiv="refresh" content="0;url=/"')
  expect(arrived.headers['set-cookie']).toBeUndefined()
  expect(shell.host.callbacks).toEqual([`${origin}/callback?code=c&state=s`])
})

test('a sign-in that fails says so in words, and does not go on by itself', async () => {
  const { origin } = shell.server
  expect((await rawHttp(`${origin}/callback?code=c`)).body).toContain('Sign-in failed')
  shell.host.signIn = async () => {
    throw new Fault('unavailable', 'crm-away')
  }
  const away = await rawHttp(`${origin}/callback?code=c&state=s`)
  shell.host.signIn = async () => {
    throw new Error('secret detail')
  }
  const broken = await rawHttp(`${origin}/callback?code=c&state=<b>`)
  expect(away.body).toContain('The CRM does not answer')
  for (const answer of [away, broken]) {
    expect(answer.status).toBe(400)
    expect(answer.body).not.toContain('refresh')
    expect(answer.body).toContain('href="/"')
    expect(answer.body).not.toMatch(/secret detail|<b>/)
  }
})

test('a later start of the same user joins', async () => {
  const withdraw = await announce(shell.dir, shell.server.origin, shell.server.joinSecret)
  const path = join(shell.dir, 'running.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const url = await joinRunning(shell.dir)
  expect((await rawHttp(url ?? '')).status).toBe(302)

  await chmod(path, 0o644)
  expect(await joinRunning(shell.dir)).toBeNull()
  await withdraw()
  expect(await joinRunning(shell.dir)).toBeNull()
})

test('a file of a start that is gone joins nothing', async () => {
  const other = await loopbackShell()
  const withdraw = await announce(shell.dir, shell.server.origin, other.server.joinSecret)
  expect(await joinRunning(shell.dir)).toBeNull()
  await withdraw()
  await announce(shell.dir, other.server.origin, other.server.joinSecret)
  const announced = await readFile(join(shell.dir, 'running.json'), 'utf8')
  await other.close()
  expect(await joinRunning(shell.dir)).toBeNull()
  await writeFile(join(shell.dir, 'running.json'), announced.replace('127.0.0.1', '192.0.2.1'))
  expect(await joinRunning(shell.dir)).toBeNull()
})

test('joining without the secret, or from a page, is refused', async () => {
  const { origin } = shell.server
  const join = (headers: Record<string, string>, body: string) =>
    rawHttp(`${origin}/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const guess = JSON.stringify({ nonce: 'n'.repeat(43), proof: 'p'.repeat(43) })
  expect((await join({}, guess)).status).toBe(403)
  expect((await join({}, '{}')).status).toBe(403)
  expect((await join({}, '{')).status).toBe(400)
  expect((await join({ origin: 'https://evil.example' }, guess)).status).toBe(403)
  expect((await join({}, JSON.stringify({ nonce: 'n'.repeat(9_000) }))).status).toBe(413)
})

test('a taken port is no error', async () => {
  const other = await loopbackShell({ port: Number(new URL(shell.server.origin).port) })
  expect(other.server.origin).not.toBe(shell.server.origin)
  await other.close()
})
