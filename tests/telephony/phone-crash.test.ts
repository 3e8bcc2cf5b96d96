import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/contract/domain/call.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()
const present = (id: string): Call | undefined => rig.desk.phone.calls().find((call) => call.id === id)
const flows = (id: string) => rig.desk.until(() => present(id)?.media === 'flowing', 'audio is back')
const lost = (id: string) => rig.desk.until(() => present(id)?.media === 'lost', 'told that audio is lost')

describe('the renderer crashes', () => {
  it('while it rings: it goes on ringing, sounds again, and can be answered', async () => {
    const { handle, id } = await rig.ringing()
    await rig.media.crash()
    expect(handle.state).toBe('ringing')
    await rig.media.reopen()
    await eventually(
      () => rig.media.media.sounding,
      (on) => on,
      'the ring tone',
    )
    expect(present(id)?.state).toBe('ringing')
    await rig.desk.phone.answer(id)
    await rig.bothHear(handle, id)
  })

  it.each(['before', 'after'])(
    'while 112 is dialled, which answers %s the next page is there: both hear',
    async (when) => {
      const { pickUp } = await rig.slowAnswer('112')
      const id = await rig.desk.phone.dial('112')
      await rig.media.crash()
      expect(present(id)?.state).toBe('dialling')
      if (when === 'before') {
        pickUp()
        await rig.desk.until(() => present(id)?.state === 'active', 'help answers')
      }
      await rig.media.reopen()
      if (when === 'after') pickUp()
      await flows(id)
      const [handle] = rig.line.calls()
      if (!handle) throw new Error('the line has no call')
      await rig.bothHear(handle, id)
    },
  )

  it('while a colleague is dialled about a caller: both calls are heard after it', async () => {
    const { pickUp } = await rig.slowAnswer('team-tributi')
    const { handle, id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, 'team-tributi')
    await rig.media.crash()
    await rig.media.reopen()
    pickUp()
    await rig.isHeardHere(consultation)
    await rig.desk.phone.swap(id)
    await rig.bothHear(handle, id)
  })

  it('in a call, and held: the call goes on, muted and held as it was', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.mute(id, true)
    await rig.media.crash()
    await lost(id)
    const attachedAt = await rig.media.reopen()
    await flows(id)
    console.log(
      `audio back after a crash, ms after the new page attached: ${Math.round(performance.now() - attachedAt)}`,
    )
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
    expect(present(id)).toMatchObject({ state: 'active', muted: true })
    await rig.desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'held',
    )
    await rig.media.crash()
    await rig.media.reopen()
    await eventually(
      async () => (await rig.media.media.stats(id).catch(() => null))?.connection,
      (state) => state === 'connected',
      'connected again',
    )
    expect(handle.state).toBe('held')
    expect(present(id)).toMatchObject({ state: 'held', muted: true })
    await rig.desk.phone.hold(id, false)
    await rig.desk.phone.mute(id, false)
    await rig.bothHear(handle, id)
    handle.hangUp()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
  })

  it('in a consultation: both calls are as they were', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, '2002')
    const there = await colleague.desk.call((call) => call.state === 'ringing', 'the colleague is rung')
    await colleague.desk.phone.answer(there.id)
    await rig.isHeardHere(consultation)
    await rig.media.crash()
    await lost(consultation)
    await rig.media.reopen()
    await flows(consultation)
    await colleague.heard(there.id)
    expect(rig.desk.phone.calls()).toMatchObject([
      { id, state: 'held' },
      { id: consultation, state: 'active', consultsFor: id },
    ])
    expect(handle.state).toBe('held')
    await rig.desk.phone.completeTransfer(id)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'the two are connected without us')
    await colleague.heard(there.id)
  })

  it('at an exchange that accepts the new offer and gives it no sound: a new dialog replaces it', async () => {
    const { phone, until } = rig.desk
    await phone.setDesired({ kind: 'ready' })
    await until(() => phone.agent().engine.kind === 'ready', 'ready')
    const handle = rig.line.place('talker', { deafToNewOffers: true })
    const { id } = await rig.desk.call((call) => call.state === 'ringing', 'it rings')
    await phone.answer(id)
    await rig.bothHear(handle, id)
    await phone.mute(id, true)
    await rig.media.crash()
    await lost(id)
    const attachedAt = await rig.media.reopen()
    await flows(id)
    const ms = Math.round(performance.now() - attachedAt)
    console.log(`audio back by Replaces after a crash, ms after the new page attached: ${ms}`)
    expect(ms).toBeGreaterThan(900)
    expect(present(id)).toMatchObject({ state: 'active', muted: true })
    await phone.mute(id, false)
    await rig.bothHear(handle, id)
  })
})
