import { describe, expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { answerTo } from '../support/sip-relay.ts'
import { eventually, openTestLine } from '../support/telephone.ts'

const rig = installPhoneRig()
const ended = (id: string) => rig.desk.told.find((call) => call.id === id && call.state === 'ended')
const present = (id: string) => rig.desk.phone.calls().find((call) => call.id === id)

describe('112', () => {
  it('is dialled while another call is being dialled, is spoken on, or is answered: that one gives way', async () => {
    const { phone } = rig.desk
    await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    const other = await phone.dial('2002')
    await expect(phone.dial('+390255510150')).rejects.toMatchObject({ kind: 'busy' })
    // While the microphone of yet another one is being opened, too.
    const help = await phone.dial('112')
    expect(ended(other)?.endReason).toBe('operator')
    expect(present(id)?.state).toBe('held')
    await rig.desk.until(() => present(help)?.state === 'active', 'help answers')
    await rig.isHeardHere(help)
    await phone.hangUp(help)

    const unheard = phone.dial('+390255510150')
    const again = phone.dial('112')
    await expect(unheard).rejects.toMatchObject({ code: 'call-gone' })
    await rig.desk.until(() => present(phone.calls().at(-1)?.id ?? '')?.state === 'active', 'help answers')
    await rig.isHeardHere(await again)
    await phone.hangUp(await again)
    expect(handle.state).toBe('held')
    await phone.hold(id, false)
    await rig.bothHear(handle, id)
  })

  it('is dialled in the same moment in which a call is answered: that one is held', async () => {
    const { phone } = rig.desk
    const { handle, id } = await rig.ringing()
    const answering = phone.answer(id)
    const help = await phone.dial('112')
    await answering
    await rig.desk.until(() => present(help)?.state === 'active', 'help answers')
    expect(present(id)?.state).toBe('held')
    await rig.isHeardHere(help)
    await phone.hangUp(help)
    await phone.hold(id, false)
    await rig.bothHear(handle, id)
  })
})

describe('112 while the line is away', () => {
  it('does not wait for the next attempt to connect, and says it when none succeeds', async () => {
    const { phone, until } = rig.desk
    const port = Number(new URL(rig.line.sipUrl).port)
    await rig.line.close()
    const waits = () => Date.parse(phone.registration().retryAt ?? '') - Date.now() > 2000
    await until(waits, 'the pauses have grown')
    await expect(phone.dial('112')).rejects.toMatchObject({ code: 'phone-away' })
    await until(waits, 'it pauses again')
    rig.line = await openTestLine(port)
    await expect(phone.dial('+390255510150')).rejects.toMatchObject({ code: 'phone-away' })
    const id = await phone.dial('112')
    await until(() => present(id)?.state === 'active', 'help answers')
    await rig.isHeardHere(id)
  })
})

describe('112 during a hand-over of which the far end says nothing', () => {
  /** A line that agrees to every REFER and then is silent. */
  async function silentAboutTransfers(): Promise<void> {
    const relay = await rig.throughRelay()
    relay.intercept = (message) => (/^REFER /.test(message) ? answerTo(message, '202 Accepted') : null)
  }
  const help = async () => {
    const id = await rig.desk.phone.dial('112')
    await rig.desk.until(() => present(id)?.state === 'active', 'help answers')
    await rig.isHeardHere(id)
  }

  it('is dialled out of a conference: those two are not heard any more', async () => {
    await silentAboutTransfers()
    const { phone } = rig.desk
    const { handle, id } = await rig.talking()
    const consultation = await phone.consult(id, 'team-civil-services')
    await rig.desk.until(() => present(consultation)?.state === 'active', 'somebody answers')
    await phone.conference(id, true)
    await phone.completeTransfer(id)
    expect(present(id)).toMatchObject({ state: 'active', conference: true, changing: 'transfer' })
    await help()
    expect(present(id)).toMatchObject({ state: 'held', changing: 'transfer' })
    expect(present(consultation)).toMatchObject({ state: 'held' })
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'the citizen does not hear the call for help',
    )
  })

  it.each(['blind', 'attended'])('is dialled: %s', async (kind) => {
    await silentAboutTransfers()
    const { phone } = rig.desk
    const { id } = await rig.talking()
    if (kind === 'blind') await phone.transfer(id, 'team-civil-services')
    else {
      const consultation = await phone.consult(id, 'team-civil-services')
      await rig.desk.until(() => present(consultation)?.state === 'active', 'somebody answers')
      await phone.completeTransfer(id)
    }
    await help()
    expect(present(id)).toMatchObject({ state: 'held', changing: 'transfer' })
  })
})

describe('a redirection', () => {
  it.each(['301 Moved Permanently', '302 Moved Temporarily'])(
    '%s: not followed, the desk is free',
    async (status) => {
      const relay = await rig.throughRelay()
      relay.intercept = (message) =>
        /^INVITE /.test(message)
          ? answerTo(message, status).replace(
              'Content-Length',
              'Contact: <sip:+390899123456@premium.invalid>\r\nContent-Length',
            )
          : null
      const id = await rig.desk.phone.dial('+390255510150')
      await rig.desk.until(() => ended(id) !== undefined, 'it ends')
      expect(ended(id)?.endReason).toBe('unreachable')
      expect(relay.fromDesk.filter((message) => /^INVITE /.test(message))).toHaveLength(1)
      expect(rig.desk.phone.calls()).toEqual([])
    },
  )
})
