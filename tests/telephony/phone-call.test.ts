import type { Browser } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Line } from '../../src/practice/line.ts'
import { launchChromium, type MediaPage, openMediaPage } from '../support/media-page/media-page.ts'
import {
  credentialsOf,
  eventually,
  openTelephone,
  openTestLine,
  type Telephone,
} from '../support/telephone.ts'

let browser: Browser
let line: Line
let media: MediaPage
let desk: Telephone

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
})

beforeEach(async () => {
  line = await openTestLine()
  media = await openMediaPage(browser)
  desk = openTelephone(media.media, async () => credentialsOf('2001', line.sipUrl, line.queueUrl))
  desk.phone.start()
  await desk.registered()
})
afterEach(async () => {
  await desk.phone.stop()
  await media.close()
  await line.close()
})

const ready = async () => {
  await desk.phone.setDesired({ kind: 'ready' })
  await desk.until(() => desk.phone.agent().engine.kind === 'ready', 'the engine has the operator ready')
}

async function ringing(scenario = 'talker') {
  await ready()
  const handle = line.place(scenario)
  const call = await desk.call((one) => one.state === 'ringing', 'it rings')
  return { handle, id: call.id, call }
}

async function talking() {
  const { handle, id } = await ringing()
  await desk.phone.answer(id)
  await desk.call((one) => one.media === 'flowing', 'packets come in')
  return { handle, id }
}

const inboundLevel = async (id: string) => (await media.media.stats(id))?.inbound?.level ?? 0
const isHeardHere = (id: string) =>
  eventually(
    () => inboundLevel(id),
    (level) => level > 0.01,
    'the caller is heard',
  )
const sounding = () => media.media.sounding

