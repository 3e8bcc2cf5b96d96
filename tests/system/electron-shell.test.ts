import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Call, plainCall } from '#contract/domain/call.ts'
import { Fault } from '#contract/errors.ts'
import { portHandover, portRequest } from '#contract/port.ts'
import { runDesk } from '../../src/main/electron/desk.ts'
import { connectBy } from '../../src/renderer/src/host/connection.ts'
import { portTransport } from '../../src/renderer/src/host/port-transport.ts'
import { untilStatus } from '../../src/renderer/src/host/status.ts'
import { type StandInDesk, standInDesk } from '../support/electron-desk.ts'
import { electronStandIn } from '../support/electron-stand-in.ts'

let desk: StandInDesk
beforeEach(async () => {
  desk = await standInDesk()
})
afterEach(() => desk.quit())

const pageConnection = () => connectBy(portTransport(desk.window.webContents.page))

test('the scheme is standard and secure, and no window has Node', () => {
  expect(desk.electron.schemes).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
  for (const { options } of desk.electron.windows)
    expect(options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
  expect(desk.media.options.webPreferences).toMatchObject({
    backgroundThrottling: false,
    autoplayPolicy: 'no-user-gesture-required',
  })
})

test('the page calls the host over its port', async () => {
  const connection = pageConnection()
  expect(await connection.desk.host.capabilities()).toEqual({
    signIn: 'system-browser',
    notifications: true,
    raiseWindow: true,
    mediaInPage: false,
  })
  connection.close()
})

test('the page finds a host that was started anew, and its watches and calls in flight do not hang', async () => {
  const connection = pageConnection()
  const stop = new AbortController()
  const seen = vi.fn()
  void connection.watch((signal) => connection.desk.session.watch(undefined, { signal }), seen, stop.signal)
  await expect.poll(() => seen).toHaveBeenCalledTimes(1)
  const first = desk.host()

  desk.electron.hosts.at(-1)?.end(137)
  await untilStatus(connection.status, (status) => status === 'lost')
  await expect(connection.desk.host.capabilities()).rejects.toThrow('not connected')
  await expect.poll(() => seen).toHaveBeenCalledTimes(2)
  expect(connection.status.get()).toBe('open')
  expect(desk.host()).not.toBe(first)

  stop.abort()
  await expect.poll(() => desk.host().openWatches()).toBe(0)
  connection.close()
})

test('a reloaded page gets a port of its own', async () => {
  const before = pageConnection()
  await before.desk.host.capabilities()
  desk.window.webContents.reload()
  const after = pageConnection()
  expect(await after.desk.host.capabilities()).toMatchObject({ mediaInPage: false })
  before.close()
  after.close()
})

test.each([
  [
    'a frame inside our page',
    { url: 'app://desk/index.html', parent: { url: 'app://desk/index.html', parent: null } },
  ],
  ['another origin', { url: 'https://evil.example/', parent: null }],
  ['a frame that is gone', null],
])('no port is handed to %s', async (_name, frame) => {
  const contents = desk.window.webContents
  await untilPort()
  const heard = vi.fn()
  contents.page.addEventListener('message', heard)
  const posts = vi.spyOn(contents.mainFrame, 'postMessage')
  const withPost = (end: { url: string; parent: unknown } | null): never =>
    (end && { ...end, parent: end.parent && withPost(end.parent as typeof end), postMessage: posts }) as never
  contents.send(portRequest, withPost(frame))
  expect(posts).not.toHaveBeenCalled()
})

async function untilPort(): Promise<void> {
  const { page } = desk.window.webContents
  await new Promise<void>((resolve) => {
    page.addEventListener('message', (event) => event.data === portHandover && resolve())
    page.postMessage(portRequest, page.location.origin)
  })
}

test('permissions of frames and strangers are refused', () => {
  const { electron } = desk
  expect(electron.askPermission('media', 'https://evil.example/', ['audio'])).toBe(false)
  expect(electron.askPermission('media', 'app://desk/index.html', ['audio'], false)).toBe(false)
  expect(electron.askPermission('media', 'app://desk/index.html', ['audio', 'video'])).toBe(false)
  expect(electron.checkPermission('media', 'https://evil.example', 'audio')).toBe(false)
  expect(electron.askPermission('speaker-selection', 'app://desk/index.html')).toBe(true)
})

test('a redirect out of the app and a webview are prevented in every contents', () => {
  for (const { webContents } of desk.electron.windows) {
    const preventDefault = vi.fn()
    webContents.emit('will-redirect', { url: 'https://evil.example/', preventDefault })
    webContents.emit('will-attach-webview', { preventDefault })
    expect(preventDefault).toHaveBeenCalledTimes(2)
  }
})

test('sign-in opens the browser at an issuer, hears it on a port of its own, and raises the window', async () => {
  await untilPort()
  const { openExternal, redirectUri } = desk.opened[0] ?? {}
  await openExternal?.('https://issuer.example.it/auth?state=s')
  expect(desk.electron.openedExternally).toEqual(['https://issuer.example.it/auth?state=s'])

  const uri = (await redirectUri?.()) ?? ''
  const before = desk.window.raised
  expect((await fetch(`${uri}?code=c&state=s`)).status).toBe(200)
  expect(desk.host().callbacks).toEqual([`${uri}?code=c&state=s`])
  await expect.poll(() => desk.window.raised).toBe(before + 1)
})

test('nothing but an issuer is opened outside', async () => {
  await untilPort()
  await expect(desk.opened[0]?.openExternal?.('file:///bin/sh')).rejects.toMatchObject({ kind: 'forbidden' })
  expect(desk.electron.openedExternally).toEqual([])
})

test('the host’s secrets are sealed by the system', async () => {
  await untilPort()
  const keys = desk.opened[0]?.keys
  expect(await keys?.databaseKey()).toMatch(/^[0-9a-f]{64}$/)
  const sealed = (await keys?.seal(Buffer.from('secret'))) ?? new Uint8Array()
  expect(Buffer.from((await keys?.unseal(sealed)) ?? []).toString()).toBe('secret')
  await expect(keys?.unseal(Buffer.from('other'))).rejects.toMatchObject({
    kind: 'invalid',
    code: 'key-missing',
  })
})

test('a ringing call flashes the window and is announced without naming anybody, until it is answered or ignored', async () => {
  await untilPort()
  const ringing: Call = {
    ...plainCall,
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    direction: 'inbound',
    state: 'ringing',
    remote: { number: '+390255510101', e164: '+390255510101', displayName: 'Ada Conti' },
    queue: null,
    practice: true,
    muted: false,
    media: 'none',
    startedAt: '2026-03-02T09:00:00.000Z',
    answeredAt: null,
    endedAt: null,
    endReason: null,
  }
  desk.host().showCalls([ringing])
  await expect.poll(() => desk.electron.notifications).toHaveLength(1)
  expect(desk.window.flashing).toBe(true)
  const [notification] = desk.electron.notifications
  expect(notification?.options).toEqual({
    title: 'Incoming call',
    body: 'Open Ascolto to answer.',
    silent: true,
  })
  const before = desk.window.raised
  notification?.emit('click')
  expect(desk.window.raised).toBe(before + 1)

  for (const quiet of [{ state: 'active' }, { ignored: true }] as const) {
    desk.host().showCalls([ringing])
    await expect.poll(() => desk.electron.notifications).toHaveLength(1)
    expect(desk.window.flashing).toBe(true)
    expect(desk.electron.trayText).toBe('Ascolto: Incoming call')
    desk.host().showCalls([{ ...ringing, ...quiet }])
    await expect.poll(() => desk.electron.notifications).toHaveLength(0)
    await expect.poll(() => desk.electron.trayText).toBe('Ascolto')
    expect(desk.window.flashing).toBe(false)
  }
})

test('a media end that crashes again and again is not reloaded for ever', () => {
  const contents = desk.media.webContents
  for (let i = 0; i < 20; i += 1) contents.emit('render-process-gone', {}, { reason: 'crashed' })
  expect(contents.loads).toBe(6)
})

test('closing the window ends the host before the app', async () => {
  await untilPort()
  const closed = vi.spyOn(desk.host(), 'close')
  desk.window.destroy()
  await desk.electron.ended
  expect(closed).toHaveBeenCalledOnce()
  expect(desk.media.isDestroyed()).toBe(true)
  expect(desk.electron.exited).toBe(0)
})

describe('while a call lives', () => {
  const talking: Call = {
    ...plainCall,
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    direction: 'inbound',
    state: 'active',
    remote: { number: '+390255510101', e164: '+390255510101', displayName: null },
    queue: null,
    practice: true,
    muted: false,
    media: 'flowing',
    startedAt: '2026-03-02T09:00:00.000Z',
    answeredAt: '2026-03-02T09:00:04.000Z',
    endedAt: null,
    endReason: null,
  }
  const question = () => expect.poll(() => desk.electron.questions).toHaveLength(1)

  /** A ring flashes the window: the shell has heard of the call. */
  const talk = async () => {
    await untilPort()
    desk.host().showCalls([{ ...talking, state: 'ringing', media: 'none', answeredAt: null }])
    await expect.poll(() => desk.window.flashing).toBe(true)
    desk.host().showCalls([talking])
    await expect.poll(() => desk.window.flashing).toBe(false)
  }

  test('the window’s cross asks first, once, and the call goes on unless told twice', async () => {
    await talk()
    const closed = vi.spyOn(desk.host(), 'close')
    desk.window.close()
    desk.window.close()
    await question()
    const [asked] = desk.electron.questions
    expect(asked?.message).toContain('A call is still open')
    expect(asked?.buttons[0]).toContain('Back to the call')
    asked?.answer(0)
    await untilPort()
    expect(desk.window.isDestroyed()).toBe(false)
    expect(closed).not.toHaveBeenCalled()

    desk.window.close()
    await question()
    desk.electron.questions[0]?.answer(1)
    await desk.electron.ended
    expect(closed).toHaveBeenCalledOnce()
  })

  test('so does the tray’s way out, and neither asks once the call is over', async () => {
    await talk()
    const quit = desk.electron.trayMenu.find(({ label }) => label.includes('Quit'))
    quit?.click()
    await question()
    desk.electron.questions[0]?.answer(0)
    desk.host().showCalls([])
    await untilPort()
    desk.window.close()
    expect(desk.electron.questions).toHaveLength(0)
    await desk.electron.ended
  })
})

test('no keyring: said by name, and no window opens', async () => {
  const other = await standInDesk({ backend: 'basic_text' })
  expect(other.electron.errorBoxes[0]).toContain('basic_text')
  expect(other.electron.exited).toBe(1)
  expect(other.electron.windows).toHaveLength(0)
  await other.quit()
})

test('a second instance opens nothing', async () => {
  const other = await standInDesk({ firstInstance: false })
  expect(other.electron.windows).toHaveLength(0)
  expect(other.electron.exited).toBe(0)
  await other.quit()
})

test('a host that cannot open is said in words', async () => {
  const { serveHost } = await import('../../src/main/electron/host-service.ts')
  const { pino } = await import('pino')
  const log = pino({ level: 'silent' })
  const electron = electronStandIn((parent, exit) =>
    serveHost(parent, async () => Promise.reject(new Fault('conflict', 'data-locked')), exit, log),
  )
  await runDesk(electron, {
    dataDir: desk.dir,
    crmUrl: 'http://127.0.0.1:1',
    rendererDir: desk.dir,
    preload: '',
    hostModule: '',
    icon: '',
    trayIcon: '',
    log,
  })
  await electron.ended
  expect(electron.errorBoxes[0]).toContain('Another desk is using the data folder')
  expect(electron.exited).toBe(1)
})
