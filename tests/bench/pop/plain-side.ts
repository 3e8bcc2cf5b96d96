import { once } from 'node:events'
import type { BrowserContext, Page } from '@playwright/test'
import { build } from 'vite'
import { WebSocket } from 'ws'
import { FromEngine, queueProtocol, type ToEngine } from '#contract/queue.ts'
import { defaultRealm, type Line } from '../../../src/practice/line.ts'
import { aheadIn } from '../lib/clock.ts'
import type { Caller } from './callers.ts'
import type { CrmRoad } from './crm-road.ts'
import { PaintWatch, type Shown } from './paint-watch.ts'
import type {} from './plain-page/page.ts'

export const plainUser = { extension: '9001', password: 'of the plain page, on this line only' }

/** Builds the plain page, and the page that is nothing but a heading. */
export async function buildPlainPages(outDir: string): Promise<void> {
  const root = `${import.meta.dirname}/plain-page`
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    base: '/plain/',
    build: {
      outDir,
      emptyOutDir: true,
      rollupOptions: { input: [`${root}/index.html`, `${root}/floor.html`] },
    },
  })
}

export const plainIdle: Shown = { heading: 'Idle', words: [] }

export function expectedPlain({ names }: Caller): Shown {
  if (names.length === 0) return { heading: 'Unknown', words: [] }
  if (names.length === 1) return { heading: names[0] ?? '', words: [] }
  return { heading: 'Who is it?', words: names }
}

/** The peer: a page with its own SIP stack that asks the CRM over HTTP. */
export class PlainSide {
  readonly page: Page
  readonly watch: PaintWatch
  readonly #queue: WebSocket

  private constructor(page: Page, watch: PaintWatch, queue: WebSocket) {
    this.page = page
    this.watch = watch
    this.#queue = queue
  }

  static async open(context: BrowserContext, road: CrmRoad, line: Line): Promise<PlainSide> {
    const page = await context.newPage()
    const watch = await PaintWatch.over(page)
    await page.goto(`${road.url}/plain/index.html`)
    await page.waitForFunction(() => 'plain' in window)
    await page.evaluate((to) => window.plain.start(to), {
      sipUrl: line.sipUrl,
      realm: defaultRealm,
      ...plainUser,
    })
    const queue = new WebSocket(line.queueUrl, queueProtocol)
    await once(queue, 'open')
    const side = new PlainSide(page, watch, queue)
    const { extension, password } = plainUser
    await side.#tell({ type: 'hello', extension, username: extension, password }, 'not-ready')
    return side
  }

  ready(): Promise<void> {
    return this.#tell({ type: 'set', state: 'ready', reason: null }, 'ready')
  }

  pause(): Promise<void> {
    return this.#tell({ type: 'set', state: 'not-ready', reason: 'break' }, 'not-ready')
  }

  async #tell(message: ToEngine, until: 'ready' | 'not-ready'): Promise<void> {
    const told = new Promise<void>((resolve) => {
      const read = (data: WebSocket.RawData) => {
        const answer = FromEngine.parse(JSON.parse(data.toString()))
        if (answer.type !== 'state' || answer.state.kind !== until) return
        this.#queue.off('message', read)
        resolve()
      }
      this.#queue.on('message', read)
    })
    this.#queue.send(JSON.stringify(message))
    await told
  }

  setToken(token: string): Promise<void> {
    return this.page.evaluate((value) => {
      window.plain.token = value
    }, token)
  }

  ahead(): Promise<number> {
    return aheadIn(this.page)
  }

  /** The page's high resolution time when the last INVITE was there. */
  invitedAt(): Promise<number> {
    return this.page.evaluate(() => window.plain.invitedAt)
  }

  close(): void {
    this.#queue.terminate()
  }
}
