import { beforeEach, describe, expect, it } from 'vitest'
import type { MediaVerb } from '../../src/contract/media.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import type { SipRelay } from '../support/sip-relay.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

const header = (message: string, name: string): string =>
  new RegExp(`^${name}: *([^\r]*)`, 'im').exec(message)?.[1]?.trim() ?? ''
const tagOf = (address: string): string => /;tag=([^;\s]+)/.exec(address)?.[1] ?? ''

/** What the desk's 2xx to the line's INVITE says of the dialog: `method` in it as the far end sends it. */
function inDialog(answer: string, method: string, cseq: number): string {
  return [
    `${method} ${/<([^>]+)>/.exec(header(answer, 'Contact'))?.[1]} SIP/2.0`,
    `Via: SIP/2.0/WS far.invalid;branch=z9hG4bK${cseq}`,
    `From: ${header(answer, 'From')}`,
    `To: ${header(answer, 'To')}`,
    `Call-ID: ${header(answer, 'Call-ID')}`,
    `CSeq: ${cseq} ${method}`,
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

/** Somebody else calls in the place of that dialog (RFC 3891). */
function inItsPlace(answer: string, offer: string): string {
  const tags = `to-tag=${tagOf(header(answer, 'To'))};from-tag=${tagOf(header(answer, 'From'))}`
  return [
    `INVITE ${/<([^>]+)>/.exec(header(answer, 'Contact'))?.[1]} SIP/2.0`,
    'Via: SIP/2.0/WS far.invalid;branch=z9hG4bKplace',
    'From: <sip:+390255510199@far.invalid>;tag=place',
    `To: ${header(answer, 'To').replace(/;tag=.*/, '')}`,
    'Call-ID: place',
    'CSeq: 1 INVITE',
    'Contact: <sip:far@far.invalid;transport=ws>',
    `Replaces: ${header(answer, 'Call-ID')};${tags}`,
    'Max-Forwards: 70',
    'Content-Type: application/sdp',
    `Content-Length: ${offer.length}`,
    '',
    offer,
  ].join('\r\n')
}

describe('a call whose far end is to be another', () => {
  let relay: SipRelay
  /** The offer of the citizen, and the desk's answer. */
  let offer: string
  let answer: string
  const replied = (): string[] => relay.fromDesk.filter((one) => /^SIP[\s\S]*^Call-ID: place\r$/im.test(one))
  const refused = (status: number) =>
    eventually(
      replied,
      (all) => all.some((one) => one.startsWith(`SIP/2.0 ${status} `)),
      `refused: ${status}`,
    )

  beforeEach(async () => {
    relay = await rig.throughRelay()
    relay.toDesk = (message) => {
      if (/^INVITE /.test(message)) offer = message.slice(message.indexOf('\r\n\r\n') + 4)
      return message
    }
  })

  async function talking() {
    const talk = await rig.talking()
    answer = relay.fromDesk.find((one) => /^SIP\/2\.0 200[\s\S]*^CSeq: \d+ INVITE/im.test(one)) ?? ''
    return talk
  }

  /** While the desk makes its description for the other one. */
  function meanwhile(work: () => Promise<unknown>): void {
    const { media } = rig.media
    const ask = media.ask.bind(media)
    media.ask = async (verb: MediaVerb, timeoutMs?: number) => {
      if (verb.verb === 'get-description' && verb.offer !== undefined) {
        media.ask = ask
        await work()
      }
      return ask(verb, timeoutMs)
    }
  }

  it('goes on with the one before when the other cannot be understood: both hear', async () => {
    const { handle, id } = await talking()
    relay.say(inItsPlace(answer, 'v=0\r\nnonsense\r\n'))
    await refused(488)
    await rig.desk.until(() => rig.present()?.media === 'lost', 'known that nothing is heard')
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await rig.bothHear(handle, id)
  })

  it('is over when the one before hangs up meanwhile and the other cannot be understood', async () => {
    const { id } = await talking()
    meanwhile(async () => {
      relay.say(inDialog(answer, 'BYE', 901))
      await eventually(
        () => relay.fromDesk,
        (all) => all.some((one) => /^SIP\/2\.0 200[\s\S]*^CSeq: 901 BYE/im.test(one)),
        'the BYE is taken',
      )
    })
    relay.say(inItsPlace(answer, 'v=0\r\nnonsense\r\n'))
    await refused(603)
    expect(await rig.desk.call((call) => call.state === 'ended', 'it is over')).toMatchObject({
      id,
      endReason: 'far-end',
    })
  })

  it('is not taken over when the operator hangs up meanwhile', async () => {
    const { id } = await talking()
    meanwhile(() => rig.desk.phone.hangUp(id))
    relay.say(inItsPlace(answer, offer))
    await refused(603)
    expect(rig.desk.phone.calls()).toEqual([])
    expect(await rig.media.media.stats(id)).toBeNull()
  })
})
