import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../src/contract/domain/call.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import { type MediaPage, openMediaPage } from '../support/media-page/media-page.ts'
import { openPageCitizen, type PageCitizen } from '../support/page-citizen.ts'
import { cancellingCaller, talkingCaller } from '../support/sipp/scenario.ts'
import { placeCall } from '../support/sipp/sipp.ts'
import { credentialsOf, eventually, openTelephone, type Telephone } from '../support/telephone.ts'

const rig = installKamailioRig()
let citizen: PageCitizen
let colleague: Telephone
let colleaguePage: MediaPage

beforeEach(async () => {
  const { sipUrl } = rig.kamailio
  citizen = await openPageCitizen(rig.browser, { sipUrl, extension: '3001' })
  colleaguePage = await openMediaPage(rig.browser)
  colleague = openTelephone(colleaguePage.media, async () => credentialsOf('2002', sipUrl, null))
  colleague.phone.start()
  await colleague.registered()
})
afterEach(async () => {
  await colleague.phone.stop()
  await citizen.close()
  await colleaguePage.close()
})

const present = (id: string): Call | undefined => rig.desk.phone.calls().find((call) => call.id === id)
const heard = ({ media }: MediaPage, id: string) =>
  eventually(
    async () => (await media.stats(id).catch(() => null))?.inbound?.level ?? 0,
    (level) => level > 0.01,
    'somebody is heard',
  )
const silent = ({ media }: MediaPage, id: string) =>
  eventually(
    async () => (await media.stats(id).catch(() => null))?.inbound?.level ?? 0,
    (level) => level < 0.001,
    'nobody is heard',
  )
const rings = () => colleague.call((call) => call.state === 'ringing', 'the colleague is rung')

async function talking(): Promise<string> {
  await citizen.call('2001')
  const { id } = await rig.desk.call((call) => call.state === 'ringing', 'it rings')
  await rig.desk.phone.answer(id)
  await heard(rig.media, id)
  await citizen.hears()
  return id
}

async function consulting(): Promise<{ id: string; consultation: string; there: string }> {
  const id = await talking()
  const consultation = await rig.desk.phone.consult(id, '2002')
  const { id: there } = await rings()
  await colleague.phone.answer(there)
  await heard(rig.media, consultation)
  await heard(colleaguePage, there)
  return { id, consultation, there }
}

describe('transfers over Kamailio with rtpengine', () => {
  it('blind: the citizen calls the colleague, with the contact, and both are heard', async () => {
    const id = await talking()
    await rig.desk.phone.transfer(id, '2002')
    const ringing = await rings()
    expect(ringing).toMatchObject({ continues: id, remote: { number: '3001' } })
    await colleague.phone.answer(ringing.id)
    expect(await rig.desk.call((call) => call.state === 'ended', 'our leg ends')).toMatchObject({
      endReason: 'transferred',
    })
    await heard(colleaguePage, ringing.id)
    await citizen.hears()
  })

  it('blind to a colleague who refuses: the citizen is back', async () => {
    const id = await talking()
    await rig.desk.phone.transfer(id, '2002')
    await colleague.phone.reject((await rings()).id)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    expect(present(id)?.transfer).toMatchObject({ state: 'failed', failure: 'busy' })
    await heard(rig.media, id)
    await citizen.hears()
  })

  it('attended: the citizen takes our place at the colleague’s (Replaces), with the contact', async () => {
    const { id, there } = await consulting()
    expect(colleague.phone.calls()).toMatchObject([{ id: there, continues: id, remote: { number: '2001' } }])
    await rig.desk.phone.completeTransfer(id)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'we are out of it')
    expect(rig.desk.told.filter((call) => call.state === 'ended').map((call) => call.endReason)).toEqual([
      'transferred',
      'transferred',
    ])
    await colleague.until(() => colleague.phone.calls()[0]?.remote.number === '3001', 'it is the citizen')
    expect(colleague.phone.calls()).toMatchObject([{ id: there, state: 'active', continues: id }])
    await citizen.hears()
    await heard(colleaguePage, there)
    await colleague.phone.hold(there, true)
    await colleague.phone.hold(there, false)
    await heard(colleaguePage, there)
    await colleague.phone.hangUp(there)
  })

  it('a conference: all three hear each other', async () => {
    const { id, consultation, there } = await consulting()
    await rig.desk.phone.conference(id, true)
    await citizen.hears()
    await heard(rig.media, id)
    await heard(rig.media, consultation)
    await heard(colleaguePage, there)
    // With us silent and then the colleague too, the citizen hears the colleague, and then nobody.
    await rig.desk.phone.mute(id, true)
    await citizen.hears()
    await colleague.phone.mute(there, true)
    await citizen.hearsNothing()
    await heard(colleaguePage, there)
    await rig.desk.phone.hangUp(consultation)
    await rig.desk.until(() => present(id)?.state === 'active' && !present(id)?.conference, 'alone again')
    await rig.desk.phone.mute(id, false)
    await citizen.hears()
  })
})

