import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DesiredState } from '#contract/domain/agent.ts'
import { Fault } from '#contract/errors.ts'
import { openPhone, type Phone } from './phone.ts'

const ready: DesiredState = { kind: 'ready' }
const pause: DesiredState = { kind: 'not-ready', reason: 'break' }

let phone: Phone
/** A page whose media end comes. */
let attach: () => void

beforeEach(() => {
  let attached = false
  const listeners = new Set<() => void>()
  attach = () => {
    attached = true
    for (const listener of listeners) listener()
  }
  phone = openPhone({
    media: {
      ask: async () => ({ request: 1, ok: true }),
      attached: () => attached,
      onAttached(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      onNotice: () => () => undefined,
    },
    credentials: () => Promise.reject(new Fault('unavailable', 'unavailable-now')),
    mayBeRung: () => true,
    log: pino({ enabled: false }),
    now: () => new Date(),
  })
  phone.start()
})
afterEach(() => phone.stop())

it('waits for the media end of a page that has just been loaded before it is ready', async () => {
  const asked = phone.setDesired(ready)
  attach()
  await asked
  expect(phone.agent().desired).toEqual(ready)
})

it('is not ready when a pause was wished while the media end was waited for', async () => {
  const asked = phone.setDesired(ready)
  await phone.setDesired(pause)
  attach()
  await asked
  expect(phone.agent().desired).toEqual(pause)
})

it('keeps to the pause that was wished while a wrap-up was being closed as ready', async () => {
  const closed = phone.finishAfterCallWork('contact', ready)
  await phone.setDesired(pause)
  attach()
  await closed
  expect(phone.agent().desired).toEqual(pause)
})

it('waits no more once the operator has left, and is not ready for whoever comes next', async () => {
  const asked = phone.setDesired(ready)
  const closed = phone.finishAfterCallWork('contact', ready)
  await phone.stop()
  await Promise.all([asked, closed])
  expect(phone.agent()).toMatchObject({ desired: { reason: 'shift-start' }, kept: null })
})
