import { expect, it, onTestFinished } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { openSipRelay } from '../support/sip-relay.ts'
import { eventually } from '../support/telephone.ts'

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
