import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { Fault } from '#contract/errors.ts'
import { type HttpServer, openHttp } from '../../src/crm/http/server.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { programFile } from '../../tools/programs.ts'
import { openNewStore } from '../support/store-templates.ts'

let store: Store | null = null
let http: HttpServer | null = null
let dataDir = ''
afterEach(async () => {
  await http?.close()
  await store?.close()
  http = null
  store = null
  await rm(dataDir, { recursive: true, force: true })
})

it('asks a desk that comes before the API is whole to come again, and serves it afterwards', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  store = await openNewStore(dataDir)
  await sql`select 1`.execute(store.db)
  http = await openHttp({
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    store,
    busyAfterMs: 0,
  })
  const early = await fetch(`${http.url}/ready`)
  expect(early.status).toBe(503)
  expect(early.headers.get('retry-after')).toBe('1')
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1')
  socket.write('POST /api/v1/anything HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('503')
  socket.destroy()
  await http.start()
  expect((await fetch(`${http.url}/ready`)).status).toBe(200)
})

it('believes about where a request comes from the proxies that it is told of, and no others', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  store = await openNewStore(dataDir)
  const log = pino({ level: 'silent' })
  http = await openHttp({
    ...{ host: '127.0.0.1', port: 0, log, store, busyAfterMs: 0 },
    proxies: ['10.1.0.0/16'],
  })
  http.app.get('/where', (request) => request.ip)
  await http.start()
  const from = async (forwarded: string) =>
    await (await fetch(`${http?.url}/where`, { headers: { 'x-forwarded-for': forwarded } })).text()
  expect(await from('192.0.2.9, 10.1.2.3')).toBe('192.0.2.9')
  expect(await from('192.0.2.9, 10.2.0.1')).toBe('10.2.0.1')
})

it('says when to come again, and that it is alive however busy it is', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  store = await openNewStore(dataDir)
  const log = pino({ level: 'silent' })
  http = await openHttp({ host: '127.0.0.1', port: 0, log, store, busyAfterMs: 5 })
  const { app, url } = http
  app.get('/away', () => Promise.reject(new Fault('unavailable', 'unavailable-now')))
  app.get('/too-many', () => Promise.reject(new Fault('too-many', 'rate-limited')))
  app.get('/there', () => ({}))
  await http.start()
  const ask = async (path: string) => {
    const answer = await fetch(url + path)
    await answer.text()
    return [answer.status, answer.headers.get('retry-after')]
  }
  expect(await ask('/away')).toEqual([503, '5'])
  expect(await ask('/too-many')).toEqual([429, '60'])
  const busy = setInterval(() => {
    for (const until = performance.now() + 20; performance.now() < until; );
  }, 1)
  try {
    await expect.poll(() => ask('/there'), { timeout: 20_000 }).toEqual([503, '5'])
    expect(await ask('/health')).toEqual([200, null])
  } finally {
    clearInterval(busy)
  }
})

/** Until it ends, on `dataDir`. */
const serve = (...args: string[]) =>
  spawnSync(
    process.execPath,
    [
      ...[programFile('crm'), 'serve', '--port', '0', '--data', dataDir],
      ...['--sip-url', 'wss://pbx.example.org/sip', ...args],
    ],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: '', ASCOLTO_SIP_SECRET: 'x'.repeat(40) },
    },
  )

it('does not offer the example city’s accounts beyond this computer', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  await (await openNewStore(dataDir)).close()
  const refused = serve('--public-url', 'https://crm.example.org')
  expect([refused.status, refused.stdout]).toEqual([2, ''])
  expect(refused.stderr).toContain('whose password is public')
})

it.each(['--rules', '--retention'])('opens no database when %s does not parse', async (option) => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  for (const name of ['calendar', 'retention']) await writeFile(join(dataDir, `${name}.json`), '{')
  for (const name of ['terms', 'routing', 'teams']) await writeFile(join(dataDir, `${name}.json`), '{}')
  const before = await readdir(dataDir)
  const refused = serve(option, option === '--rules' ? dataDir : join(dataDir, 'retention.json'))
  expect([refused.status, refused.stdout]).toEqual([2, ''])
  expect(refused.stderr).toContain(`${option}: `)
  expect(refused.stderr).toContain('.json:1: ')
  expect(await readdir(dataDir)).toEqual(before)
})
