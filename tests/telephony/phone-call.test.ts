import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

describe('a call', () => {
  it('registers, and says the line and that it is practice', async () => {
    await rig.desk.until(() => rig.desk.phone.registration().practice, 'the line names itself')
    expect(rig.desk.phone.registration()).toMatchObject({
      state: 'registered',
      line: 'Linea di esercitazione',
      retryAt: null,
    })
  })

  it('is told how the microphone stands, at once and when that changes', async () => {
    const told: string[] = []
    rig.media.media.onNotice((notice) => {
      if (notice.type === 'devices') told.push(notice.microphone)
    })
    await rig.media.page.reload()
    await eventually(
      () => told.at(-1),
      (state) => state === 'granted',
      'granted',
    )
    await rig.media.context.clearPermissions()
    await eventually(
      () => told.at(-1),
      (state) => state === 'prompt' || state === 'denied',
      'no longer',
    )
  })

  it('rings with who calls from which queue, and both hear each other after the answer', async () => {
    const { handle, id, call } = await rig.ringing()
    expect(call).toMatchObject({
      direction: 'inbound',
      remote: { number: '+390255510143', e164: '+390255510143', displayName: 'Ada Caller' },
      queue: { name: 'anagrafe', reason: 'carta' },
      practice: true,
    })
    await eventually(
      () => rig.media.media.sounding,
      (on) => on,
      'the ring tone',
    )
    await rig.desk.phone.answer(id)
    await rig.isHeardHere(id)
    expect((await rig.media.media.stats(id))?.inbound?.packets).toBeGreaterThan(0)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'the operator is heard',
    )
    await eventually(
      () => rig.media.media.sounding,
      (on) => !on,
      'the ringing has let its devices go',
    )
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'the desk says so')
    expect(rig.desk.phone.calls()).toMatchObject([{ state: 'active' }])
  })

  it('lets the caller be heard also when nobody has touched the page', async () => {
    const { id } = await rig.talking()
    await eventually(
      () => rig.media.media.sounding,
      (on) => !on,
      'the ringing has let its devices go',
    )
    await rig.isHeardHere(id)
  })

  it('says that a number is withheld', async () => {
    const { call } = await rig.ringing('hidden')
    expect(call.remote).toEqual({ number: null, e164: null, displayName: null })
  })

  it('mutes so that nothing is heard there', async () => {
    const { handle, id } = await rig.talking()
    const heard = () => handle.mediaStats().receivedLevel
    await eventually(heard, (level) => level > 0.01, 'heard before')
    await rig.desk.phone.mute(id, true)
    expect(rig.desk.phone.calls()[0]?.muted).toBe(true)
    await eventually(heard, (level) => level < 0.001, 'silence while muted')
    await rig.desk.phone.mute(id, false)
    await eventually(heard, (level) => level > 0.01, 'heard again')
  })

  it('holds, which the line sees, and resumes with audio', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.hold(id, true)
    expect(rig.desk.phone.calls()[0]?.state).toBe('held')
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the line knows',
    )
    await rig.desk.phone.hold(id, false)
    expect(rig.desk.phone.calls()[0]?.state).toBe('active')
    await rig.isHeardHere(id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'the operator is heard again',
    )
  })

  it('changes the microphone in the call, and falls back from one that is gone', async () => {
    const { handle, id } = await rig.talking()
    const change = (microphoneId: string | null) =>
      rig.media.page.evaluate(
        (chosen) =>
          window.mediaEnd.setDevices({
            microphoneId: chosen,
            speakerId: 'no-such-speaker',
            ringerId: null,
            ringVolume: 0.2,
          }),
        microphoneId,
      )
    const microphones = await rig.media.page.evaluate(async () =>
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
      await rig.isHeardHere(id)
    }
  })

  it('ends when the far end hangs up, and the wrap-up begins', async () => {
    const { handle, id } = await rig.talking()
    handle.hangUp()
    const ended = await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ id, endReason: 'far-end' })
    expect(rig.desk.phone.calls()).toEqual([])
    expect(rig.desk.phone.agent().afterCallWork).toMatchObject({ contactId: id })
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'after-call-work', 'the engine waits')
    await rig.desk.phone.finishAfterCallWork(id, { kind: 'ready' })
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'ready', 'ready again')
    expect(rig.desk.phone.agent().afterCallWork).toBeNull()
    await eventually(
      () => rig.media.page.evaluate(() => window.openConnections()),
      (open) => open === 0,
      'nothing leaks',
    )
  })

  it('ends when we hang up, and the line knows', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.hangUp(id)
    expect(rig.desk.told.at(-1)).toMatchObject({ id, state: 'ended', endReason: 'operator' })
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line knows',
    )
  })

  it('stops ringing when the caller gives up', async () => {
    await rig.ringing('shy')
    const ended = await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ endReason: 'cancelled', answeredAt: null })
    expect(rig.desk.phone.agent().afterCallWork).toBeNull()
    await eventually(
      () => rig.media.media.sounding,
      (on) => !on,
      'no sound',
    )
  })

  it('can be refused', async () => {
    const { id } = await rig.ringing()
    await rig.desk.phone.reject(id)
    expect(rig.desk.told.at(-1)).toMatchObject({
      id,
      state: 'ended',
      endReason: 'operator',
      answeredAt: null,
    })
    expect(rig.desk.phone.calls()).toEqual([])
  })

  it('sends digits', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.dtmf(id, '12#')
    await eventually(
      () => handle.digits,
      (digits) => digits === '12#',
      'the digits arrive',
    )
  })

  it('sends digits that are typed faster than they sound, each once and in order', async () => {
    const { handle, id } = await rig.talking()
    const typed = '112233*#0987'
    for (const digit of typed) {
      void rig.desk.phone.dtmf(id, digit)
      await delay(60)
    }
    await eventually(
      () => handle.digits,
      (digits) => digits === typed,
      'all digits arrive',
      15_000,
    )
  })

  it('dials, and is told what becomes of it', async () => {
    const id = await rig.desk.phone.dial('02 5551 0150')
    await rig.desk.call((one) => one.id === id && one.state === 'dialling', 'it dials')
    await rig.desk.call((one) => one.id === id && one.state === 'active', 'somebody answers')
    await rig.isHeardHere(id)
    await rig.desk.phone.hangUp(id)
    const nobody = await rig.desk.phone.dial('02 5551 0199')
    expect(
      await rig.desk.call((one) => one.id === nobody && one.state === 'ended', 'nobody has it'),
    ).toMatchObject({
      endReason: 'unreachable',
    })
    await expect(rig.desk.phone.dial('not a number!')).rejects.toMatchObject({
      kind: 'invalid',
      code: 'number-invalid',
    })
  })
})
