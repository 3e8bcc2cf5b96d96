import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import { openPageCitizen } from '../support/page-citizen.ts'
import { talkingCaller } from '../support/sipp/scenario.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { credentialsOf, eventually } from '../support/telephone.ts'

const rig = installKamailioRig({ longestExpiry: 6 })

const caller = { number: '+390255510143', displayName: 'Ada Caller', asserted: null }

const state = () => rig.desk.phone.registration().state

/** Every state of the registration from now on. */
function states(): { seen: string[]; stop(): void } {
  const seen: string[] = []
  const stop = rig.desk.phone.on('registration', (registration) => {
    if (seen.at(-1) !== registration.state) seen.push(registration.state)
  })
  return { seen, stop }
}

/** This process stands still, as on a machine that sleeps; exchange, relay, trunk and page do not. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const report = (what: string, since: number): number => {
  const ms = Math.round(performance.now() - since)
  console.log(`${what}, ms: ${ms}`)
  return ms
}

describe('the registration', () => {
  it('is taken away at the registrar: noticed and registered again within five seconds', async () => {
    await rig.desk.registered()
    const begun = performance.now()
    await rig.kamailio.removeBinding('2001')
    await rig.desk.until(() => state() === 'away', 'told that it is gone')
    expect(report('binding removed at the server, noticed', begun)).toBeLessThan(5000)
    await rig.desk.registered()
    expect(report('binding removed at the server, registered again', begun)).toBeLessThan(6000)
  })

  it('expires while the machine sleeps in a call: registered again on waking, the call goes on', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    const { seen, stop } = states()
    sleep(9000)
    const woken = performance.now()
    await rig.desk.until(() => seen.includes('registered'), 'registered again')
    stop()
    await eventually(
      async () => (await rig.kamailio.relayed(trunk.callId)).fromBrowser,
      (packets) => packets > 0,
      'the relay has the call',
    )
    await rig.audioBothWays(trunk, id)
    report('woken after the registration expired, audio and registration proven', woken)
    await rig.desk.phone.hold(id, true)
    await rig.desk.phone.hold(id, false)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
    await rig.ringing(talkingCaller(caller))
    await rig.desk.until(() => rig.present()?.state === 'ringing', 'a new call finds the desk')
  })

  it('is refused after the exchange changed its secret: a new credential is asked for, the call goes on', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    const secret = 'another secret than before'
    const own = rig.credentials
    rig.credentials = async () => credentialsOf('2001', rig.kamailio.sipUrl, null, 3600, secret)
    const { seen, stop } = states()
    const begun = performance.now()
    await rig.kamailio.changeSecret(secret)
    await rig.desk.until(() => seen.includes('registered'), 'registered with the new credential', 15_000)
    report('secret changed by a restart, registered again', begun)
    stop()
    expect(seen).toContain('refused')
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
    rig.credentials = own
    await rig.kamailio.changeSecret(rig.kamailio.secret)
  })
})

describe('the way behind the proxy', () => {
  it('is away for thirteen seconds in a call: the call stays, and both hear once it is back', async () => {
    const way = await openTcpProxy(Number(new URL(rig.kamailio.sipUrl).port))
    const citizen = await openPageCitizen(rig.browser, {
      sipUrl: `ws://127.0.0.1:${way.port}/`,
      extension: '3001',
    })
    onTestFinished(async () => {
      await citizen.close()
      await way.close()
    })
    await citizen.call('2001')
    const { id } = await rig.desk.call((call) => call.state === 'ringing', 'it rings')
    await rig.desk.phone.answer(id)
    await citizen.hears()
    way.freeze()
    rig.media.media.tell({ type: 'packets', callId: id, flowing: false })
    await delay(13_000)
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active' }])
    way.thaw()
    const back = performance.now()
    await eventually(
      () => rig.desk.phone.hold(id, true).catch(() => false),
      (held) => held !== false,
      'the far end answers',
    )
    report('way behind the proxy back, a new offer answered', back)
    await rig.desk.phone.hold(id, false)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'told that it is heard')
    await citizen.hears()
  })
})

describe('the media relay', () => {
  it('restarts in a call: silence noticed within three seconds, audio back within six', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    const begun = performance.now()
    await rig.kamailio.restartRelay()
    const restarted = performance.now()
    await rig.desk.until(() => rig.present()?.media === 'lost', 'told that nothing is heard')
    expect(report('relay restarted, silence noticed', begun)).toBeLessThan(3500)
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'told that it is heard again')
    expect(report('relay restarted, audio back', restarted)).toBeLessThan(6000)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
  })
})