describe('a consultation over Kamailio with rtpengine', () => {
  it('swaps: the citizen hears and is heard, then the colleague again', async () => {
    const { id, consultation, there } = await consulting()
    await rig.desk.phone.swap(id)
    expect([present(id)?.state, present(consultation)?.state]).toEqual(['active', 'held'])
    await citizen.hears()
    await heard(rig.media, id)
    await silent(colleaguePage, there)
    await rig.desk.phone.swap(id)
    expect([present(id)?.state, present(consultation)?.state]).toEqual(['held', 'active'])
    await heard(colleaguePage, there)
    await heard(rig.media, consultation)
    await citizen.hearsNothing()
  })

  it.each(['while it rings', 'once answered'])('is cancelled %s: the citizen is back', async (when) => {
    let id: string
    if (when === 'while it rings') {
      id = await talking()
      await rig.desk.phone.consult(id, '2002')
      await rings()
    } else ({ id } = await consulting())
    await rig.desk.phone.cancelTransfer(id)
    const end = await colleague.call((call) => call.state === 'ended', 'the colleague is free')
    expect(end.endReason).toBe(when === 'while it rings' ? 'cancelled' : 'far-end')
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    expect(rig.desk.phone.calls()).toHaveLength(1)
    await citizen.hears()
    await heard(rig.media, id)
  })
})

const caller = { number: '+390255510143', displayName: 'Ada Caller', asserted: null }

describe('a second call from the trunk', () => {
  it('waits, holds the first when it is answered, and both can be gone back to', async () => {
    const id = await talking()
    const trunk = await placeCall({
      scenario: talkingCaller(caller),
      extension: '2001',
      proxyPort: rig.kamailio.udpPort,
    })
    rig.calls.push(trunk)
    const waiting = await rig.desk.call((call) => call.id !== id && call.state === 'ringing', 'it waits')
    await citizen.hears()
    await rig.desk.phone.answer(waiting.id)
    await heard(rig.media, waiting.id)
    await rig.desk.until(() => present(id)?.changing === null, 'the citizen is held')
    expect([present(id)?.state, present(waiting.id)?.state]).toEqual(['held', 'active'])
    await citizen.hearsNothing()
    await rig.desk.phone.hold(id, false)
    await citizen.hears()
    await heard(rig.media, id)
    await rig.desk.phone.hold(waiting.id, false)
    await heard(rig.media, waiting.id)
    await trunk.proceed()
    await rig.desk.call((call) => call.id === waiting.id && call.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
    await rig.desk.phone.hold(id, false)
    await citizen.hears()
  })
})

describe('a CANCEL of the trunk', () => {
  it.each([
    ['SIP;cause=200;text="Call completed elsewhere"', 'elsewhere'],
    ['SIP;cause=487;text="Request terminated"', 'cancelled'],
  ] as const)('with Reason %s is %s', async (reason, ending) => {
    const { trunk } = await rig.ringing(cancellingCaller(caller, reason))
    expect((await rig.desk.call((one) => one.state === 'ended', 'it ends')).endReason).toBe(ending)
    await trunk.finished()
  })
})
