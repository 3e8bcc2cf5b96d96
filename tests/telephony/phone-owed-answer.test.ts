import { beforeEach, describe, expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { answerTo, inDialog, type SipRelay } from '../support/sip-relay.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

const proceeding = (message: string): string => answerTo(message, '100 Trying')

/** The citizen has said all after twelve seconds, and packets go on. */
async function packetsBothWays(handle: { mediaStats(): { receivedPackets: number } }, id: string) {
  const count = async () => (await rig.media.media.stats(id).catch(() => null))?.inbound?.packets ?? 0
  const [here, there] = [await count(), handle.mediaStats().receivedPackets]
  await eventually(count, (now) => now > here + 10, 'packets come in')
  await eventually(
    () => handle.mediaStats().receivedPackets,
    (now) => now > there + 10,
    'our packets arrive',
  )
}

describe('an exchange that owes an answer', () => {
  let relay: SipRelay

  beforeEach(async () => {
    relay = await rig.throughRelay()
  })

  it.each([
    ['says nothing', () => ''],
    ['says 100 and no more', proceeding],
    [
      'says 408, as a proxy does for what is behind it',
      (message: string) => answerTo(message, '408 Request Timeout'),
    ],
  ])('%s to a new offer, in silence: the call stays, and audio is back with the way', async (_, answer) => {
    const { handle, id } = await rig.talking()
    relay.intercept = (message) =>
      inDialog(message) || /^(?:CANCEL|BYE) /.test(message) ? answer(message) : null
    const asked = () => relay.fromDesk.filter(inDialog).length
    rig.media.media.tell({ type: 'packets', callId: id, flowing: false })
    await eventually(asked, (times) => times >= 2, 'asked again')
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active', media: 'lost' }])
    relay.intercept = () => null
    rig.media.media.tell({ type: 'packets', callId: id, flowing: true })
    const before = asked()
    await eventually(asked, (times) => times > before, 'the exchange is told anew')
    expect(relay.fromDesk.filter((message) => /^BYE /.test(message))).toEqual([])
    await rig.desk.phone.hold(id, true)
    await rig.desk.phone.hold(id, false)
    await packetsBothWays(handle, id)
  })

  it('does not answer a hold: refused, the call goes on, and can be held once it does', async () => {
    const { handle, id } = await rig.talking()
    relay.intercept = (message) => (inDialog(message) ? proceeding(message) : null)
    await expect(rig.desk.phone.hold(id, true)).rejects.toMatchObject({ code: 'unavailable-now' })
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active', changing: null }])
    await packetsBothWays(handle, id)
    relay.intercept = () => null
    await rig.desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the line knows',
    )
  })

  it.each([
    ['hold', true, 'talking'],
    ['resume', false, 'held'],
  ] as const)(
    'takes a %s and answers late: told anew how the call stands at the desk',
    async (_, on, kept) => {
      const { handle, id } = await rig.talking()
      if (!on) await rig.desk.phone.hold(id, true)
      relay.toDesk = (message) => (/^SIP\/2\.0 2[\s\S]*^CSeq: \d+ INVITE/im.test(message) ? '' : message)
      await expect(rig.desk.phone.hold(id, on)).rejects.toMatchObject({ code: 'unavailable-now' })
      expect(handle.state).not.toBe(kept)
      relay.toDesk = (message) => message
      await eventually(
        () => handle.state,
        (state) => state === kept,
        'the line is told',
      )
      expect(rig.desk.phone.calls()).toMatchObject([
        { id, state: kept === 'held' ? 'held' : 'active', changing: null },
      ])
      if (kept === 'held') await rig.desk.phone.hold(id, false)
      await packetsBothWays(handle, id)
    },
  )
})
