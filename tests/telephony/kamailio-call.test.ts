import { Core, Grammar } from 'sip.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { defaultLine } from '../../src/contract/domain/line.ts'
import { defaultRealm } from '../../src/practice/line.ts'
import { openEarlyCitizen } from '../support/early-citizen.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import { openFarEar } from '../support/sipp/far-ear.ts'
import { cancellingCaller, hastyCaller, talkingCaller, withAudioAt } from '../support/sipp/scenario.ts'
import { credentialsOf, eventually } from '../support/telephone.ts'

const rig = installKamailioRig()

const caller = { number: '+390255510143', displayName: 'Ada Caller', asserted: null }
const behindSwitchboard = {
  number: '100',
  displayName: 'Switchboard',
  asserted: '"Bruno Caller" <sip:+390255510199@carrier.invalid>',
}

describe('Kamailio with rtpengine', () => {
  it('registers a desk by its time-limited credential, and refuses one that has expired', async () => {
    expect(rig.desk.phone.registration()).toMatchObject({ state: 'registered', practice: false })
    await rig.desk.phone.stop()
    const good = rig.credentials
    // As a desk sees it whose clock is late: for it the credential is still good.
    rig.credentials = async () => ({
      ...credentialsOf('2001', rig.kamailio.sipUrl, null, -60),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    })
    rig.desk.phone.start()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'refused', 'told that it is refused')
    rig.credentials = good
    rig.desk.phone.retryNow()
    await rig.desk.registered()
  })

  it('refuses a credential for the extension of somebody else', async () => {
    await rig.desk.phone.stop()
    const own = rig.credentials
    rig.credentials = async () => ({ ...(await own()), extension: '2002' })
    rig.desk.phone.start()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'refused', 'told that it is refused')
  })

  it('rings with the asserted number, carries audio both ways, holds and resumes, and its BYE ends the call', async () => {
    const { trunk, call } = await rig.ringing(talkingCaller(behindSwitchboard))
    expect(call.remote).toEqual({
      number: '+390255510199',
      e164: '+390255510199',
      displayName: 'Bruno Caller',
    })
    const { id } = call
    await rig.desk.phone.answer(id)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come in')
    await rig.audioBothWays(trunk, id)

    await rig.desk.phone.hold(id, true)
    expect(rig.present()?.state).toBe('held')
    await rig.desk.phone.hold(id, false)
    expect(rig.present()?.state).toBe('active')
    await rig.audioBothWays(trunk, id)

    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
    await trunk.finished()
  })

  it('rings without the SIP library’s grammar having read a header, and answers so', async () => {
    // The answers to the desk's own questions after its registration are read by the grammar.
    const { credentials } = rig
    rig.credentials = async () => ({
      ...(await credentials()),
      line: { ...defaultLine, registrationCheckSeconds: 0 },
    })
    await rig.desk.phone.stop()
    rig.desk.phone.start()
    await rig.desk.registered()
    const read = vi.spyOn(Grammar, 'parse')
    try {
      const { trunk, call } = await rig.ringing(talkingCaller(behindSwitchboard))
      await rig.desk.phone.answer(call.id)
      expect(read.mock.calls).toEqual([])
      await rig.desk.phone.hangUp(call.id)
      await trunk.finished()
    } finally {
      read.mockRestore()
    }
  })

  it('is told when the desk hangs up', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.desk.phone.hangUp(id)
    await trunk.finished()
  })

  it('lets a call end whose BYE comes and whose ACK does not', async () => {
    const patience = Core.Timers.TIMER_L
    Core.Timers.TIMER_L = 1000
    const transaction = Core.InviteServerTransaction.prototype as unknown as { timerL(): void }
    const outOfPatience = vi.spyOn(transaction, 'timerL')
    try {
      const { trunk, call } = await rig.ringing(hastyCaller(caller))
      await rig.desk.phone.answer(call.id)
      await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
      await trunk.finished()
      await eventually(
        () => outOfPatience.mock.results.map(({ type }) => type),
        (results) => results.length > 0,
        'the ACK is not waited for any more',
      )
      expect(outOfPatience.mock.results).toMatchObject([{ type: 'return' }])
    } finally {
      outOfPatience.mockRestore()
      Core.Timers.TIMER_L = patience
    }
  })

  it('sends digits in the audio, which the far end hears each once and in their order', async () => {
    const ear = await openFarEar()
    try {
      const { trunk, id } = await rig.talking(withAudioAt(ear.port, talkingCaller(caller)))
      await rig.desk.phone.dtmf(id, '1551*#0')
      await eventually(ear.digits, (digits) => digits.length >= 7, 'seven digits')
      await rig.desk.phone.dtmf(id, '9')
      await eventually(ear.digits, (digits) => digits.length >= 8, 'and one more')
      expect(ear.digits()).toBe('1551*#09')
      await rig.desk.phone.hangUp(id)
      await trunk.finished()
    } finally {
      ear.close()
    }
  })

  it('lets one hear what a carrier says before the answer (183 with SDP), says nothing into it, and both hear each other after it', async () => {
    const extension = '3002'
    const proxyPort = rig.kamailio.udpPort
    const citizen = await openEarlyCitizen({ extension, proxyPort, realm: defaultRealm })
    onTestFinished(() => citizen.close())
    const id = await rig.desk.phone.dial(extension)
    await rig.desk.call((one) => one.id === id && one.progress === 'audible', 'something is heard')
    const level = async () => (await rig.media.media.stats(id))?.inbound?.level ?? 0
    await eventually(level, (loud) => loud > 0.01, 'it is heard')
    expect(rig.present()).toMatchObject({ state: 'dialling', media: 'none', answeredAt: null })
    const packets = async () => (await rig.media.media.stats(id))?.outbound?.packets ?? 0
    const before = await packets()
    // More than a beep of the microphone, which comes every second.
    await eventually(packets, (now) => now > before + 100, 'packets go there')
    expect(citizen.hasHeard()).toBe(false)
    citizen.answer()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'the citizen speaks')
    expect(rig.present()).toMatchObject({ state: 'active', progress: null })
    await eventually(level, (loud) => loud > 0.01, 'the citizen is heard')
    await eventually(() => citizen.hasHeard(), Boolean, 'the citizen hears')
    await rig.desk.phone.hangUp(id)
  })

  it('stops ringing when the caller gives up', async () => {
    const { trunk, call } = await rig.ringing(cancellingCaller(caller))
    expect(call.remote).toEqual({
      number: '+390255510143',
      e164: '+390255510143',
      displayName: 'Ada Caller',
    })
    const ended = await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ endReason: 'cancelled', answeredAt: null })
    await trunk.finished()
  })

  it('gives the audio back to a page that reloads in a call', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    const attachedAt = await rig.reload()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'told that it flows')
    console.log(`audio back after the page attached, ms: ${Math.round(performance.now() - attachedAt)}`)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
  })

  it('is killed and started again in a call: registered again, and the same call goes on', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    await rig.kamailio.kill()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'told that it is away')
    const before = await rig.kamailio.relayed(trunk.callId)
    await eventually(
      () => rig.kamailio.relayed(trunk.callId),
      (now) => now.fromBrowser > before.fromBrowser + 20 && now.fromTrunk > before.fromTrunk + 20,
      'the audio goes on meanwhile',
    )
    await rig.kamailio.start()
    const startedAt = performance.now()
    await rig.desk.registered()
    console.log(
      `registered again after Kamailio listened again, ms: ${Math.round(performance.now() - startedAt)}`,
    )
    await rig.audioBothWays(trunk, id)
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active' }])
    // The hold is refused where the new proxy could not route the dialog.
    await rig.desk.phone.hold(id, true)
    await rig.desk.phone.hold(id, false)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
  })
})
