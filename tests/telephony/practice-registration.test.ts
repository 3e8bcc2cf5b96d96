import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openPractice, type Practice } from '../support/practice.ts'
import { until } from '../support/until.ts'

let practice: Practice
afterEach(() => practice.close())

describe('registration', () => {
  it('takes a credential that the CRM would issue, answers with the contact and its time, and refreshes', async () => {
    practice = await openPractice()
    const desk = practice.desk('2001')
    expect(await desk.register()).toBe(200)
    expect(await desk.register()).toBe(200)
    expect(desk.registerer.contacts).toHaveLength(1)
  })

  it('never lasts longer than the credential', async () => {
    practice = await openPractice()
    const desk = practice.desk('2001', { secondsFromNow: 30 })
    expect(await desk.register()).toBe(200)
    expect(desk.registeredForSeconds).toBeGreaterThan(20)
    expect(desk.registeredForSeconds).toBeLessThanOrEqual(30)
  })

  it.each([
    ['an expired credential', { secondsFromNow: -1 }],
    ['a wrong password', { password: 'guessed' }],
    ['a user name of another shape', { username: '2001' }],
    ['a credential for another extension', { username: `${Math.floor(Date.now() / 1000) + 600}:2002` }],
  ])('refuses %s', async (_what, options) => {
    practice = await openPractice({ staticUsers: { '900': 'static password' } })
    expect(await practice.desk('2001', options).register()).toBe(403)
  })

  it('refuses the valid credential of one extension for the address of another', async () => {
    practice = await openPractice({ staticUsers: { '900': 'static password' } })
    const intruder = practice.desk('2001', { username: '900', password: 'static password' })
    expect(await intruder.register()).toBe(403)
    const honest = practice.desk('900', { username: '900', password: 'static password' })
    expect(await honest.register()).toBe(200)
  })

  it('ends when it expires, and the operator is not ready any more', async () => {
    practice = await openPractice()
    const desk = practice.desk('2001', { secondsFromNow: 2 })
    const credentialOver = Date.now() + 2000
    expect(await desk.register()).toBe(200)
    await desk.attach(practice.line.queueUrl)
    await desk.ready()
    // Until then a refresh is accepted, and an operator whose registration has just expired is ready again.
    await until('the credential is over', () => Date.now() > credentialOver)
    await desk.isIn('not-ready', 'not-registered')
    const call = practice.line.place('identity-card')
    expect(call.state).toBe('waiting')
  })

  it('ends with its connection and when the desk asks', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    await desk.dropSocket()
    await desk.isIn('not-ready', 'not-registered')
    expect(await desk.reconnect()).toBe(200)
    await desk.isIn('ready')
    await desk.registerer.unregister()
    await desk.isIn('not-ready', 'not-registered')
  })
})

describe('the queue socket', () => {
  it('welcomes with the line’s name, says it is for practice, and tells state and figures', async () => {
    practice = await openPractice()
    const desk = practice.desk('2001')
    const welcome = await desk.attach(practice.line.queueUrl)
    expect(welcome).toEqual({ type: 'welcome', line: 'Linea di esercitazione', practice: true })
    await desk.isIn('not-ready', 'not-registered')
    expect(desk.figures).toEqual({ waiting: 0, longestSince: null })
    practice.line.place('identity-card')
    await until('one waits', () => desk.figures?.waiting === 1)
    expect(Date.parse(desk.figures?.longestSince ?? '')).toBeGreaterThan(Date.now() - 5000)
  })

  it('refuses a wrong password, an expired credential, and a credential for somebody else', async () => {
    practice = await openPractice()
    const refused = { type: 'refused', reason: 'credentials' }
    const { queueUrl } = practice.line
    expect(await practice.desk('2001').attach(queueUrl, { password: 'guessed' })).toEqual(refused)
    expect(await practice.desk('2001', { secondsFromNow: -1 }).attach(queueUrl)).toEqual(refused)
    expect(await practice.desk('2001').attach(queueUrl, { extension: '2002' })).toEqual(refused)
  })

  it('answers what it cannot read, and stays open', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    for (const bad of [
      '{',
      'null',
      '{"type":"set","state":"asleep"}',
      '{"type":"hello"}',
      Buffer.from([0, 1]),
    ]) {
      const before = desk.told.length
      desk.sendRaw(bad)
      expect(await until('an answer', () => desk.told[before])).toEqual({
        type: 'refused',
        reason: 'bad-message',
      })
    }
    desk.tell({ type: 'set', state: 'not-ready', reason: 'meal' })
    await desk.isIn('not-ready', 'meal')
  })

  it('belongs to the desk that said hello last', async () => {
    practice = await openPractice()
    const old = await practice.readyDesk('2001')
    const fresh = practice.desk('2001')
    await fresh.register()
    await fresh.attach(practice.line.queueUrl)
    await until('the old one is closed', () => old.queueClosed)
    await fresh.isIn('ready')
  })

  it('takes the agent out of the queue when it closes', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    desk.detach()
    await until('the agent is gone', () => desk.queueClosed)
    const call = practice.line.place('identity-card')
    await until('the call waits', () => call.mediaStats().ambientPackets > 5)
    expect(call.state).toBe('waiting')
    expect(desk.calls).toHaveLength(0)
  })
})

describe('the WebSocket doors', () => {
  const refused = (url: string, protocol: string, headers: Record<string, string> = {}): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, protocol, { headers })
      socket.on('open', () => resolve('opened'))
      socket.on('error', (error) => resolve(error.message))
    })

  it('want their path, their sub-protocol and an Origin of this machine', async () => {
    practice = await openPractice()
    const { sipUrl, queueUrl } = practice.line
    expect(await refused(sipUrl, 'sip')).toBe('opened')
    expect(await refused(sipUrl, 'sip', { origin: 'http://127.0.0.1:4000' })).toBe('opened')
    expect(await refused(queueUrl, 'sip')).not.toBe('opened')
    expect(await refused(sipUrl.replace('/sip', '/other'), 'sip')).toContain('404')
    expect(await refused(sipUrl, 'sip', { origin: 'https://evil.example' })).toContain('403')
    expect(await refused(sipUrl, 'sip', { origin: 'null' })).toContain('403')
    expect(await refused(sipUrl, 'sip', { host: 'evil.example' })).toContain('403')
  })
})
