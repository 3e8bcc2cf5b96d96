import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test'
import { build } from 'vite'
import { type WebSocket, WebSocketServer } from 'ws'
import { Fault } from '../../../src/contract/errors.ts'
import { MediaAnswer, MediaNotice, type MediaStats, type MediaVerb } from '../../../src/contract/media.ts'
import type { MediaEnd } from '../../../src/main/phone/phone.ts'
import type { DeviceSettings } from '../../../src/renderer/src/media/link.ts'
import { chromiumArgs, chromiumPath, shellArgs, shellPath } from '../chromium.ts'
import { until } from '../until.ts'

type Good = Extract<MediaAnswer, { ok: true }>
type Pending = { resolve(answer: Good): void; reject(fault: Fault): void; timer: NodeJS.Timeout }

const faults: Record<Extract<MediaAnswer, { ok: false }>['fault'], () => Fault> = {
  'microphone-denied': () => new Fault('forbidden', 'microphone-denied'),
  'microphone-missing': () => new Fault('unavailable', 'microphone-missing'),
  'no-such-call': () => new Fault('not-found', 'call-gone'),
  failed: () => new Fault('unavailable', 'unavailable-now'),
}

/** The media end of a real page, over a socket of its own in the place of the desk's host. */
export class PageMedia implements MediaEnd {
  /** How many audio contexts of the page run, as it told. */
  running = 0
  #socket: WebSocket | null = null
  #next = 0
  readonly #pending = new Map<number, Pending>()
  readonly #attached = new Set<() => void>()
  readonly #noticed = new Set<(notice: MediaNotice) => void>()

  get sounding(): boolean {
    return this.running > 0
  }

  attached(): boolean {
    return this.#socket !== null
  }

  ask(ask: MediaVerb, timeoutMs = 5000): Promise<Good> {
    const socket = this.#socket
    if (!socket) return Promise.reject(new Fault('unavailable', 'no-media-end'))
    const request = ++this.#next
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(request)
        reject(new Fault('unavailable', 'unavailable-now'))
      }, timeoutMs)
      this.#pending.set(request, { resolve, reject, timer })
      socket.send(JSON.stringify({ request, ask }))
    })
  }

  async stats(callId: string): Promise<MediaStats | null> {
    return (await this.ask({ verb: 'stats', callId })).stats ?? null
  }

  onAttached(listener: () => void): () => void {
    this.#attached.add(listener)
    return () => this.#attached.delete(listener)
  }

  onNotice(listener: (notice: MediaNotice) => void): () => void {
    this.#noticed.add(listener)
    return () => this.#noticed.delete(listener)
  }

  accept(socket: WebSocket): void {
    socket.on('message', (data) => this.#receive(socket, JSON.parse(data.toString())))
    socket.on('close', () => {
      if (this.#socket === socket) this.#drop()
    })
  }

  #receive(
    socket: WebSocket,
    message: { ready?: true; sounding?: number; answer?: unknown; notice?: unknown },
  ): void {
    if (message.ready) {
      this.#drop()
      this.#socket = socket
      for (const listener of this.#attached) listener()
    } else if (message.sounding !== undefined) {
      this.running = message.sounding
    } else if (message.answer !== undefined) {
      const answer = MediaAnswer.parse(message.answer)
      const pending = this.#pending.get(answer.request)
      this.#pending.delete(answer.request)
      if (!pending) return
      clearTimeout(pending.timer)
      if (answer.ok) pending.resolve(answer)
      else pending.reject(faults[answer.fault]())
    } else {
      this.tell(MediaNotice.parse(message.notice))
    }
  }

  /** As if the page had told it. */
  tell(notice: MediaNotice): void {
    for (const listener of this.#noticed) listener(notice)
  }

  #drop(): void {
    this.#socket = null
    this.running = 0
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer)
      pending.reject(new Fault('unavailable', 'no-media-end'))
    }
    this.#pending.clear()
  }
}

/** One Chromium with a fake microphone that beeps. Permissions are the contexts'. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArgs,
  })
}

/** As `launchChromium`, without windows; `more`: arguments of its own. */
export const launchShell = (more: string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: shellPath(), args: [...shellArgs, ...more] })

let shellOfProcess: Promise<Browser> | null = null

/** One for all files that this process runs, each page in a context of its own; it ends with the process. */
export async function sharedShell(): Promise<Browser> {
  const running = await shellOfProcess
  if (running?.isConnected()) return running
  shellOfProcess = launchShell()
  return shellOfProcess
}

let bundle: Promise<string> | null = null

async function bundlePage(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rollupOptions: { input: fileURLToPath(new URL('page.ts', import.meta.url)) },
    },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) =>
    'output' in one ? one.output : [],
  )
  const entry = outputs.find((one) => one.type === 'chunk')
  if (!entry) throw new Error('the media page was not built')
  return entry.code
}

export type MediaPage = {
  media: PageMedia
  page: Page
  context: BrowserContext
  /** Its renderer dies; resolves when the host knows. */
  crash(): Promise<void>
  /** Another page in the crashed one's place, as the host makes one; resolves with `performance.now()` when it attached. */
  reopen(): Promise<number>
  close(): Promise<void>
}

export async function openMediaPage(
  browser: Browser,
  options: { permissions?: string[]; fakeDevices?: boolean; chosen?: Partial<DeviceSettings> } = {},
): Promise<MediaPage> {
  bundle ??= bundlePage()
  const script = await bundle
  const media = new PageMedia()
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>media</title><script type="module" src="/page.js"></script>')
  })
  const sockets = new WebSocketServer({ server, path: '/media' })
  sockets.on('connection', (socket) => media.accept(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const context = await browser.newContext({ permissions: options.permissions ?? ['microphone'] })
  const page = await context.newPage()
  const asked = new URLSearchParams({
    ...(options.fakeDevices && { devices: 'fake' }),
    ...(options.chosen && { chosen: JSON.stringify(options.chosen) }),
  })
  const address = `http://127.0.0.1:${port}/?${asked}`
  const open = async (tab: Page): Promise<number> => {
    const attached = new Promise<number>((resolve) => {
      const off = media.onAttached(() => {
        off()
        resolve(performance.now())
      })
    })
    await tab.goto(address)
    return attached
  }
  await open(page)
  const opened: MediaPage = {
    media,
    page,
    context,
    async crash() {
      const devtools = await context.newCDPSession(opened.page)
      const crashed = opened.page.waitForEvent('crash')
      devtools.send('Page.crash').catch(() => undefined)
      await crashed
      await until('the page is gone', () => !media.attached())
    },
    async reopen() {
      const before = opened.page
      opened.page = await context.newPage()
      await before.close()
      return open(opened.page)
    },
    async close() {
      await context.close()
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return opened
}
