import { expect, it, onTestFinished } from 'vitest'
import type { SipCredentials } from '../../src/contract/crm.ts'
import { throughFailingRelay } from '../support/failing-relay.ts'
import { openMediaPage } from '../support/media-page/media-page.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { openSipRelay } from '../support/sip-relay.ts'
import { credentialsOf, eventually, openTelephone } from '../support/telephone.ts'

const rig = installPhoneRig()

it('a second desk of the operator has the extension; the first says so, does not fight, and takes it back openly', async () => {
  const relay = await openSipRelay(rig.line.sipUrl)
  onTestFinished(() => relay.close())
  const second = (await rig.colleague('2001', relay.url)).desk
  const first = rig.desk
  const state = (desk: typeof first) => desk.phone.registration().state
  await first.until(() => state(first) === 'elsewhere', 'the first is told')
  expect(first.phone.registration()).toMatchObject({ otherDesks: 1, retryAt: null })
  first.phone.retryNow()
  // Two checks of the second one's registration, in which the first would have taken it back.
  const told = new Set<string>()
  const offs = [first, second].map((desk) =>
    desk.phone.on('registration', (now) => told.add(`${desk === first ? 'first' : 'second'} ${now.state}`)),
  )
  const checks = () =>
    relay.fromDesk.filter(
      (message) =>
        /^REGISTER /.test(message) && /^Authorization:/im.test(message) && !/^Contact:/im.test(message),
    ).length
  const before = checks()
  await eventually(checks, (now) => now >= before + 2, 'the second desk has looked twice')
  for (const off of offs) off()
  expect([state(first), state(second)]).toEqual(['elsewhere', 'registered'])
  for (const one of told) expect(['first elsewhere', 'second registered']).toContain(one)
  first.phone.takeOver()
  await first.registered()
  await second.until(() => state(second) === 'elsewhere', 'now the second is told')
  expect(state(first)).toBe('registered')
})

it('the queue engine hears the second desk; the first does not push it out, and is heard again when it takes over', async () => {
  // Neither asks the registrar, so nothing but the engine tells the first of the second.
  const unasked = async (asked: () => Promise<SipCredentials>): Promise<SipCredentials> => {
    const credentials = await asked()
    return { ...credentials, line: { ...credentials.line, registrationCheckSeconds: 0 } }
  }
  const asked = rig.credentials
  rig.credentials = () => unasked(asked)
  const first = rig.desk
  await first.phone.stop()
  first.phone.start()
  await first.phone.setDesired({ kind: 'ready' })
  await first.until(() => first.phone.agent().engine.kind === 'ready', 'ready at the first desk')
  const media = await openMediaPage(rig.browser)
  const second = openTelephone(media.media, () =>
    unasked(async () => credentialsOf('2001', rig.line.sipUrl, rig.line.queueUrl)),
  )
  onTestFinished(async () => {
    await second.phone.stop()
    await media.close()
  })
  const heard: string[] = []
  const off = second.phone.on('agent', ({ engine }) => heard.push(engine.kind))
  second.phone.start()
  await first.until(() => first.phone.registration().otherDesks === 1, 'the first is told')
  expect(first.phone.agent()).toMatchObject({ desired: { kind: 'ready' }, engine: { kind: 'unknown' } })
  await second.phone.setDesired({ kind: 'not-ready', reason: 'meal' })
  await second.until(() => {
    const { engine } = second.phone.agent()
    return engine.kind === 'not-ready' && engine.reason === 'meal'
  }, 'heard at the second desk')
  off()
  expect(heard.slice(heard.findIndex((kind) => kind !== 'unknown'))).not.toContain('unknown')
  expect(first.phone.agent().engine.kind).toBe('unknown')
  first.phone.takeOver()
  await first.until(() => first.phone.agent().engine.kind === 'ready', 'ready at the first desk again')
  await second.until(() => second.phone.agent().engine.kind === 'unknown', 'now the second is told')
  expect(first.phone.registration().otherDesks).toBe(0)
})

it('a desk whose extension another one has calls 112 all the same', async () => {
  const { phone, until } = rig.desk
  await rig.colleague('2001')
  await until(() => phone.registration().state === 'elsewhere', 'the first is told')
  const help = await phone.dial('112')
  await until(() => phone.calls()[0]?.state === 'active', 'help answers')
  await rig.isHeardHere(help)
})

it('a desk in a call whose extension another one has: every connection breaks at once, and the pauses between them grow', async () => {
  const { relay, network } = await throughFailingRelay(rig)
  rig.desk.phone.start()
  await rig.desk.registered()
  const { id } = await rig.talking()
  await rig.colleague('2001')
  await rig.desk.until(() => rig.desk.phone.registration().state === 'elsewhere', 'the first is told')
  const brokenAt: number[] = []
  relay.intercept = (message) => {
    if (!/^INVITE /.test(message)) return null
    brokenAt.push(performance.now())
    network.cut()
    return ''
  }
  network.cut()
  await eventually(
    () => brokenAt.length,
    (times) => times >= 5,
    'connected five times',
  )
  const [first = 0, , , , fifth = 0] = brokenAt
  // 250, 500, 1000 and 2000 ms, each less 40 % at the most.
  expect(fifth - first).toBeGreaterThan(2200)
  relay.intercept = () => null
  await eventually(
    () => rig.desk.phone.lineRecord(id)?.events.filter(({ what }) => what === 'in 200 INVITE').length ?? 0,
    (answers) => answers > 0,
    'a new offer is agreed to',
  )
  expect(rig.desk.phone.registration().state).toBe('elsewhere')
})
