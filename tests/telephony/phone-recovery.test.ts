import type { Browser } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SipCredentials } from '../../src/contract/crm.ts'
import type { Line } from '../../src/practice/line.ts'
import { launchChromium, type MediaPage, openMediaPage } from '../support/media-page/media-page.ts'
import { answerTo, openSipRelay, type SipRelay } from '../support/sip-relay.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import {
  credentialsOf,
  eventually,
  openTelephone,
  openTestLine,
  type Telephone,
} from '../support/telephone.ts'

let browser: Browser
let line: Line
let network: TcpProxy
let media: MediaPage
let desk: Telephone
let credentials: () => Promise<SipCredentials>

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
})

const through = (url: string): string => {
  const changed = new URL(url)
  changed.port = String(network.port)
  return changed.toString()
}

beforeEach(async () => {
  line = await openTestLine()
  network = await openTcpProxy(Number(new URL(line.sipUrl).port))
  media = await openMediaPage(browser)
  credentials = async () => credentialsOf('2001', through(line.sipUrl), through(line.queueUrl))
  desk = openTelephone(media.media, () => credentials())
  desk.phone.start()
  await desk.registered()
})
afterEach(async () => {
  await desk.phone.stop()
  await media.close()
  await network.close()
  await line.close()
})

async function ringing() {
  await desk.phone.setDesired({ kind: 'ready' })
  await desk.until(() => desk.phone.agent().engine.kind === 'ready', 'the engine has the operator ready')
  const handle = line.place('talker')
  const { id } = await desk.call((one) => one.state === 'ringing', 'it rings')
  return { handle, id }
}

async function talking() {
  const { handle, id } = await ringing()
  await desk.phone.answer(id)
  await desk.until(() => desk.phone.calls()[0]?.media === 'flowing', 'packets come in')
  return { handle, id }
}

async function reload(): Promise<number> {
  const attached = new Promise<number>((resolve) => {
    const off = media.media.onAttached(() => {
      off()
      resolve(performance.now())
    })
  })
  await media.page.reload()
  return attached
}

const present = () => desk.phone.calls()[0]
const sounding = () => media.media.sounding
const bothHear = async (handle: ReturnType<Line['place']>, id: string) => {
  await eventually(
    async () => (await media.media.stats(id).catch(() => null))?.inbound?.level ?? 0,
    (level) => level > 0.01,
    'the caller is heard',
  )
  const before = handle.mediaStats().receivedPackets
  await eventually(
    () => handle.mediaStats().receivedPackets,
    (now) => now > before + 10,
    'our packets arrive',
  )
}

describe('the page goes', () => {
  it('reloads in a call: the call goes on and audio is back', async () => {
    const { handle, id } = await talking()
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      const attachedAt = await reload()
      await desk.until(() => present()?.media === 'flowing', 'told that it flows')
      times.push(Math.round(performance.now() - attachedAt))
      await bothHear(handle, id)
    }
    console.log(`audio back after the page attached, ms: ${times.join(' ')}`)
    expect(present()).toMatchObject({ id, state: 'active', media: 'flowing' })
    expect(desk.told.some((call) => call.media === 'lost')).toBe(true)
    expect(Math.max(...times)).toBeLessThan(3000)
    handle.hangUp()
    await desk.call(
      (one) => one.state === 'ended' && one.endReason === 'far-end',
      "the far end's BYE arrives",
    )
  })

  it('keeps mute and hold over a reload', async () => {
    const { handle, id } = await talking()
    await desk.phone.mute(id, true)
    await reload()
    await desk.until(() => present()?.media === 'flowing', 'audio is back')
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
    expect(present()?.muted).toBe(true)
    await desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'held',
    )
    await reload()
    await eventually(
      async () => (await media.media.stats(id).catch(() => null))?.connection,
      (state) => state === 'connected',
      'connected again',
    )
    expect(handle.state).toBe('held')
    expect(present()?.state).toBe('held')
    await desk.phone.hold(id, false)
    await desk.phone.mute(id, false)
    await bothHear(handle, id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'heard again',
    )
  })

  it('reloads while it rings: it goes on ringing, sounds again, and can be answered', async () => {
    const { handle, id } = await ringing()
    await reload()
    await eventually(sounding, (on) => on, 'the ring tone, though nobody has touched the page')
    expect(present()?.state).toBe('ringing')
    await desk.phone.answer(id)
    await bothHear(handle, id)
  })

  it('is away: nothing can be answered, and a far hang-up still ends the call', async () => {
    const { id } = await ringing()
    await media.page.goto('about:blank')
    await eventually(
      () => media.media.attached(),
      (attached) => !attached,
      'the page is gone',
    )
    await expect(desk.phone.answer(id)).rejects.toMatchObject({ kind: 'unavailable', code: 'no-media-end' })
    expect(present()?.state).toBe('ringing')
    await expect(desk.phone.setDesired({ kind: 'ready' })).rejects.toMatchObject({ code: 'no-media-end' })
    await media.page.goBack()
    await eventually(
      () => media.media.attached(),
      (attached) => attached,
      'the page is back',
    )
    await desk.phone.answer(id)
    await desk.until(() => present()?.media === 'flowing', 'packets')
    await media.page.goto('about:blank')
    await desk.until(() => present()?.media === 'lost', 'told that audio is lost')
    line.calls()[0]?.hangUp()
    await desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
  })

  it('refuses the microphone: the call keeps ringing', async () => {
    const { id } = await ringing()
    await media.context.clearPermissions()
    await expect(desk.phone.answer(id)).rejects.toMatchObject({ code: 'microphone-denied' })
    expect(present()?.state).toBe('ringing')
    await expect(desk.phone.setDesired({ kind: 'ready' })).rejects.toMatchObject({
      code: 'microphone-denied',
    })
    await media.context.grantPermissions(['microphone'])
    await desk.phone.answer(id)
    await desk.until(() => present()?.media === 'flowing', 'packets')
  })
})

