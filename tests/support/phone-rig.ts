import type { Browser } from '@playwright/test'
import { afterEach, beforeAll, beforeEach, onTestFinished } from 'vitest'
import type { SipCredentials } from '../../src/contract/crm.ts'
import type { Call } from '../../src/contract/domain/call.ts'
import { defaultLine, type LineConfiguration } from '../../src/contract/domain/line.ts'
import type { Line } from '../../src/practice/line.ts'
import { type MediaPage, openMediaPage, sharedShell } from './media-page/media-page.ts'
import { openSipRelay, type SipRelay } from './sip-relay.ts'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { credentialsOf, eventually, openTelephone, openTestLine, type Telephone } from './telephone.ts'

/** Another operator at another desk of the same line. */
export type Colleague = { desk: Telephone; media: MediaPage; heard(id: string): Promise<void> }

type Handle = ReturnType<Line['place']>

/** A phone in Node, its media end in a real page, the practice line, and a network between that can fail. */
export class PhoneRig {
  declare browser: Browser
  readonly colleagues: Colleague[] = []

  declare line: Line
  declare network: TcpProxy
  declare media: MediaPage
  declare desk: Telephone
  declare credentials: () => Promise<SipCredentials>

  present(): Call | undefined {
    return this.desk.phone.calls()[0]
  }

  async ringing(scenario = 'talker'): Promise<{ handle: Handle; id: string; call: Call }> {
    const { phone, until } = this.desk
    await phone.setDesired({ kind: 'ready' })
    await until(() => phone.agent().engine.kind === 'ready', 'the engine has the operator ready')
    const handle = this.line.place(scenario)
    const call = await this.desk.call((one) => one.state === 'ringing', 'it rings')
    return { handle, id: call.id, call }
  }

  async talking(): Promise<{ handle: Handle; id: string }> {
    const { handle, id } = await this.ringing()
    await this.desk.phone.answer(id)
    await this.desk.until(() => this.present()?.media === 'flowing', 'packets come in')
    return { handle, id }
  }

  isHeardHere(id: string): Promise<void> {
    return isHeard(this.media, id)
  }

  async bothHear(handle: Handle, id: string): Promise<void> {
    await this.isHeardHere(id)
    const before = handle.mediaStats().receivedPackets
    await eventually(
      () => handle.mediaStats().receivedPackets,
      (now) => now > before + 10,
      'our packets arrive',
    )
  }

  /** `sipUrl`: another way to the line than the straight one. */
  async colleague(extension: string, sipUrl = this.line.sipUrl): Promise<Colleague> {
    const media = await openMediaPage(this.browser)
    const desk = openTelephone(media.media, async () => credentialsOf(extension, sipUrl, this.line.queueUrl))
    const colleague = { desk, media, heard: (id: string) => isHeard(media, id) }
    this.colleagues.push(colleague)
    desk.phone.start()
    await desk.registered()
    return colleague
  }

  /** The same desk on a way to the line that a test may watch, answer and spoil, at an exchange that is configured so. */
  async throughRelay(line: Partial<LineConfiguration> = {}): Promise<SipRelay> {
    await this.desk.phone.stop()
    const relay = await openSipRelay(this.line.sipUrl)
    // After the rig has stopped the phone.
    onTestFinished(() => relay.close())
    this.credentials = async () => ({
      ...credentialsOf('2001', relay.url, this.line.queueUrl),
      line: { ...defaultLine, ...line },
    })
    this.desk.phone.start()
    await this.desk.registered()
    return relay
  }

  /** A way to the line on which the answer of whom the desk dials waits until `pickUp`. */
  async slowAnswer(number: string): Promise<{ pickUp(): void }> {
    const relay = await this.throughRelay()
    let waiting: string | null = ''
    relay.toDesk = (message) => {
      const answer =
        /^SIP\/2\.0 200[\s\S]*^CSeq: \d+ INVITE/im.test(message) && message.includes(`sip:${number}@`)
      if (waiting === null || !answer) return message
      waiting = message
      return ''
    }
    return {
      pickUp() {
        const answer = waiting
        waiting = null
        if (answer) relay.say(answer)
      },
    }
  }

  /** Resolves with `performance.now()` when the new page's media end attached. */
  async reload(): Promise<number> {
    const attached = new Promise<number>((resolve) => {
      const off = this.media.media.onAttached(() => {
        off()
        resolve(performance.now())
      })
    })
    await this.media.page.reload()
    return attached
  }
}

/** Line, network, page and phone anew for every test, registered. */
export function installPhoneRig(options: { fakeDevices?: boolean } = {}): PhoneRig {
  const rig = new PhoneRig()

  beforeAll(async () => {
    rig.browser = await sharedShell()
  })
  beforeEach(async () => {
    rig.line = await openTestLine()
    rig.network = await openTcpProxy(Number(new URL(rig.line.sipUrl).port))
    rig.media = await openMediaPage(rig.browser, options)
    const through = (url: string): string => {
      const changed = new URL(url)
      changed.port = String(rig.network.port)
      return changed.toString()
    }
    rig.credentials = async () => credentialsOf('2001', through(rig.line.sipUrl), through(rig.line.queueUrl))
    rig.desk = openTelephone(rig.media.media, () => rig.credentials())
    rig.desk.phone.start()
    await rig.desk.registered()
  })
  afterEach(async () => {
    for (const { desk, media } of rig.colleagues.splice(0)) {
      await desk.phone.stop()
      await media.close()
    }
    await rig.desk.phone.stop()
    await rig.media.close()
    await rig.network.close()
    await rig.line.close()
  })
  return rig
}

/** Audio of this call comes into this page, and is no silence. */
async function isHeard(media: MediaPage, id: string): Promise<void> {
  await eventually(
    async () => (await media.media.stats(id).catch(() => null))?.inbound?.level ?? 0,
    (level) => level > 0.01,
    'the far end is heard',
  )
}
