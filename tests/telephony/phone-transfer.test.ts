import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/contract/domain/call.ts'
import { type Colleague, installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

type Handle = Awaited<ReturnType<typeof rig.talking>>['handle']

const rings = ({ desk }: Colleague) => desk.call((call) => call.state === 'ringing', 'the colleague is rung')
const present = (id: string): Call | undefined => rig.desk.phone.calls().find((call) => call.id === id)

async function heardThere(handle: Handle, what: string): Promise<void> {
  const before = handle.mediaStats().receivedPackets
  await eventually(
    () => handle.mediaStats(),
    ({ receivedPackets, receivedLevel }) => receivedPackets > before + 10 && receivedLevel > 0.01,
    `the citizen hears ${what}`,
  )
}

/** In a call with a citizen, and with a colleague about it. */
async function consulting(): Promise<{
  handle: Handle
  id: string
  consultation: string
  colleague: Colleague
  there: string
}> {
  const colleague = await rig.colleague('2002')
  const { handle, id } = await rig.talking()
  const consultation = await rig.desk.phone.consult(id, '2002')
  const call = await rings(colleague)
  await colleague.desk.phone.answer(call.id)
  await rig.desk.until(() => present(consultation)?.state === 'active', 'the colleague has answered')
  await colleague.heard(call.id)
  await rig.isHeardHere(consultation)
  return { handle, id, consultation, colleague, there: call.id }
}

describe('a blind transfer', () => {
  it('hands the citizen to a colleague, with the contact', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    expect(present(id)).toMatchObject({
      state: 'held',
      changing: 'transfer',
      transfer: { to: '2002', kind: 'blind' },
    })
    const ringing = await rings(colleague)
    expect(ringing).toMatchObject({
      continues: id,
      remote: { number: '+390255510143', displayName: 'Ada Caller' },
    })
    await colleague.desk.phone.answer(ringing.id)
    expect(await rig.desk.call((call) => call.state === 'ended', 'our leg ends')).toMatchObject({
      id,
      endReason: 'transferred',
    })
    await colleague.heard(ringing.id)
    await heardThere(handle, 'the colleague')
    expect(handle).toMatchObject({ state: 'talking', extension: '2002' })
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind !== 'in-call', 'the engine has us free')
    await colleague.desk.phone.hangUp(ringing.id)
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line knows',
    )
  })

  it('gives the citizen back when the colleague refuses', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    await colleague.desk.phone.reject((await rings(colleague)).id)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    expect(present(id)).toMatchObject({ changing: null, transfer: { state: 'failed', failure: 'busy' } })
    await rig.isHeardHere(id)
    await heardThere(handle, 'us again')
  })

  it('gives the citizen back when the line does not agree', async () => {
    const { handle, id } = await rig.talking()
    await expect(rig.desk.phone.transfer(id, '0255510199')).rejects.toMatchObject({
      code: 'transfer-refused',
      params: { failure: 'unreachable' },
    })
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await heardThere(handle, 'us again')
    await expect(rig.desk.phone.transfer(id, 'no number!')).rejects.toMatchObject({ code: 'number-invalid' })
  })

  it('hands the citizen to a team, where a colleague without a desk answers', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, 'team-civil-services')
    await rig.desk.call((call) => call.state === 'ended' && call.endReason === 'transferred', 'our leg ends')
    expect(handle.end).toBe('handed-on')
    expect(rig.desk.phone.calls()).toEqual([])
  })

  it('hands the citizen to whoever of a team is ready', async () => {
    const colleague = await rig.colleague('2002')
    const { id } = await rig.talking()
    await colleague.desk.phone.setDesired({ kind: 'ready' })
    await colleague.desk.until(() => colleague.desk.phone.agent().engine.kind === 'ready', 'ready')
    await rig.desk.phone.transfer(id, 'team-civil-services')
    expect(await rings(colleague)).toMatchObject({ continues: id })
  })
})

