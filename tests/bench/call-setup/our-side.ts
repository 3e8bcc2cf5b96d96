import type { Browser } from '@playwright/test'
import { defaultLine } from '../../../src/contract/domain/line.ts'
import { openMediaPage } from '../../support/media-page/media-page.ts'
import { credentialsOf, openTelephone } from '../../support/telephone.ts'
import { ringsFor, type Side } from './side.ts'

/** Our telephone: signalling in Node, the voice in a page, a socket between them over which the click comes too. */
export async function openOurs(
  browser: Browser,
  options: { extension: string; sipUrl: string; stun: string },
): Promise<Side> {
  const { extension, sipUrl, stun } = options
  const { media, page, close } = await openMediaPage(browser)
  const line = { ...defaultLine, media: { ...defaultLine.media, iceServers: [{ urls: [stun] }] } }
  const desk = openTelephone(media, async () => ({ ...credentialsOf(extension, sipUrl, null), line }))
  let click: Promise<number> = Promise.resolve(Number.NaN)
  desk.phone.on('call', ({ state, media: audio }) => {
    if (state === 'ringing' && audio === 'none')
      setTimeout(() => {
        click = page.evaluate(() => window.pressAnswer())
      }, ringsFor)
  })
  media.onNotice((notice) => {
    const ringing = desk.phone.calls().find(({ state }) => state === 'ringing')
    if (notice.type === 'headset' && notice.press === 'answer' && ringing)
      void desk.phone.answer(ringing.id).catch(() => undefined)
  })
  desk.phone.start()
  await desk.registered()
  return {
    page,
    extension,
    clickedAt: () => click,
    async dial(number) {
      const clickedAt = await page.evaluate(() => performance.timeOrigin + performance.now())
      const id = await desk.phone.dial(number)
      await desk.until(() => desk.phone.calls().every((call) => call.id !== id), 'it is busy')
      return { clickedAt, key: extension }
    },
    idle: () => desk.until(() => desk.phone.calls().length === 0, 'the call is over'),
    async close() {
      await desk.phone.stop()
      await close()
    },
  }
}
