import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DeskMedia } from '../../src/practice/media/desk-media.ts'
import { frameBytes, level } from '../../src/practice/media/g711.ts'
import { Ticker } from '../../src/practice/media/ticker.ts'
import { launchShell } from '../support/media-page/media-page.ts'
import { until } from '../support/until.ts'

/** What the page of this test offers; in the browser it stands on `window`. */
type PageMedia = {
  connection: RTCPeerConnection
  fresh(): void
  describe(options: RTCOfferOptions): Promise<string>
}
declare global {
  var pageMedia: PageMedia
}

const pages = createServer((_request, response) => response.end('<!doctype html><title>media</title>'))
let browser: Browser

beforeAll(async () => {
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
  browser = await launchShell(['--no-sandbox'])
})
afterAll(async () => {
  await browser.close()
  pages.close()
})

describe('the line’s media with a real browser', () => {
  let page: Page
  let media: DeskMedia
  let ticker: Ticker
  let heard = 0
  let loudest = 0
  let digits = ''
  const directions: string[] = []

  beforeEach(async () => {
    heard = 0
    loudest = 0
    digits = ''
    directions.length = 0
    media = new DeskMedia({
      sound: (frame) => {
        heard++
        loudest = Math.max(loudest, level(frame))
      },
      direction: (direction) => directions.push(direction),
      digit: (sign) => {
        digits += sign
      },
    })
    const tone = new Uint8Array(frameBytes).map((_, at) => (Math.floor(at / 10) % 2 === 0 ? 0x90 : 0x10))
    ticker = new Ticker()
    ticker.add(() => media.send(tone))
    const context = await browser.newContext({ permissions: ['microphone'] })
    page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`)
    await page.evaluate(async () => {
      const microphone = await navigator.mediaDevices.getUserMedia({ audio: true })
      const open = (): RTCPeerConnection => {
        const connection = new RTCPeerConnection({ iceServers: [] })
        for (const track of microphone.getTracks()) connection.addTrack(track)
        connection.ontrack = ({ track }) => {
          const audio = new Audio()
          audio.srcObject = new MediaStream([track])
          void audio.play()
        }
        return connection
      }
      globalThis.pageMedia = {
        connection: open(),
        fresh() {
          this.connection.close()
          this.connection = open()
        },
        async describe(options) {
          const { connection } = this
          const answering = connection.signalingState === 'have-remote-offer'
          await connection.setLocalDescription(
            answering ? await connection.createAnswer() : await connection.createOffer(options),
          )
          while (connection.iceGatheringState !== 'complete')
            await new Promise((resolve) =>
              connection.addEventListener('icegatheringstatechange', resolve, { once: true }),
            )
          return connection.localDescription?.sdp ?? ''
        },
      }
    })
    const offer = (await media.getDescription()).body
    await page.evaluate(
      (sdp) => globalThis.pageMedia.connection.setRemoteDescription({ type: 'offer', sdp }),
      offer,
    )
    await media.setDescription(await page.evaluate(() => globalThis.pageMedia.describe({})))
  })
  afterEach(async () => {
    media.close()
    ticker.stop()
    await page.context().close()
  })

  async function reoffer(options: RTCOfferOptions = {}): Promise<void> {
    await media.setDescription(await page.evaluate((given) => globalThis.pageMedia.describe(given), options))
    const answer = (await media.getDescription()).body
    await page.evaluate(
      (sdp) => globalThis.pageMedia.connection.setRemoteDescription({ type: 'answer', sdp }),
      answer,
    )
  }

  /** Packets and level that the page has received. */
  const received = () =>
    page.evaluate(async () => {
      for (const entry of (await globalThis.pageMedia.connection.getStats()).values())
        if (entry.type === 'inbound-rtp')
          return { packets: entry.packetsReceived, level: entry.audioLevel ?? 0 }
      return { packets: 0, level: 0 }
    })

  async function bothHear(): Promise<void> {
    const [before, page] = [heard, await received()]
    loudest = 0
    await until('the browser is heard', () => heard > before + 25 && loudest > 0.01)
    const end = performance.now() + 10_000
    let now = page
    while (now.packets - page.packets < 25 || now.level < 0.05) {
      if (performance.now() > end)
        throw new Error(`the browser hears nothing: ${JSON.stringify({ page, now })}`)
      now = await received()
    }
  }

  it('is heard both ways, through hold, an ICE restart and a connection made anew', async () => {
    await bothHear()
    for (const direction of ['sendonly', 'sendrecv'] as const) {
      await page.evaluate((wanted) => {
        for (const transceiver of globalThis.pageMedia.connection.getTransceivers())
          transceiver.direction = wanted
      }, direction)
      await reoffer()
    }
    expect(directions).toEqual(['sendrecv', 'sendonly', 'sendrecv'])
    await bothHear()
    await reoffer({ iceRestart: true })
    await bothHear()
    await page.evaluate(() => globalThis.pageMedia.fresh())
    await reoffer()
    await bothHear()
  })

  it('understands the keys a browser sends, whoever made the offer', async () => {
    const press = (tones: string) =>
      page.evaluate(
        (keys) => globalThis.pageMedia.connection.getSenders()[0]?.dtmf?.insertDTMF(keys, 100, 50),
        tones,
      )
    await bothHear()
    await press('4#')
    await until('two keys', () => digits === '4#')
    await page.evaluate(() => globalThis.pageMedia.fresh())
    await reoffer()
    await bothHear()
    await press('9')
    await until('a third key', () => digits === '4#9')
  })
})
