import type { BrowserContext, Page } from '@playwright/test'
import type { WebSocket } from 'ws'
import { aheadHere, aheadIn, highResolutionNow } from '../lib/clock.ts'
import type { CrmRoad } from './crm-road.ts'
import { PaintWatch } from './paint-watch.ts'

/** The limit: a WebSocket message from a Node process to the paint of an otherwise empty page. */
export class FloorSide {
  readonly #page: Page
  readonly #watch: PaintWatch
  readonly #socket: WebSocket
  #sent = 0

  private constructor(page: Page, watch: PaintWatch, socket: WebSocket) {
    this.#page = page
    this.#watch = watch
    this.#socket = socket
  }

  static async open(context: BrowserContext, road: CrmRoad): Promise<FloorSide> {
    const page = await context.newPage()
    const watch = await PaintWatch.over(page)
    const [socket] = await Promise.all([road.nextSocket(), page.goto(`${road.url}/plain/floor.html`)])
    return new FloorSide(page, watch, socket)
  }

  /** So many times, one after the other: milliseconds. */
  async measure(times: number): Promise<number[]> {
    await this.#page.bringToFront()
    const clocks = (await aheadIn(this.#page)) - aheadHere()
    const took: number[] = []
    for (let time = 0; time < times; time++) {
      const heading = `message ${++this.#sent}`
      await this.#watch.arm([{ heading, words: [] }])
      const sentAt = highResolutionNow()
      this.#socket.send(heading)
      const [paintedAt] = await this.#watch.painted(heading)
      took.push((paintedAt ?? Number.NaN) + clocks - sentAt)
    }
    return took
  }
}
