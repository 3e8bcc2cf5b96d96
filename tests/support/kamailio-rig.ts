import type { Browser } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { SipCredentials } from '../../src/contract/crm.ts'
import type { Call } from '../../src/contract/domain/call.ts'
import { type Kamailio, openKamailio } from './kamailio.ts'
import { type MediaPage, openMediaPage, sharedShell } from './media-page/media-page.ts'
import { placeCall, type SippCall } from './sipp/sipp.ts'
import { credentialsOf, eventually, openTelephone, type Telephone } from './telephone.ts'

const extension = '2001'

/** A phone in Node, its media end in a real page, and Kamailio with rtpengine between it and SIPp. */
class KamailioRig {
  declare browser: Browser
  declare kamailio: Kamailio
  declare media: MediaPage
  declare desk: Telephone
  declare credentials: () => Promise<SipCredentials>
  readonly calls: SippCall[] = []

  present(): Call | undefined {
    return this.desk.phone.calls()[0]
  }

  async ringing(scenario: string): Promise<{ trunk: SippCall; call: Call }> {
    const trunk = await placeCall({ scenario, extension, proxyPort: this.kamailio.udpPort })
    this.calls.push(trunk)
    const call = await this.desk.call((one) => one.state === 'ringing', 'it rings')
    return { trunk, call }
  }

  async talking(scenario: string): Promise<{ trunk: SippCall; id: string }> {
    const { trunk, call } = await this.ringing(scenario)
    await this.desk.phone.answer(call.id)
    await this.desk.until(() => this.present()?.media === 'flowing', 'packets come in')
    return { trunk, id: call.id }
  }

  /** The trunk's tone is heard here, and rtpengine goes on receiving packets from our page. */
  async audioBothWays(trunk: Pick<SippCall, 'callId'>, id: string): Promise<void> {
    await eventually(
      async () => (await this.media.media.stats(id).catch(() => null))?.inbound?.level ?? 0,
      (level) => level > 0.01,
      'the caller is heard',
    )
    const before = await this.kamailio.relayed(trunk.callId)
    await eventually(
      () => this.kamailio.relayed(trunk.callId),
      (now) => now.fromBrowser > before.fromBrowser + 20 && now.fromTrunk > before.fromTrunk + 20,
      'packets pass both ways',
    )
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

/** One exchange a file; page and phone anew for every test, registered. */
export function installKamailioRig(options: { longestExpiry?: number } = {}): KamailioRig {
  const rig = new KamailioRig()

  beforeAll(async () => {
    rig.kamailio = await openKamailio(options)
    rig.browser = await sharedShell()
  })
  afterAll(async () => {
    await rig.kamailio?.close()
  })
  beforeEach(async () => {
    rig.media = await openMediaPage(rig.browser)
    rig.credentials = async () => credentialsOf(extension, rig.kamailio.sipUrl, null)
    rig.desk = openTelephone(rig.media.media, () => rig.credentials())
    rig.desk.phone.start()
    await rig.desk.registered()
  })
  afterEach(async () => {
    await rig.desk.phone.stop()
    for (const call of rig.calls.splice(0)) await call.close()
    await rig.media.close()
  })
  return rig
}
