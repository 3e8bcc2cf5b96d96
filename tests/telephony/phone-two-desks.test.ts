import { expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'

const rig = installPhoneRig()

it('a second desk of the operator has the extension; the first says so, does not fight, and takes it back openly', async () => {
  const second = (await rig.colleague('2001')).desk
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
  await new Promise((resolve) => setTimeout(resolve, 7000))
  for (const off of offs) off()
  expect([state(first), state(second)]).toEqual(['elsewhere', 'registered'])
  for (const one of told) expect(['first elsewhere', 'second registered']).toContain(one)
  first.phone.takeOver()
  await first.registered()
  await second.until(() => state(second) === 'elsewhere', 'now the second is told')
  expect(state(first)).toBe('registered')
})
