import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DesiredState } from '#contract/domain/agent.ts'
import { noVoice } from '#contract/domain/agent-machine.ts'
import { Fault } from '#contract/errors.ts'
import type { MediaNotice } from '#contract/media.ts'
import { openPhone, type Phone } from './phone.ts'

const ready: DesiredState = { kind: 'ready' }
const pause: DesiredState = { kind: 'not-ready', reason: 'break' }

let phone: Phone
/** A page whose media end comes. */
let attach: () => void
/** What it tells of its microphone. */
let tell: (microphone: 'granted' | 'denied') => void
/** How each look at the microphone ends, once a test says so; at once where there is no entry. */
let looks: PromiseWithResolvers<void>[]
let asked: number

beforeEach(() => {
  let attached = false
  const listeners = new Set<() => void>()
  attach = () => {
    attached = true
    for (const listener of listeners) listener()
  }
  const hearers = new Set<(notice: MediaNotice) => void>()
  tell = (microphone) => {
    for (const hear of hearers) hear({ type: 'devices', microphone })
  }
  looks = []
  asked = 0
  phone = openPhone({
    media: {
      async ask({ verb }) {
        if (verb === 'check-devices') await looks[asked++]?.promise
        return { request: 1, ok: true }
      },
      attached: () => attached,
      onAttached(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      onNotice(hear) {
        hearers.add(hear)
        return () => hearers.delete(hear)
      },
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

describe('a microphone that is still looked for', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  const look = () => {
    const one = Promise.withResolvers<void>()
    looks[asked] = one
    return one
  }
  const silent = { reason: noVoice }

  it('is not there when it was denied meanwhile', async () => {
    attach()
    await phone.setDesired(ready)
    tell('denied')
    const opens = look()
    tell('granted')
    await settled()
    tell('denied')
    opens.resolve()
    await settled()
    expect(phone.agent()).toMatchObject({ desired: ready, kept: silent })
  })

  it('is there when a later look found it, however the earlier one ends', async () => {
    attach()
    await phone.setDesired(ready)
    tell('denied')
    const first = look()
    tell('granted')
    await settled()
    const second = look()
    attach()
    await settled()
    second.resolve()
    await settled()
    expect(phone.agent().kept).toBeNull()
    first.reject(new Fault('unavailable', 'microphone-missing'))
    await settled()
    expect(phone.agent().kept).toBeNull()
  })

  it('is not there for who wished to be ready, when it was denied meanwhile', async () => {
    attach()
    const opens = look()
    const wished = phone.setDesired(ready)
    await settled()
    tell('denied')
    opens.resolve()
    await wished
    expect(phone.agent()).toMatchObject({ desired: ready, kept: silent })
  })
})