describe('a consultation', () => {
  it('swaps, and connects the two: the colleague has the citizen and the contact', async () => {
    const { handle, id, consultation, colleague, there } = await consulting()
    expect(colleague.desk.phone.calls()[0]).toMatchObject({ continues: id, remote: { number: '2001' } })
    expect(present(id)).toMatchObject({ state: 'held' })
    await rig.desk.phone.swap(id)
    await rig.desk.until(() => present(id)?.state === 'active', 'back with the citizen')
    expect(present(consultation)?.state).toBe('held')
    await heardThere(handle, 'us')
    await rig.desk.phone.swap(id)
    await rig.desk.until(() => present(consultation)?.state === 'active', 'back with the colleague')
    await rig.desk.phone.completeTransfer(id)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'we are out of it')
    const ended = rig.desk.told.filter((call) => call.state === 'ended')
    expect(ended.map((call) => [call.id, call.endReason]).toSorted()).toEqual(
      [
        [id, 'transferred'],
        [consultation, 'transferred'],
      ].toSorted(),
    )
    await heardThere(handle, 'the colleague')
    await colleague.heard(there)
    await colleague.desk.until(
      () => colleague.desk.phone.calls()[0]?.remote.number === '+390255510143',
      'the colleague sees who it is',
    )
    expect(colleague.desk.phone.calls()).toMatchObject([{ id: there, continues: id }])
  })

  it('is cancelled: the citizen is back', async () => {
    const { handle, id, colleague } = await consulting()
    await rig.desk.phone.cancelTransfer(id)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await heardThere(handle, 'us again')
    await colleague.desk.call((call) => call.state === 'ended', 'the colleague is let go')
  })

  it('is not answered: the citizen is back', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.consult(id, '2002')
    await colleague.desk.phone.reject((await rings(colleague)).id)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await heardThere(handle, 'us again')
    expect(rig.desk.phone.calls()).toHaveLength(1)
  })

  it('of a team goes to a colleague without a desk, who takes the citizen', async () => {
    const { handle, id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, 'team-civil-services')
    await rig.desk.until(() => present(consultation)?.state === 'active', 'somebody answers')
    await rig.isHeardHere(consultation)
    await rig.desk.phone.completeTransfer(consultation)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'we are out of it')
    expect(handle.end).toBe('handed-on')
  })
})

describe('a conference', () => {
  it('lets all three hear each other, over a reload of the page too, and gives the citizen alone back', async () => {
    const { handle, id, consultation, colleague, there } = await consulting()
    await rig.desk.phone.conference(id, true)
    expect(rig.desk.phone.calls()).toMatchObject([
      { id, state: 'active', conference: true },
      { id: consultation, state: 'active', conference: true },
    ])
    const everybody = async () => {
      await heardThere(handle, 'us and the colleague')
      await colleague.heard(there)
      await rig.isHeardHere(id)
      await rig.isHeardHere(consultation)
      // With us silent, what the two hear is each other.
      await rig.desk.phone.mute(id, true)
      await colleague.desk.phone.mute(there, true)
      await eventually(
        () => handle.mediaStats().receivedLevel,
        (level) => level < 0.001,
        'the citizen hears nobody',
      )
      await colleague.heard(there)
      await colleague.desk.phone.mute(there, false)
      await heardThere(handle, 'the colleague alone')
      await rig.desk.phone.mute(id, false)
    }
    await everybody()
    await rig.reload()
    await rig.desk.until(
      () => rig.desk.phone.calls().every((call) => call.media === 'flowing'),
      'audio of both is back',
    )
    await everybody()
    await rig.desk.phone.conference(id, false)
    expect(present(id)).toMatchObject({ state: 'held', conference: false })
    await rig.desk.phone.hangUp(consultation)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await heardThere(handle, 'us alone')
  })

  it('goes on without us when we connect the two', async () => {
    const { handle, id, colleague, there } = await consulting()
    await rig.desk.phone.conference(id, true)
    await rig.desk.phone.completeTransfer(id)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'we are out of it')
    await heardThere(handle, 'the colleague')
    await colleague.heard(there)
  })
})