describe('the line goes', () => {
  it('loses its socket in a call: registered again, and the same call goes on', async () => {
    const { handle, id } = await talking()
    const begun = performance.now()
    network.cut()
    await desk.until(() => desk.phone.registration().state === 'away', 'told that it is away')
    expect(desk.phone.calls()).toHaveLength(1)
    await desk.registered()
    console.log(`registered again after a cut, ms: ${Math.round(performance.now() - begun)}`)
    expect(performance.now() - begun).toBeLessThan(2000)
    await eventually(
      () => handle.state,
      (state) => state === 'talking',
      'the line has it again',
    )
    await bothHear(handle, id)
    await desk.until(() => desk.phone.agent().engine.kind === 'in-call', 'the engine is heard again')
    handle.hangUp()
    await desk.call(
      (one) => one.state === 'ended' && one.endReason === 'far-end',
      "the far end's BYE arrives",
    )
  })

  it('falls silent: noticed within five seconds', async () => {
    const begun = performance.now()
    network.freeze()
    await desk.until(() => desk.phone.registration().state === 'away', 'told that it is away')
    const noticed = performance.now() - begun
    console.log(`dead socket noticed, ms: ${Math.round(noticed)}`)
    expect(noticed).toBeLessThan(5000)
    await desk.until(() => desk.phone.registration().retryAt !== null, 'the next attempt is told', 15_000)
    network.cut()
    network.thaw()
    desk.phone.retryNow()
    await desk.registered()
  })

  it('ends a call that the line gave up meanwhile', async () => {
    const { handle } = await talking()
    network.freeze()
    network.cut()
    handle.hangUp()
    await desk.until(() => desk.phone.registration().state === 'away', 'away')
    network.cut()
    network.thaw()
    await desk.call((one) => one.state === 'ended', 'it ends')
    expect(desk.told.at(-1)?.endReason).toBe('signalling-lost')
  })

  it('stops ringing when its socket is lost, and rings again with the next offer', async () => {
    await ringing()
    network.cut()
    await desk.call((one) => one.state === 'ended' && one.endReason === 'signalling-lost', 'it ends')
    await desk.registered()
  })

  it('hangs up at the line what was hung up while it was away', async () => {
    const { handle, id } = await talking()
    network.freeze()
    network.cut()
    await desk.until(() => desk.phone.registration().state === 'away', 'away')
    await desk.phone.hangUp(id)
    expect(desk.told.at(-1)).toMatchObject({ state: 'ended', endReason: 'operator' })
    network.cut()
    network.thaw()
    desk.phone.retryNow()
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line is told',
    )
  })

  it('restarts: registered again and the wish is said again', async () => {
    await desk.phone.setDesired({ kind: 'ready' })
    await desk.until(() => desk.phone.agent().engine.kind === 'ready', 'ready')
    const port = Number(new URL(line.sipUrl).port)
    await line.close()
    await desk.until(() => desk.phone.registration().state === 'away', 'away')
    expect(desk.phone.agent()).toMatchObject({ desired: { kind: 'ready' }, engine: { kind: 'unknown' } })
    line = await openTestLine(port)
    await desk.registered()
    await desk.until(() => desk.phone.agent().engine.kind === 'ready', 'ready at the new engine')
  })

  it('refuses the credential: asked for anew until one is good', async () => {
    await desk.phone.stop()
    let asked = 0
    credentials = async () => {
      asked++
      const good = credentialsOf('2001', line.sipUrl, line.queueUrl)
      return asked < 3 ? { ...good, password: 'wrong' } : good
    }
    desk.phone.start()
    await desk.until(() => desk.phone.registration().state === 'refused', 'told that it is refused')
    expect(desk.phone.registration().retryAt).not.toBeNull()
    await desk.registered()
    expect(asked).toBe(3)
  })
})

