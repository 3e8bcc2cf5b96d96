import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { programFile } from '../../tools/programs.ts'
import { openPractice, type Practice, practiceSecret } from '../support/practice.ts'
import { until } from '../support/until.ts'

let practice: Practice | null = null
afterEach(async () => {
  await practice?.close()
  practice = null
})

async function opened() {
  practice = await openPractice()
  const { controlUrl, controlToken } = practice.line
  const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, controlUrl), init)
  const bearer = { authorization: `Bearer ${controlToken}` }
  const post = (path: string, body: unknown, headers: Record<string, string> = bearer) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { line: practice.line, ask, post, bearer, practice }
}

describe('the control API', () => {
  it('lets a citizen call, sets the rate, and shows what happens', async () => {
    const { line, ask, post, bearer, practice } = await opened()
    const desk = await practice.readyDesk('2001')
    const response = await post('/control/calls', { scenario: 'pothole' })
    expect(response.status).toBe(201)
    const { id } = (await response.json()) as { id: string }
    await desk.incoming()
    expect(line.calls().map((call) => call.id)).toEqual([id])
    expect((await post('/control/rate', { perMinute: 6 })).status).toBe(200)
    const state = await (await ask('/control/state', { headers: bearer })).json()
    expect(state).toMatchObject({
      rate: 6,
      figures: { waiting: 0 },
      agents: [{ extension: '2001', state: { kind: 'offered' } }],
      calls: [{ id, scenario: 'pothole', state: 'ringing', extension: '2001' }],
    })
    expect(state).toHaveProperty('log.0.state', 'ringing')
  })

  it('comes at the rate that was set', async () => {
    const { line, post } = await opened()
    await post('/control/rate', { perMinute: 60 })
    await until('two citizens have called', () => line.calls().length >= 2)
  })

  it('wants the token, a scenario that exists, and a sane rate', async () => {
    const { line, ask, post } = await opened()
    expect((await post('/control/calls', { scenario: 'pothole' }, {})).status).toBe(401)
    expect(
      (await post('/control/calls', { scenario: 'pothole' }, { authorization: 'Bearer x' })).status,
    ).toBe(401)
    expect((await ask('/control/state')).status).toBe(401)
    expect((await post('/control/calls', { scenario: 'nobody' })).status).toBe(404)
    expect((await post('/control/calls', '{')).status).toBe(400)
    expect((await post('/control/calls', { scenario: 'pothole', extra: 1 })).status).toBe(400)
    expect((await post('/control/calls', { scenario: 'x'.repeat(5000) })).status).toBe(413)
    expect((await post('/control/rate', { perMinute: 61 })).status).toBe(400)
    expect((await post('/control/rate', { perMinute: -1 })).status).toBe(400)
    expect(line.calls()).toEqual([])
  })

  it('refuses other sites, and gives the page its cookie for the token only', async () => {
    const { line, ask, post, bearer } = await opened()
    const evil = { ...bearer, origin: 'https://evil.example' }
    expect((await post('/control/calls', { scenario: 'pothole' }, evil)).status).toBe(403)
    expect((await post('/control/session', { token: 'guessed' }, {})).status).toBe(401)
    const session = await post('/control/session', { token: line.controlToken }, {})
    expect(session.status).toBe(204)
    const cookie = session.headers.get('set-cookie') ?? ''
    expect(cookie).toContain('HttpOnly; SameSite=Strict')
    const [pair = ''] = cookie.split(';')
    expect((await ask('/control/state', { headers: { cookie: pair } })).status).toBe(200)
    expect(
      (await post('/control/calls', { scenario: 'pothole' }, { cookie: pair, origin: 'null' })).status,
    ).toBe(403)
    expect(line.calls()).toEqual([])
  })

  it('serves its page under a strict policy, with nothing secret in it', async () => {
    const { line, ask } = await opened()
    const page = await ask('/')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const text = await page.text()
    expect(text).toContain('Linea di esercitazione')
    expect(text).not.toContain(line.controlToken)
    expect((await ask('/page.js')).status).toBe(200)
    expect((await ask('/../main.ts')).status).toBe(404)
  })
})

describe('the port', () => {
  it('is another one when the one asked for is taken', async () => {
    const { line } = await opened()
    const port = Number(new URL(line.controlUrl).port)
    const second = await openPractice({ port })
    try {
      expect(new URL(second.line.controlUrl).port).not.toBe(String(port))
      expect((await fetch(second.line.controlUrl)).status).toBe(200)
    } finally {
      await second.close()
    }
  })
})

describe('the program', () => {
  const run = (args: string[], secret = practiceSecret) => {
    const child = spawn(process.execPath, [programFile('practice'), ...args], {
      env: { ...process.env, ASCOLTO_SIP_SECRET: secret, ASCOLTO_LOG: 'warn' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (data) => {
      errors += String(data)
    })
    const exited = once(child, 'exit').then(([code]) => ({ code: code as number | null, errors }))
    return { child, exited, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  }

  it('says in one line that it is ready, takes calls from its command line, and ends on SIGTERM', async () => {
    const { child, exited, lines } = run(['--port', '0'])
    const ready = JSON.parse(String((await lines.next()).value))
    expect(ready).toMatchObject({
      ready: 'practice',
      sipUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/sip$/),
    })
    const where = ['--url', ready.controlUrl, '--token', ready.controlToken]
    const call = run(['call', 'identity-card', ...where])
    expect(JSON.parse(String((await call.lines.next()).value))).toHaveProperty('id')
    expect((await call.exited).code).toBe(0)
    const wrong = await run(['call', 'nobody', ...where]).exited
    expect(wrong).toMatchObject({ code: 2, errors: expect.stringContaining('no such scenario') })
    child.kill('SIGTERM')
    expect((await exited).code).toBe(0)
  })

  it('does not start without a secret that is long enough', async () => {
    expect(await run([], 'short').exited).toMatchObject({
      code: 2,
      errors: expect.stringContaining('ASCOLTO_SIP_SECRET'),
    })
  })
})
