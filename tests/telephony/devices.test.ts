import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { MediaNotice } from '../../src/contract/media.ts'
import type { DeviceSettings } from '../../src/renderer/src/media/link.ts'
import type { FakeDevices } from '../support/media-page/fake-devices.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig({ fakeDevices: true })

type Told = Extract<MediaNotice, { type: 'devices' }>
const headset: DeviceSettings = {
  microphoneId: 'headset-in',
  microphoneLabel: 'Headset',
  speakerId: 'headset-out',
  speakerLabel: 'Headset',
  ringerId: 'box-out',
  ringerLabel: 'Loud box',
  ringVolume: 0.2,
}
const page = () => rig.media.page
const choose = (settings: DeviceSettings) =>
  page().evaluate((chosen) => window.mediaEnd.setDevices(chosen), settings)
const plugged = (name: string, on: boolean) =>
  page().evaluate(
    ([which, present]) => {
      if (!present) window.fakeDevices.unplug(which)
      else if (which === 'box') window.fakeDevices.plug('box', null, 'Loud box')
      else window.fakeDevices.plug(which, 'Headset', 'Headset')
    },
    [name, on] as const,
  )
const look = <T>(read: (devices: FakeDevices) => T): Promise<T> =>
  page().evaluate(`(${read.toString()})(window.fakeDevices)`)
const microphones = () => look((devices) => devices.openNow())
const sounding = () => look((devices) => devices.routes())
/** What was struck so far, each with its loudest moment: its two notes sound for less than a second, and the next two come after one and a half. */
const strikes = async (): Promise<Window['heard']> => {
  const told: Window['heard'] = []
  for (const one of await page().evaluate(() => window.heard)) {
    const present = told.findLast(({ on: where, context }) => where === one.on && context === one.context)
    if (present && one.at - present.at < 1000) {
      present.peak = Math.max(present.peak, one.peak)
      present.at = one.at
    } else told.push({ ...one })
  }
  return told
}
const on = (device: string, all: Window['heard']) => all.filter((one) => one.on === device)
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
const hears = async (
  role: 'microphone' | 'speaker' | 'ringer',
  state: string,
  work: () => Promise<unknown>,
) => {
  let told: Told | null = null
  const off = rig.media.media.onNotice((notice) => {
    if (notice.type === 'devices') told = notice
  })
  await work()
  await eventually(
    () => told?.roles?.[role],
    (use) => use?.state === state,
    `${role} is told as ${state}`,
  )
  off()
}

