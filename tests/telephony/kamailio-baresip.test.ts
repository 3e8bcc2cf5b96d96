import { afterEach, expect, it } from 'vitest'
import { type BaresipTelephone, openBaresip } from '../support/baresip.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'

/** A telephone with a SIP stack and a voice of its own, which hears what the desk says: SIPp's scenarios only count its packets. */

const rig = installKamailioRig()
const extension = '3001'
let citizen: BaresipTelephone

const open = async (answers?: 'auto' | 'manual') => {
  citizen = await openBaresip({
    ...{
      extension,
      displayName: 'Ada Baresip',
      proxyPort: rig.kamailio.udpPort,
      ...(answers && { answers }),
    },
  })
}
afterEach(() => citizen.close())

it('rings from a citizen’s telephone, is heard there and hears it, holds, and ends when the citizen hangs up', async () => {
  await open()
  const callId = await citizen.dial('2001')
  const call = await rig.desk.call((one) => one.state === 'ringing', 'it rings')
  expect(call.remote).toMatchObject({ number: extension, displayName: 'Ada Baresip' })
  const { id } = call
  await rig.desk.phone.answer(id)
  await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come in')
  const trunk = { callId }
  await rig.audioBothWays(trunk, id)
  await citizen.hears()
  await rig.desk.phone.hold(id, true)
  expect(rig.present()?.state).toBe('held')
  await rig.desk.phone.hold(id, false)
  await rig.audioBothWays(trunk, id)
  await citizen.hangUp()
  await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
})

it('calls a citizen’s telephone, and once more', async () => {
  await open()
  for (const times of [1, 2]) {
    const id = await rig.desk.phone.dial(extension)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'the citizen speaks')
    await rig.desk.phone.hangUp(id)
    await citizen.told('CALL_CLOSED', times)
    await rig.desk.until(() => rig.desk.phone.calls().every((one) => one.state === 'ended'), 'it ends')
  }
})

it('is told that a citizen’s telephone rings, before anything is heard', async () => {
  await open('manual')
  const id = await rig.desk.phone.dial(extension)
  await rig.desk.call((one) => one.id === id && one.progress === 'ringing', 'it rings there')
  expect(rig.present()).toMatchObject({ state: 'dialling', media: 'none' })
  await citizen.answer()
  await rig.desk.until(() => rig.present()?.media === 'flowing', 'the citizen speaks')
  expect(rig.present()?.progress).toBeNull()
  await rig.desk.phone.hangUp(id)
})
