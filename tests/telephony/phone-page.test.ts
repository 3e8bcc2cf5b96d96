import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newId } from '../../src/contract/domain/ids.ts'
import { openMediaPage } from '../support/media-page/media-page.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

type MediaPage = Awaited<ReturnType<typeof openMediaPage>>

/** Rings in a page that nobody has touched, until it says that nothing is heard. Gives whether it still says so. */
async function ringsInSilence(media: MediaPage['media']): Promise<() => boolean> {
  let silenced = false
  media.onNotice((notice) => {
    if (notice.type === 'devices') silenced = notice.ringSilenced ?? false
  })
  await media.ask({ verb: 'ring', callId: newId() })
  await eventually(
    () => silenced,
    (told) => told,
    'silent',
  )
  return () => silenced
}

describe('the page goes', () => {
  it('reloads in a call: the call goes on and audio is back', async () => {
    const { handle, id } = await rig.talking()
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      const attachedAt = await rig.reload()
      await rig.desk.until(() => rig.present()?.media === 'flowing', 'told that it flows')
      times.push(Math.round(performance.now() - attachedAt))
      await rig.bothHear(handle, id)
    }
    console.log(`audio back after the page attached, ms: ${times.join(' ')}`)
    expect(rig.present()).toMatchObject({ id, state: 'active', media: 'flowing' })
    expect(rig.desk.told.some((call) => call.media === 'lost')).toBe(true)
    expect(Math.max(...times)).toBeLessThan(3000)
    handle.hangUp()
    await rig.desk.call(
      (one) => one.state === 'ended' && one.endReason === 'far-end',
      "the far end's BYE arrives",
    )
  })

  it('keeps mute and hold over a reload', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.mute(id, true)
    await rig.reload()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
    expect(rig.present()?.muted).toBe(true)
    await rig.desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'held',
    )
    await rig.reload()
    await eventually(
      async () => (await rig.media.media.stats(id).catch(() => null))?.connection,
      (state) => state === 'connected',
      'connected again',
    )
    expect(handle.state).toBe('held')
    expect(rig.present()?.state).toBe('held')
    await rig.desk.phone.hold(id, false)
    await rig.desk.phone.mute(id, false)
    await rig.bothHear(handle, id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'heard again',
    )
  })

  it('reloads while it rings: it goes on ringing, sounds again, and can be answered', async () => {
    const { handle, id } = await rig.ringing()
    await rig.reload()
    await eventually(
      () => rig.media.media.sounding,
      (on) => on,
      'the ring tone, though nobody has touched the page',
    )
    expect(rig.present()?.state).toBe('ringing')
    await rig.desk.phone.answer(id)
    await rig.bothHear(handle, id)
  })

  it('rings on the ringer and in the headset, though nobody has touched the page', async () => {
    const { media, close } = await openMediaPage(rig.browser, {
      chosen: {
        speakerId: 'headset',
        speakerLabel: 'Fake Audio Output 1',
        ringerId: 'box',
        ringerLabel: 'Fake Audio Output 2',
      },
    })
    onTestFinished(close)
    await media.ask({ verb: 'ring', callId: newId() })
    await eventually(
      () => media.running,
      (running) => running === 2,
      'both sound',
    )
  })

  it('rings once and softly when a silent page is touched, where ringer and headset are one device', async () => {
    const { media, page, close } = await openMediaPage(rig.browser, { permissions: [] })
    onTestFinished(close)
    await ringsInSilence(media)
    // Some notes would have sounded meanwhile.
    await delay(6000)
    await page.mouse.click(5, 5)
    const heard = await eventually(
      () => page.evaluate(() => window.heard),
      (all) => all.length > 3,
      'it sounds',
    )
    expect(media.running).toBe(1)
    expect(new Set(heard.map(({ context }) => context)).size).toBe(1)
    // The next note comes later, and louder.
    const first = heard.filter(({ at }) => at < 2000)
    expect(Math.max(...first.map(({ peak }) => peak))).toBeLessThan(0.03)
  })

  it('says that it is silent, and sounds once it is touched, where another program holds the microphone', async () => {
    const { media, page, close } = await openMediaPage(rig.browser)
    onTestFinished(close)
    // Before it is loaded: to evaluate something in a page is to touch it.
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('held', 'NotReadableError'))
    })
    const attached = new Promise<void>((resolve) => media.onAttached(resolve))
    await page.reload()
    await attached
    const silenced = await ringsInSilence(media)
    await page.mouse.click(5, 5)
    await eventually(
      () => page.evaluate(() => window.heard),
      (all) => all.length > 0,
      'it sounds',
    )
    expect(silenced()).toBe(false)
  })

  it('reloads while an emergency number is dialled: both hear once it answers', async () => {
    const { pickUp } = await rig.slowAnswer('112')
    const id = await rig.desk.phone.dial('112')
    await rig.reload()
    pickUp()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come in')
    const [handle] = rig.line.calls()
    if (!handle) throw new Error('the line has no call')
    await rig.bothHear(handle, id)
  })

  it('reloads while a colleague is dialled about a caller: both calls are heard after it', async () => {
    const { pickUp } = await rig.slowAnswer('team-tributi')
    const { handle, id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, 'team-tributi')
    await rig.reload()
    pickUp()
    await rig.isHeardHere(consultation)
    await rig.desk.phone.swap(id)
    await rig.bothHear(handle, id)
  })

  it('loses only its link while dialling, for longer than it keeps what nobody asks about: the connection stays, and is heard', async () => {
    const { pickUp } = await rig.slowAnswer('+390255510150')
    const id = await rig.desk.phone.dial('+390255510150')
    // By the page's own clock, so that what it drops after five seconds is dropped by then.
    const open = await rig.media.page.evaluate(async () => {
      window.relink()
      await new Promise((resolve) => setTimeout(resolve, 5100))
      return window.openConnections()
    })
    expect(open).toBe(1)
    pickUp()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come in')
    await rig.isHeardHere(id)
  })

  it('is away: nothing can be answered, and a far hang-up still ends the call', async () => {
    const { id } = await rig.ringing()
    await rig.media.page.goto('about:blank')
    await eventually(
      () => rig.media.media.attached(),
      (attached) => !attached,
      'the page is gone',
    )
    await expect(rig.desk.phone.answer(id)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'no-media-end',
    })
    expect(rig.present()?.state).toBe('ringing')
    await expect(rig.desk.phone.setDesired({ kind: 'ready' })).rejects.toMatchObject({ code: 'no-media-end' })
    await rig.media.page.goBack()
    await eventually(
      () => rig.media.media.attached(),
      (attached) => attached,
      'the page is back',
    )
    await rig.desk.phone.answer(id)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets')
    await rig.media.page.goto('about:blank')
    await rig.desk.until(() => rig.present()?.media === 'lost', 'told that audio is lost')
    rig.line.calls()[0]?.hangUp()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
  })

  it('refuses the microphone: the call keeps ringing', async () => {
    const { id } = await rig.ringing()
    await rig.media.context.clearPermissions()
    await expect(rig.desk.phone.answer(id)).rejects.toMatchObject({ code: 'microphone-denied' })
    expect(rig.present()?.state).toBe('ringing')
    await expect(rig.desk.phone.setDesired({ kind: 'ready' })).rejects.toMatchObject({
      code: 'microphone-denied',
    })
    await rig.media.context.grantPermissions(['microphone'])
    await rig.desk.phone.answer(id)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets')
  })
})
