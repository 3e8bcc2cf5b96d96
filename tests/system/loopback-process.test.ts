import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { joinRunning } from '../../src/main/loopback/join.ts'
import { connectBy } from '../../src/renderer/src/host/connection.ts'
import { webSocketTransport } from '../../src/renderer/src/host/websocket-transport.ts'
import { programFile } from '../../tools/programs.ts'
import { rawHttp } from '../support/raw-http.ts'

type Desk = {
  child: ChildProcess
  out: string[]
  err: () => string
  ended: Promise<number | null>
}

let dir: string
const desks: Desk[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ascolto-desk-'))
  await writeFile(join(dir, 'index.html'), '<!doctype html><title>desk</title>')
})
afterEach(async () => {
  for (const { child, ended } of desks.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  await rm(dir, { recursive: true, force: true })
})

function start(extra: string[] = [], ofNode: string[] = []): Desk {
  const child = spawn(
    process.execPath,
    [
      ...ofNode,
      programFile('desk'),
      '--data',
      join(dir, 'data'),
      '--crm',
      'http://127.0.0.1:1',
      '--renderer',
      dir,
      ...extra,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const out: string[] = []
  let err = ''
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
  })
  const ended = once(child, 'close').then(() => child.exitCode)
  const desk = { child, out, err: () => err, ended }
  desks.push(desk)
  return desk
}

async function ready(desk: Desk): Promise<{ url: string; origin: string }> {
  await Promise.race([once(desk.child.stdout ?? desk.child, 'data'), desk.ended])
  const line = desk.out[0]
  if (line === undefined) throw new Error(`the desk did not start: ${desk.err()}`)
  const { ready: name, ...where } = JSON.parse(line) as { ready: string; url: string; origin: string }
  expect(name).toBe('desk')
  return where
}

test('the real host answers a launched page, a second start is refused by name and may join, SIGTERM ends it cleanly', async () => {
  const desk = start()
  const { url, origin } = await ready(desk)
  const cookie = (await rawHttp(url)).headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const connection = connectBy(
    webSocketTransport({
      origin,
      fetch: (address, init) => fetch(address, { ...init, headers: { origin, cookie } }),
      WebSocket: class extends WebSocket {
        constructor(address: string) {
          super(address, { headers: { origin, cookie } })
        }
      },
    }),
  )
  expect(await connection.desk.host.capabilities()).toMatchObject({
    signIn: 'same-window',
    mediaInPage: true,
  })
  expect(await connection.desk.settings.get()).toMatchObject({ language: 'it' })

  const second = start()
  expect(await second.ended).toBe(1)
  expect(second.err()).toContain('data-locked')
  expect(second.out).toEqual([])
  const joined = (await joinRunning(join(dir, 'data'))) ?? ''
  expect(joined).toMatch(`${origin}/?launch=`)
  expect((await rawHttp(joined)).status).toBe(302)

  connection.close()
  desk.child.kill('SIGTERM')
  expect(await desk.ended).toBe(0)
  await expect(access(join(dir, 'data', 'running.json'))).rejects.toThrow()
  expect(await joinRunning(join(dir, 'data'))).toBeNull()
  expect(desk.out).toHaveLength(1)
  const token = new URL(url).searchParams.get('launch') ?? 'none'
  expect(desk.err()).not.toContain(token)
  expect(desk.err()).not.toContain(cookie.split('=')[1])
})

test('an error that nobody caught is logged without what it was about, and the desk goes on', async () => {
  const surprise = `process.on('SIGUSR2', () => {
    Promise.reject(Object.assign(new Error('stray rejection'), { note: 'what somebody typed' }))
    setImmediate(() => { throw new Error('stray exception') })
  })`
  await writeFile(join(dir, 'surprise.mjs'), surprise)
  const desk = start([], [`--import=${join(dir, 'surprise.mjs')}`])
  const { url } = await ready(desk)
  desk.child.kill('SIGUSR2')
  // A fatal line is flushed past one that is still being written: their order is not promised.
  await expect
    .poll(() => [...desk.err().matchAll(/"origin":"(\w+)"/g)].map(([, origin]) => origin).toSorted(), {
      timeout: 10_000,
    })
    .toEqual(['exception', 'rejection'])
  expect((await rawHttp(url)).status).toBe(302)
  expect(desk.err()).not.toMatch(/stray|typed/)
  desk.child.kill('SIGTERM')
  expect(await desk.ended).toBe(0)
})

test('what is not understood is said with the usage', async () => {
  const desk = start(['--crm', 'ftp://example.it'])
  expect(await desk.ended).toBe(1)
  expect(desk.err()).toContain('--crm URL')
  const other = start(['--nothing'])
  expect(await other.ended).toBe(1)
  expect(other.err()).toContain('--nothing')
})