describe('a call', () => {
  it('registers, and says the line and that it is practice', async () => {
    await desk.until(() => desk.phone.registration().practice, 'the line names itself')
    expect(desk.phone.registration()).toMatchObject({
      state: 'registered',
      line: 'Linea di esercitazione',
      retryAt: null,
    })
  })

  it('is told how the microphone stands, at once and when that changes', async () => {
    const told: string[] = []
    media.media.onNotice((notice) => {
      if (notice.type === 'devices') told.push(notice.microphone)
    })
    await media.page.reload()
    await eventually(
      () => told.at(-1),
      (state) => state === 'granted',
      'granted',
    )
    await media.context.clearPermissions()
    await eventually(
      () => told.at(-1),
      (state) => state === 'prompt' || state === 'denied',
      'no longer',
    )
  })

  it('rings with who calls from which queue, and both hear each other after the answer', async () => {
    const { handle, id, call } = await ringing()
    expect(call).toMatchObject({
      direction: 'inbound',
      remote: { number: '+390255510143', e164: '+390255510143', displayName: 'Ada Caller' },
      queue: { name: 'anagrafe', reason: 'carta' },
      practice: true,
    })
    await eventually(sounding, (on) => on, 'the ring tone')
    await desk.phone.answer(id)
    await isHeardHere(id)
    expect((await media.media.stats(id))?.inbound?.packets).toBeGreaterThan(0)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'the operator is heard',
    )
    expect(sounding()).toBe(false)
    expect(desk.phone.calls()).toMatchObject([{ state: 'active', media: 'flowing' }])
  })

  it('lets the caller be heard also when nobody has touched the page', async () => {
    const { id } = await talking()
    await isHeardHere(id)
    expect(sounding()).toBe(false)
  })

  it('says that a number is withheld', async () => {
    const { call } = await ringing('hidden')
    expect(call.remote).toEqual({ number: null, e164: null, displayName: null })
  })

  it('mutes so that nothing is heard there', async () => {
    const { handle, id } = await talking()
    const heard = () => handle.mediaStats().receivedLevel
    await eventually(heard, (level) => level > 0.01, 'heard before')
    await desk.phone.mute(id, true)
    expect(desk.phone.calls()[0]?.muted).toBe(true)
    await eventually(heard, (level) => level < 0.001, 'silence while muted')
    await desk.phone.mute(id, false)
    await eventually(heard, (level) => level > 0.01, 'heard again')
  })

  it('holds, which the line sees, and resumes with audio', async () => {
    const { handle, id } = await talking()
    await desk.phone.hold(id, true)
    expect(desk.phone.calls()[0]?.state).toBe('held')
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the line knows',
    )
    await desk.phone.hold(id, false)
    expect(desk.phone.calls()[0]?.state).toBe('active')
    await isHeardHere(id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'the operator is heard again',
    )
  })

  it('changes the microphone in the call, and falls back from one that is gone', async () => {
    const { handle, id } = await talking()
    const change = (microphoneId: string | null) =>
      media.page.evaluate(
        (chosen) =>
          window.mediaEnd.setDevices({
            microphoneId: chosen,
            speakerId: 'no-such-speaker',
            ringerId: null,
            ringVolume: 0.2,
          }),
        microphoneId,
      )
    const microphones = await media.page.evaluate(async () =>
      (await navigator.mediaDevices.enumerateDevices())
        .filter((device) => device.kind === 'audioinput' && device.deviceId !== 'default')
        .map((device) => device.deviceId),
    )
    expect(microphones.length).toBeGreaterThan(0)
    for (const chosen of [microphones[0] ?? null, 'no-such-microphone', null]) {
      await change(chosen)
      const before = handle.mediaStats().receivedPackets
      await eventually(
        () => handle.mediaStats(),
        (stats) => stats.receivedPackets > before + 60 && stats.receivedLevel > 0.01,
        `the operator is heard with ${chosen}`,
      )
      await isHeardHere(id)
    }
  })

  it('ends when the far end hangs up, and the wrap-up begins', async () => {
    const { handle, id } = await talking()
    handle.hangUp()
    const ended = await desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ id, endReason: 'far-end' })
    expect(desk.phone.calls()).toEqual([])
    expect(desk.phone.agent().afterCallWork).toMatchObject({ contactId: id })
    await desk.until(() => desk.phone.agent().engine.kind === 'after-call-work', 'the engine waits')
    await desk.phone.finishAfterCallWork(id, { kind: 'ready' })
    await desk.until(() => desk.phone.agent().engine.kind === 'ready', 'ready again')
    expect(desk.phone.agent().afterCallWork).toBeNull()
    await eventually(
      () => media.page.evaluate(() => window.openConnections()),
      (open) => open === 0,
      'nothing leaks',
    )
  })

  it('ends when we hang up, and the line knows', async () => {
    const { handle, id } = await talking()
    await desk.phone.hangUp(id)
    expect(desk.told.at(-1)).toMatchObject({ id, state: 'ended', endReason: 'operator' })
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line knows',
    )
  })

  it('stops ringing when the caller gives up', async () => {
    await ringing('shy')
    const ended = await desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ endReason: 'cancelled', answeredAt: null })
    expect(desk.phone.agent().afterCallWork).toBeNull()
    await eventually(sounding, (on) => !on, 'no sound')
  })

  it('can be refused', async () => {
    const { id } = await ringing()
    await desk.phone.reject(id)
    expect(desk.told.at(-1)).toMatchObject({ id, state: 'ended', endReason: 'operator', answeredAt: null })
    expect(desk.phone.calls()).toEqual([])
  })

  it('sends digits', async () => {
    const { handle, id } = await talking()
    await desk.phone.dtmf(id, '12#')
    await eventually(
      () => handle.digits,
      (digits) => digits === '12#',
      'the digits arrive',
    )
  })

  it('dials, and is told what becomes of it', async () => {
    const id = await desk.phone.dial('02 5551 0150')
    await desk.call((one) => one.id === id && one.state === 'dialling', 'it dials')
    await desk.call((one) => one.id === id && one.state === 'active', 'somebody answers')
    await isHeardHere(id)
    await desk.phone.hangUp(id)
    const nobody = await desk.phone.dial('02 5551 0199')
    expect(
      await desk.call((one) => one.id === nobody && one.state === 'ended', 'nobody has it'),
    ).toMatchObject({
      endReason: 'unreachable',
    })
    await expect(desk.phone.dial('not a number!')).rejects.toMatchObject({
      kind: 'invalid',
      code: 'input-invalid',
    })
  })
})
