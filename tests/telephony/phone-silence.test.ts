import { setTimeout as delay } from 'node:timers/promises'
import type { Inviter } from 'sip.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeskLeg } from '../../src/practice/calls/desk-leg.ts'
import { DeskMedia } from '../../src/practice/media/desk-media.ts'
import { fair, relayMedia } from '../support/media-relay.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import type { SipRelay } from '../support/sip-relay.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** Three seconds, and what page, desk and test may take on a busy machine to say it to each other. */
const noticed = 3000 + 500

const { send, getDescription } = DeskMedia.prototype

/** The line's side of the call that is placed next, which does what the line does not. */
class FarEnd {
  readonly #speech = vi.spyOn(DeskMedia.prototype, 'send')
  readonly #calling = vi.spyOn(DeskLeg.prototype, 'invite')
  readonly #describing = vi.spyOn(DeskMedia.prototype, 'getDescription')

  /** False: sends no audio; its RTCP reports go on. */
  says(on: boolean): void {
    this.#speech.mockImplementation(function (this: DeskMedia, frame) {
      if (on) Reflect.apply(send, this, [frame])
    })
  }

  /** A new offer; resolves once the desk has answered it. */
  async offers(direction: Direction): Promise<void> {
    const session: Inviter | undefined = this.#calling.mock.calls.at(-1)?.[0]
    this.#describing.mockImplementationOnce(async function (this: DeskMedia) {
      const { body, contentType } = await Reflect.apply(getDescription, this, [])
      return {
        body: body.replace(/^a=(?:sendrecv|sendonly|recvonly|inactive)$/m, `a=${direction}`),
        contentType,
      }
    })
    await new Promise<void>((resolve, reject) => {
      const onReject = () => reject(new Error('refused'))
      session?.invite({ requestDelegate: { onAccept: () => resolve(), onReject } }).catch(reject)
    })
  }

  restore(): void {
    for (const spy of [this.#speech, this.#calling, this.#describing]) spy.mockRestore()
  }
}

describe('a far end of which nothing comes', () => {
  let relay: SipRelay
  let farEnd: FarEnd
  const offers = () => relay.fromDesk.filter((message) => /^INVITE /.test(message))
  const fragments = () => relay.fromDesk.flatMap((message) => /a=ice-ufrag:(\S+)/.exec(message)?.[1] ?? [])

  beforeEach(async () => {
    farEnd = new FarEnd()
    relay = await rig.throughRelay()
  })
  afterEach(() => farEnd.restore())

  it('loses the audio on the way: noticed within three seconds, and offered until it is back', async () => {
    const way = await relayMedia(rig.media.media)
    try {
      const { handle, id } = await rig.talking()
      await rig.bothHear(handle, id)
      const before = offers().length
      const since = performance.now()
      way.toPage = { ...fair, cut: true }
      way.toLine = { ...fair, cut: true }
      await rig.desk.until(() => rig.present()?.media === 'lost', 'noticed')
      console.log(`no packets, noticed, ms: ${Math.round(performance.now() - since)}`)
      expect(performance.now() - since).toBeLessThan(noticed)
      await eventually(
        () => offers().length,
        (now) => now >= before + 2,
        'offered anew',
      )
      way.toPage = fair
      way.toLine = fair
      await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
      await rig.bothHear(handle, id)
    } finally {
      await rig.desk.phone.stop()
      await way.close()
    }
  })

  it('stops sending: noticed, offered anew with new ICE, and left alone once it is known to be alive', async () => {
    const { handle, id } = await rig.talking()
    await rig.bothHear(handle, id)
    const before = fragments()
    const since = performance.now()
    farEnd.says(false)
    await rig.desk.until(() => rig.present()?.media === 'lost', 'noticed')
    console.log(`the far end stopped, noticed, ms: ${Math.round(performance.now() - since)}`)
    expect(performance.now() - since).toBeLessThan(noticed)
    await rig.desk.until(() => rig.present()?.media === 'none', 'nothing is missing')
    const after = fragments()
    expect([1, 2]).toContain(after.length - before.length)
    expect(before).not.toContain(after[before.length])
    await delay(6000)
    expect(fragments()).toEqual(after)
    expect(rig.present()).toMatchObject({ id, state: 'active', media: 'none' })
    farEnd.says(true)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await rig.bothHear(handle, id)
  })

  it('sends nothing while nobody speaks: no fault once that is known', async () => {
    await rig.talking()
    await delay(3000)
    const before = offers().length
    const flows = rig.desk.told.length
    // The page looks every half second, and knows a pause by two looks without a packet; one of the first two is learned from.
    for (const pause of [1600, 1600, 6000, 4000]) {
      farEnd.says(false)
      await delay(pause)
      farEnd.says(true)
      await delay(1500)
    }
    expect(rig.desk.told.slice(flows).map(({ media }) => media)).not.toContain('lost')
    expect(offers().length).toBe(before)
    expect(rig.present()?.media).toBe('flowing')
  })

  it.each(['sendonly', 'recvonly', 'inactive'] as const)(
    'holds us by %s and sends neither music nor reports: nothing is missing',
    async (direction) => {
      const way = await relayMedia(rig.media.media)
      way.toPage = { ...fair, reports: false }
      try {
        const { handle, id } = await rig.talking()
        await rig.bothHear(handle, id)
        const before = offers().length
        const flows = rig.desk.told.length
        await farEnd.offers(direction)
        farEnd.says(false)
        await delay(5000)
        expect(rig.desk.told.slice(flows).map(({ media }) => media)).not.toContain('lost')
        expect(offers().length).toBe(before)
        farEnd.says(true)
        await farEnd.offers('sendrecv')
        await rig.bothHear(handle, id)
        farEnd.says(false)
        await rig.desk.until(() => rig.present()?.media === 'lost', 'it is missed again', 5000)
      } finally {
        await rig.desk.phone.stop()
        await way.close()
      }
    },
  )
})
