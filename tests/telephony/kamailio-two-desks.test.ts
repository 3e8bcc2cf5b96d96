import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openBaresip } from '../support/baresip.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import { type MediaPage, openMediaPage } from '../support/media-page/media-page.ts'
import { talkingCaller } from '../support/sipp/scenario.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { credentialsOf, eventually, openTelephone, type Telephone } from '../support/telephone.ts'

const rig = installKamailioRig()
const caller = { number: '+390255510143', displayName: 'Ada Caller', asserted: null }

/** Another desk of the same operator; Kamailio keeps the bindings of both. */
let second: Telephone
let secondPage: MediaPage
/** Between the first desk and Kamailio. */
let network: TcpProxy

const state = (desk: Telephone) => desk.phone.registration().state

beforeEach(async () => {
  const { sipUrl } = rig.kamailio
  await rig.desk.phone.stop()
  network = await openTcpProxy(Number(new URL(sipUrl).port))
  rig.credentials = async () => credentialsOf('2001', `ws://127.0.0.1:${network.port}/`, null)
  rig.desk.phone.start()
  await rig.desk.registered()
  secondPage = await openMediaPage(rig.browser)
  second = openTelephone(secondPage.media, async () => credentialsOf('2001', sipUrl, null))
})
afterEach(async () => {
  await second.phone.stop()
  await secondPage.close()
  await rig.desk.phone.stop()
  await network.close()
})

describe('two desks of one operator', () => {
  const others = (desk: Telephone) => desk.phone.registration().otherDesks

  it('know of each other, and who takes the extension over has it alone, without losing it meanwhile', async () => {
    second.phone.start()
    await second.registered()
    await second.until(() => others(second) === 1, 'the second knows of the first')
    await rig.desk.until(() => others(rig.desk) === 1, 'the first knows of the second')
    const seen: string[] = []
    const stop = rig.desk.phone.on('registration', (now) => seen.push(now.state))
    // The CRM is away: what the desk has is good.
    rig.credentials = () => Promise.reject(new Error('away'))
    rig.desk.phone.takeOver()
    await second.until(() => state(second) === 'elsewhere', 'the second is told')
    await rig.desk.until(() => others(rig.desk) === 0, 'the first is alone')
    stop()
    expect(new Set(seen)).toEqual(new Set(['registered']))
    const { trunk, call } = await rig.ringing(talkingCaller(caller))
    expect(second.phone.calls()).toEqual([])
    await rig.desk.phone.answer(call.id)
    await rig.desk.phone.hangUp(call.id)
    await trunk.finished()
  })
})

describe('a desk whose extension another one has', () => {
  it('connects again for a call for help when its socket has broken, without registering', async () => {
    const help = await openBaresip({
      ...{ extension: '112', displayName: 'Help', proxyPort: rig.kamailio.udpPort },
    })
    onTestFinished(() => help.close())
    second.phone.start()
    await second.registered()
    second.phone.takeOver()
    await rig.desk.until(() => state(rig.desk) === 'elsewhere', 'the first is told')
    const away = new Promise<void>((resolve) => {
      rig.desk.phone.on('registration', (now) => now.state === 'away' && resolve())
    })
    network.cut()
    await away
    const id = await rig.desk.phone.dial('112')
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'help speaks')
    await help.hears()
    expect(rig.present()).toMatchObject({ id, state: 'active' })
    expect([state(rig.desk), state(second)]).toEqual(['elsewhere', 'registered'])
    await rig.desk.phone.hangUp(id)
    await help.told('CALL_CLOSED')
  })
})

describe('a desk in a call whose extension another one has taken', () => {
  const spectating = async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    second.phone.start()
    await second.registered()
    second.phone.takeOver()
    await rig.desk.until(() => state(rig.desk) === 'elsewhere', 'the first is told')
    return { trunk, id }
  }

  it('connects again when its socket breaks, without registering: hold, audio and the far end’s BYE', async () => {
    const { trunk, id } = await spectating()
    const agreed = () =>
      rig.desk.phone.lineRecord(id)?.events.filter(({ what }) => what === 'in 200 INVITE').length ?? 0
    const before = agreed()
    network.cut()
    await eventually(agreed, (now) => now > before, 'a new offer is agreed to over a new connection')
    await rig.audioBothWays(trunk, id)
    await rig.desk.phone.hold(id, true)
    await rig.desk.phone.hold(id, false)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
    expect([state(rig.desk), state(second)]).toEqual(['elsewhere', 'registered'])
    expect(second.phone.registration().otherDesks).toBe(0)
  })

  it('hangs up at the far end what was hung up while its connection was away', async () => {
    const { trunk, id } = await spectating()
    const away = new Promise<void>((resolve) => {
      const off = rig.desk.phone.on('registration', (now) => {
        if (now.state !== 'away') return
        off()
        resolve()
      })
    })
    network.freeze()
    network.cut()
    await away
    await rig.desk.phone.hangUp(id)
    network.cut()
    network.thaw()
    await trunk.finished()
    expect([state(rig.desk), state(second)]).toEqual(['elsewhere', 'registered'])
  })
})