describe('the devices', () => {
  for (const which of ['browser', 'fake'] as const) {
    it(`keep the contract: ${which}`, async () => {
      expect(await page().evaluate((one) => window.devicesContract(one), which)).toEqual([])
    })
  }

  it('are told when they go and come at rest, and one that is gone is no crash', async () => {
    await hears('microphone', 'chosen', () => choose(headset))
    await hears('microphone', 'fallback', () => plugged('headset', false))
    const { handle, id } = await rig.talking()
    await rig.bothHear(handle, id)
    expect(await microphones()).toEqual(['desk-in'])
    await hears('microphone', 'chosen', () => plugged('headset', true))
    await eventually(microphones, (open) => same(open, ['headset-in']), 'the headset again')
    await rig.bothHear(handle, id)
  })

  it('ring on the box and in the headset, and elsewhere when the box goes while it rings', async () => {
    await choose(headset)
    const { id } = await rig.ringing()
    await eventually(sounding, (where) => same(where, ['box-out', 'headset-out']), 'both')
    await hears('ringer', 'fallback', () => plugged('box', false))
    await eventually(sounding, (where) => same(where, ['headset-out', 'system']), 'the system’s instead')
    await plugged('headset', false)
    await eventually(sounding, (where) => same(where, ['system']), 'one sound on one device')
    await hears('ringer', 'chosen', () => plugged('box', true))
    await eventually(sounding, (where) => where.includes('box-out'), 'the box again')
    await rig.desk.phone.answer(id)
    await eventually(sounding, (where) => !where.includes('box-out'), 'no ring in the call')
  })

  it('ring from soft to full', async () => {
    await choose(headset)
    await rig.ringing()
    // The fifth has begun: the four before it have sounded to their end.
    for (const device of ['box-out', 'headset-out'])
      await eventually(strikes, (all) => on(device, all).length >= 5, `it rings on, ${device}`, 20_000)
    for (const device of ['box-out', 'headset-out']) {
      const peaks = on(device, await strikes()).map(({ peak }) => peak)
      const [first = 0, second = 0, third = 0, last = 0] = peaks
      expect(second).toBeGreaterThan(first * 1.5)
      expect(third).toBeGreaterThan(second * 1.2)
      // Full is what was chosen: a note strikes at up to two thirds of it.
      expect(last).toBeGreaterThan(headset.ringVolume * 0.3)
      expect(last).toBeLessThan(headset.ringVolume * 0.7)
    }
  })

  it('let the ear hear that it rings elsewhere, until somebody answers: for a dialled call, and for a consultation', async () => {
    await choose(headset)
    const colleague = await rig.colleague('2002')
    const { handle, id: citizen } = await rig.talking()
    const tone = () => page().evaluate(() => window.heard)
    for (const dial of [() => rig.desk.phone.consult(citizen, '2002'), () => rig.desk.phone.dial('2002')]) {
      const before = (await tone()).length
      const id = await dial()
      await rig.desk.call((one) => one.id === id && one.progress === 'ringing', 'it rings there')
      const heard = await eventually(tone, (all) => all.length > before, 'the tone is heard')
      expect(heard.slice(before).map((one) => one.on)).toContain('headset-out')
      expect(new Set(heard.slice(before).map((one) => one.on)).size).toBe(1)
      const there = colleague.desk.phone.calls().find(({ state }) => state === 'ringing')
      await colleague.desk.phone.answer(there?.id ?? '')
      await rig.desk.call((one) => one.id === id && one.state === 'active', 'somebody answers')
      await eventually(
        sounding,
        (where) => same(where, ['headset-out', 'headset-out']),
        'no tone in the call',
      )
      await rig.desk.phone.hangUp(id)
      await colleague.desk.until(() => colleague.desk.phone.calls().length === 0, 'it is over there')
    }
    handle.hangUp()
  })

  it('tick once for a call that waits, and ring for it as soon as nobody is talked with', async () => {
    await choose(headset)
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await colleague.desk.phone.dial('2001')
    const waiting = await rig.desk.call((call) => call.state === 'ringing' && call.id !== id, 'it waits')
    await eventually(strikes, (all) => all.length === 1, 'one tick')
    await delay(3500)
    const [tick, ...more] = await strikes()
    expect(more).toEqual([])
    expect(tick?.on).toBe('box-out')
    expect(tick?.peak).toBeLessThan(headset.ringVolume * 0.25)

    handle.hangUp()
    await rig.desk.until(() => rig.desk.phone.calls().length === 1, 'the first is over')
    for (const device of ['box-out', 'headset-out'])
      await eventually(strikes, (all) => on(device, all).length >= 5, `heard on ${device}`, 20_000)
    expect(on('box-out', await strikes()).at(-2)?.peak).toBeGreaterThan(headset.ringVolume * 0.3)

    await rig.desk.phone.answer(waiting.id)
    await rig.isHeardHere(waiting.id)
  })

  it('leave the ear to whom is gone back to while another call rings', async () => {
    await choose(headset)
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.hold(id, true)
    await colleague.desk.phone.dial('2001')
    await eventually(strikes, (all) => on('headset-out', all).length >= 2, 'it rings on')
    await rig.desk.phone.hold(id, false)
    await rig.bothHear(handle, id)
    const before = await strikes()
    await delay(6000)
    const since = (await strikes()).slice(before.length)
    expect(on('headset-out', since)).toEqual([])
    expect(since.length).toBeLessThanOrEqual(1)
  })

  it('change under a call and under a held one, and come back', async () => {
    await choose(headset)
    const { handle, id } = await rig.talking()
    expect(await microphones()).toEqual(['headset-in'])
    await eventually(sounding, (where) => same(where, ['headset-out']), 'in the headset')
    await plugged('headset', false)
    await eventually(microphones, (open) => same(open, ['desk-in']), 'the webcam instead')
    await eventually(sounding, (where) => same(where, ['system']), 'the speakers instead')
    await rig.bothHear(handle, id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'heard there',
    )
    await rig.desk.phone.hold(id, true)
    await plugged('headset', true)
    await eventually(microphones, (open) => same(open, ['headset-in']), 'the headset again, held')
    await plugged('headset', false)
    await rig.desk.phone.hold(id, false)
    await rig.bothHear(handle, id)
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'heard after hold',
    )
    await rig.desk.phone.mute(id, true)
    await plugged('headset', true)
    await eventually(microphones, (open) => same(open, ['headset-in']), 'the headset again, muted')
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
  })

  const answeredBy = async ({ desk }: Awaited<ReturnType<typeof rig.colleague>>, dialled: string) => {
    const there = await desk.call(({ state }) => state === 'ringing', 'it rings there')
    await desk.phone.answer(there.id)
    await rig.desk.call((call) => call.id === dialled && call.state === 'active', 'somebody answers')
  }
  const consulting = async () => {
    const colleague = await rig.colleague('2002')
    const { id } = await rig.talking()
    const asked = await rig.desk.phone.consult(id, '2002')
    await answeredBy(colleague, asked)
    return id
  }
  const moments: Record<string, () => Promise<unknown>> = {
    'while it rings at whom is dialled': async () => {
      await rig.colleague('2002')
      const dialled = await rig.desk.phone.dial('2002')
      await rig.desk.call((call) => call.id === dialled && call.progress === 'ringing', 'it rings there')
    },
    'while another call waits': async () => {
      const colleague = await rig.colleague('2002')
      const { id } = await rig.talking()
      await colleague.desk.phone.dial('2001')
      await rig.desk.call((call) => call.state === 'ringing' && call.id !== id, 'it waits')
    },
    'in a consultation': consulting,
    'in a conference': async () => {
      await rig.desk.phone.conference(await consulting(), true)
      await rig.desk.until(
        () => rig.desk.phone.calls().every(({ state, conference }) => conference && state === 'active'),
        'all three together',
      )
    },
  }
  for (const [moment, arrive] of Object.entries(moments)) {
    it(`are told when they go and come, and replaced: ${moment}`, async () => {
      await choose(headset)
      await arrive()
      const open = (await microphones()).length
      expect(new Set(await microphones())).toEqual(new Set(['headset-in']))
      const all = (one: string) => (now: string[]) => same(now, Array(open).fill(one))
      await hears('microphone', 'fallback', () => plugged('headset', false))
      await eventually(microphones, all('desk-in'), 'the webcam instead')
      await hears('microphone', 'chosen', () => plugged('headset', true))
      await eventually(microphones, all('headset-in'), 'the headset again')
      for (const { id } of rig.desk.phone.calls().filter(({ state }) => state === 'active'))
        await rig.isHeardHere(id)
    })
  }

  it('are told when another program holds them, and are in use as soon as it lets go', async () => {
    await choose(headset)
    await page().evaluate(() => window.fakeDevices.hold('headset-in', 'headset-out', 'box-out'))
    let states: string[] = []
    rig.media.media.onNotice((notice) => {
      if (notice.type === 'devices' && notice.roles)
        states = Object.values(notice.roles).map(({ state, used }) => `${state} ${used}`)
    })
    const { handle, id } = await rig.ringing()
    await eventually(
      () => states,
      ([, ...outputs]) => same(outputs, ['refused Speakers', 'refused Speakers']),
      'told while it rings',
    )
    await rig.desk.phone.answer(id)
    await eventually(
      () => states,
      ([microphone]) => microphone === 'refused Webcam',
      'told in the call',
    )
    await eventually(microphones, (open) => same(open, ['desk-in']), 'the webcam instead')
    await rig.bothHear(handle, id)
    await hears('microphone', 'chosen', () => page().evaluate(() => window.fakeDevices.letGo()))
    await eventually(
      microphones,
      (open) => same(open, ['headset-in']),
      'the headset, nobody has done anything',
    )
    await eventually(sounding, (where) => same(where, ['headset-out']), 'heard in the headset too')
    await rig.bothHear(handle, id)
  })

  it('are tried again when the microphone ends in the call and none opens at first', async () => {
    await choose(headset)
    const { handle, id } = await rig.talking()
    await hears('microphone', 'failed', () =>
      page().evaluate(() => {
        window.fakeDevices.hold('headset-in', 'desk-in')
        window.fakeDevices.endMicrophones()
      }),
    )
    expect(await microphones()).toEqual([])
    await hears('microphone', 'chosen', () => page().evaluate(() => window.fakeDevices.letGo()))
    await eventually(microphones, (open) => same(open, ['headset-in']), 'the headset again')
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level > 0.01,
      'heard again',
    )
    await rig.bothHear(handle, id)
  })

  it('process the voice as it was set, also when that changes in the call', async () => {
    await choose({ ...headset, autoGainControl: false })
    const { handle, id } = await rig.talking()
    expect(await look((devices) => devices.processing)).toMatchObject({
      autoGainControl: false,
      noiseSuppression: true,
    })
    await choose({ ...headset, autoGainControl: true, noiseSuppression: false })
    await eventually(
      () => look((devices) => devices.processing),
      (now) => now?.noiseSuppression === false && now.autoGainControl,
      'opened anew',
    )
    await rig.bothHear(handle, id)
    expect(await microphones()).toEqual(['headset-in'])
  })
})

describe('the echo of the practice line', () => {
  it('sends back what is said', async () => {
    await choose(headset)
    const id = await rig.desk.phone.dial('*43')
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come back')
    await rig.isHeardHere(id)
    await rig.desk.phone.hangUp(id)
  })
})