describe('the credential', () => {
  it('is renewed before it expires, without a gap', async () => {
    await desk.phone.stop()
    let asked = 0
    credentials = async () => {
      asked++
      return credentialsOf('2001', line.sipUrl, line.queueUrl, asked === 1 ? 61 : 3600)
    }
    desk.phone.start()
    await desk.registered()
    const states: string[] = []
    const off = desk.phone.on('registration', ({ state }) => states.push(state))
    await eventually(
      () => asked,
      (times) => times === 2,
      'asked again',
    )
    off()
    expect(states.filter((state) => state !== 'registered')).toEqual([])
  })
})

describe('another caller', () => {
  it('is told busy while a call is live', async () => {
    await ringing()
    const other = openTelephone(media.media, async () => credentialsOf('2002', line.sipUrl, null))
    other.phone.start()
    await other.registered()
    try {
      const id = await other.phone.dial('2001')
      expect(await other.call((one) => one.id === id && one.state === 'ended', 'refused')).toMatchObject({
        endReason: 'busy',
      })
      expect(other.phone.agent().engine.kind).toBe('unknown')
      expect(desk.phone.calls()).toHaveLength(1)
    } finally {
      await other.phone.stop()
    }
  })
})

describe('an exchange of another kind', () => {
  let relay: SipRelay

  beforeEach(async () => {
    await desk.phone.stop()
    relay = await openSipRelay(line.sipUrl)
    credentials = async () => credentialsOf('2001', relay.url, line.queueUrl)
    desk.phone.start()
    await desk.registered()
  })
  afterEach(async () => {
    await desk.phone.stop()
    await relay.close()
  })

  it('sends nonsense in the middle of a call, and nothing else stops', async () => {
    const { handle, id } = await talking()
    for (const message of [
      'INVITE nonsense',
      '\0'.repeat(100),
      `OPTIONS sip:2001@x SIP/2.0\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
      'INVITE sip:2001@x SIP/2.0\r\nVia: ;;;\r\nFrom: <<<\r\nTo: \r\nCall-ID: 1\r\nCSeq: x\r\n\r\n',
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/WS nobody.invalid\r\nContact: <<>>;expires=;;\r\nCSeq: 1\r\n\r\n',
    ]) {
      relay.say(message)
    }
    await desk.phone.hold(id, true)
    await desk.phone.hold(id, false)
    await bothHear(handle, id)
  })

  it('cannot take a new offer in the dialog: a new dialog replaces it, and the call goes on', async () => {
    const { handle, id } = await talking()
    await desk.phone.mute(id, true)
    relay.intercept = (message) =>
      /^INVITE /.test(message) && /^To:.*;tag=/im.test(message)
        ? answerTo(message, '488 Not Acceptable Here')
        : null
    const attachedAt = await reload()
    await desk.until(() => present()?.media === 'flowing', 'audio is back')
    console.log(
      `audio back by Replaces after the page attached, ms: ${Math.round(performance.now() - attachedAt)}`,
    )
    relay.intercept = () => null
    expect(relay.fromDesk.filter((message) => /^Replaces:/im.test(message)).length).toBeGreaterThan(0)
    expect(desk.phone.calls()).toMatchObject([{ id, state: 'active', muted: true }])
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
    await desk.phone.mute(id, false)
    await bothHear(handle, id)
    await desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the new dialog can be held',
    )
    await desk.phone.hold(id, false)
    await desk.phone.hangUp(id)
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line knows',
    )
  })

  it('cancels because a colleague took the call: not a missed call', async () => {
    relay.toDesk = (message) =>
      message.replace(/^(CANCEL [^\r]*\r\n)/, '$1Reason: SIP;cause=200;text="Call completed elsewhere"\r\n')
    const { handle } = await ringing()
    handle.hangUp()
    await desk.call((one) => one.state === 'ended' && one.endReason === 'elsewhere', 'it ends')
  })

  it('stops sending: offered once more with new ICE after three seconds', async () => {
    const { handle, id } = await talking()
    const fragments = () => relay.fromDesk.flatMap((message) => /a=ice-ufrag:(\S+)/.exec(message)?.[1] ?? [])
    const before = fragments()
    media.media.tell({ type: 'packets', callId: id, flowing: false })
    expect(present()?.media).toBe('lost')
    await desk.until(() => present()?.media === 'flowing', 'audio is back')
    const after = fragments()
    expect(after.length).toBe(before.length + 1)
    expect(before).not.toContain(after.at(-1))
    await bothHear(handle, id)
  })

  it('does not list our binding in its answer: not registered, whatever it says', async () => {
    await desk.phone.stop()
    relay.intercept = (message) => (/^REGISTER /.test(message) ? answerTo(message, '200 OK') : null)
    desk.phone.start()
    await desk.until(() => desk.phone.registration().state === 'away', 'away')
    relay.intercept = () => null
    await desk.registered()
  })

  it('is on another machine and without TLS: nothing is sent there', async () => {
    await desk.phone.stop()
    const good = credentials
    credentials = async () => credentialsOf('2001', 'ws://192.0.2.1/', null)
    desk.phone.start()
    await desk.until(() => desk.phone.registration().retryAt !== null, 'refused')
    expect(desk.phone.registration().state).not.toBe('registered')
    credentials = good
    await desk.registered()
  })
})
