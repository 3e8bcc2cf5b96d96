import { describe, expect, it, test, vi } from 'vitest'
import { type ButtonsEvent, pressed, restingButtons, sideOf } from './buttons.ts'
import { Headset, type HidDevice, type HidPort, type InputReport } from './headset.ts'
import { type HidCollection, isOn, layoutOf, reportsFor } from './layout.ts'

/** As a common USB headset describes itself: switches in report 2, lamps in report 3, a volume collection beside. */
const telephone: HidCollection[] = [
  {
    usagePage: 0x0c,
    usage: 1,
    inputReports: [{ reportId: 1, items: [{ usages: [0x0c00e9, 0x0c00ea], reportSize: 1, reportCount: 2 }] }],
  },
  {
    usagePage: 0x0b,
    usage: 5,
    inputReports: [
      {
        reportId: 2,
        items: [
          { usages: [0x0b0020], isAbsolute: true, reportSize: 1, reportCount: 1 },
          { usages: [0x0b0097], isAbsolute: true, reportSize: 1, reportCount: 1 },
          { usages: [0x0b002f], isAbsolute: false, reportSize: 1, reportCount: 1 },
          {
            isRange: true,
            usageMinimum: 0x0b00b0,
            usageMaximum: 0x0b00bb,
            isArray: true,
            reportSize: 4,
            reportCount: 1,
          },
          { reportSize: 1, reportCount: 1 },
        ],
      },
    ],
    outputReports: [
      {
        reportId: 3,
        items: [
          { usages: [0x080017, 0x080009, 0x080018, 0x080020], reportSize: 1, reportCount: 4 },
          { reportSize: 1, reportCount: 12 },
        ],
      },
    ],
  },
]
const bits = (...set: number[]): DataView => {
  const data = new Uint8Array(2)
  for (const at of set) data[at >> 3] = (data[at >> 3] ?? 0) | (1 << (at & 7))
  return new DataView(data.buffer)
}

describe('what a device says of itself', () => {
  const layout = layoutOf(telephone)
  it('has the switches and lamps of the telephony and LED pages', () => {
    expect(layout).toMatchObject({
      hookSwitch: { reportId: 2, offset: 0, absolute: true },
      mute: { reportId: 2, offset: 2, absolute: false },
      leds: { offHook: { offset: 0 }, mute: { offset: 1 }, ring: { offset: 2 } },
    })
    expect(isOn(layout?.hookSwitch ?? null, 2, bits(0))).toBe(true)
    expect(isOn(layout?.mute ?? null, 2, bits(0))).toBe(false)
    expect(isOn(layout?.hookSwitch ?? null, 1, bits(0))).toBeNull()
  })
  it('is shown its lamps in reports of its own length', () => {
    if (!layout) throw new Error('no layout')
    expect(reportsFor(layout, { offHook: true, ring: false, mute: true })).toEqual([
      { reportId: 3, data: new Uint8Array([0b011, 0]) },
    ])
  })
  it('may stand in ranges and arrays', () => {
    const ranged = layoutOf([
      {
        inputReports: [
          {
            items: [
              {
                isRange: true,
                usageMinimum: 0x0b001f,
                usageMaximum: 0x0b0021,
                reportSize: 2,
                reportCount: 3,
              },
            ],
          },
        ],
      },
    ])
    expect(ranged?.hookSwitch).toMatchObject({ reportId: 0, offset: 2, size: 2 })
    const listed = layoutOf([
      {
        inputReports: [
          {
            items: [
              {
                isArray: true,
                usages: [0x0b002a, 0x0b0020],
                logicalMinimum: 1,
                reportSize: 8,
                reportCount: 2,
              },
            ],
          },
        ],
      },
    ])
    expect(isOn(listed?.hookSwitch ?? null, 0, new DataView(new Uint8Array([0, 2]).buffer))).toBe(true)
    expect(isOn(listed?.hookSwitch ?? null, 0, new DataView(new Uint8Array([1, 0]).buffer))).toBe(false)
  })
  it('is nothing to us without a telephone in it', () => {
    expect(layoutOf(telephone.slice(0, 1))).toBeNull()
    expect(layoutOf([])).toBeNull()
  })
})

const side = (now: { ringing?: true; talking?: true; muted?: true }, at = 0): ButtonsEvent => ({
  type: 'side',
  side: { ringing: now.ringing ?? false, talking: now.talking ?? false, muted: now.muted ?? false },
  at,
})
const hook = (off: boolean, at: number): ButtonsEvent => ({ type: 'hook', off, at })
const mute = (at: number): ButtonsEvent => ({ type: 'mute', at })
const play = (...events: ButtonsEvent[]) => {
  let state = restingButtons
  const presses: string[] = []
  let show = null
  for (const event of events) {
    const step = pressed(state, event)
    state = step.state
    if (step.press) presses.push(step.press)
    show = step.show
  }
  return { presses, show }
}

test.each<[string, ButtonsEvent[], string[]]>([
  ['lifted while it rings', [side({ ringing: true }), hook(true, 100)], ['answer']],
  ['lifted at rest', [hook(true, 100)], []],
  ['laid in a call', [side({ talking: true }), hook(true, 10), hook(false, 5000)], ['hang-up']],
  ['the echo of our own off-hook lamp', [side({ talking: true }, 0), hook(true, 20)], []],
  ['the echo of our own on-hook lamp', [side({ talking: true }), side({}, 1000), hook(false, 1020)], []],
  [
    'pressed twice to answer',
    [side({ ringing: true }), hook(true, 100), side({ talking: true }, 300), hook(false, 400)],
    ['answer'],
  ],
  [
    'answered, then hung up',
    [side({ ringing: true }), hook(true, 100), side({ talking: true }, 300), hook(false, 2000)],
    ['answer', 'hang-up'],
  ],
  [
    'mute and back',
    [side({ talking: true }), mute(1000), side({ talking: true, muted: true }, 1010), mute(2000)],
    ['mute', 'unmute'],
  ],
  [
    'the echo of our own mute lamp',
    [side({ talking: true }), side({ talking: true, muted: true }, 1000), mute(1050)],
    [],
  ],
  ['a bounce of the mute button', [side({ talking: true }), mute(1000), mute(1090)], ['mute']],
  ['mute without a call', [mute(1000), side({ ringing: true }, 1500), mute(2000)], []],
  [
    'a second call rings in a call: the hook hangs up',
    [side({ talking: true }), side({ talking: true, ringing: true }, 1000), hook(false, 5000)],
    ['hang-up'],
  ],
])('%s', (_name, events, presses) => {
  expect(play(...events).presses).toEqual(presses)
})

test('calls on hold neither light the headset nor stand in the way of a ring or of the mute lamp', () => {
  const [heard, held] = [
    { held: false, muted: true },
    { held: true, muted: false },
  ]
  expect(sideOf(true, [held])).toEqual({ ringing: true, talking: false, muted: false })
  expect(sideOf(false, [heard, held])).toEqual({ ringing: false, talking: true, muted: true })
  expect(sideOf(false, [heard, { ...heard, muted: false }])).toMatchObject({ muted: false })
  expect(play({ type: 'side', side: sideOf(true, [held]), at: 0 }, hook(true, 100)).presses).toEqual([
    'answer',
  ])
})

describe('the lamps', () => {
  it('show how things are, and again when the device thinks otherwise', () => {
    expect(play(side({ ringing: true })).show).toEqual({ offHook: false, ring: true, mute: false })
    expect(play(side({ talking: true, muted: true })).show).toEqual({
      offHook: true,
      ring: false,
      mute: true,
    })
    expect(play(hook(true, 100)).show).toEqual({ offHook: false, ring: false, mute: false })
    expect(play(side({ talking: true }), side({ talking: true })).show).toBeNull()
  })
  it('carry no mute into the next call', () => {
    const next = play(side({ talking: true, muted: true }), side({}, 10), side({ talking: true }, 20))
    expect(next.show).toEqual({ offHook: true, ring: false, mute: false })
  })
})

class FakeHeadset implements HidDevice {
  readonly productName: string
  readonly collections: readonly HidCollection[]
  readonly sent: string[] = []
  opened = false
  listener: ((report: InputReport) => void) | null = null
  refuses = false
  constructor(productName: string, collections: readonly HidCollection[]) {
    this.productName = productName
    this.collections = collections
  }
  async open() {
    if (this.refuses) throw new Error('in use')
    this.opened = true
  }
  async close() {
    this.opened = false
  }
  async sendReport(reportId: number, data: Uint8Array) {
    this.sent.push(`${reportId}:${[...data].join(' ')}`)
  }
  addEventListener(_type: 'inputreport', listener: (report: InputReport) => void) {
    this.listener = listener
  }
  removeEventListener() {
    this.listener = null
  }
  press(...set: number[]) {
    this.listener?.({ reportId: 2, data: bits(...set) })
  }
}

function rig(...devices: FakeHeadset[]) {
  const presses: string[] = []
  const names: (string | null)[] = []
  let plug: (gone: HidDevice | null) => void = () => undefined
  const port: HidPort = {
    granted: async () => devices,
    onPlug(listener) {
      plug = listener
      return () => undefined
    },
  }
  const headset = new Headset({
    port,
    onPress: (press) => presses.push(press),
    onName: (name) => names.push(name),
  })
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
  return { headset, presses, names, settled, devices, plug: (gone: HidDevice | null) => plug(gone) }
}
const rest = { ringing: false, talking: false, muted: false }

describe('a headset', () => {
  it('answers, and is told of the call', async () => {
    const device = new FakeHeadset('Poly', telephone)
    const { headset, presses, names, settled } = rig(device)
    headset.use(true)
    await settled()
    expect(names).toEqual(['Poly'])
    headset.show({ ...rest, ringing: true })
    await settled()
    expect(device.sent.at(-1)).toBe('3:4 0')
    device.press(0)
    expect(presses).toEqual(['answer'])
    headset.show({ ...rest, talking: true })
    headset.show({ ...rest, talking: true, muted: true })
    await settled()
    expect(device.sent.at(-1)).toBe('3:3 0')
  })
  it('that no telephone is in, or another program has, does nothing', async () => {
    const keys = new FakeHeadset('Keys', telephone.slice(0, 1))
    const taken = new FakeHeadset('Taken', telephone)
    taken.refuses = true
    const { headset, names, settled } = rig(keys, taken)
    headset.use(true)
    headset.show({ ...rest, talking: true })
    await settled()
    expect([names, keys.opened, keys.sent, taken.sent]).toEqual([[], false, [], []])
  })
  it('unplugged in a call ends nothing, and shows the call when it is back', async () => {
    const device = new FakeHeadset('Poly', telephone)
    const { headset, presses, names, settled, devices, plug } = rig(device)
    headset.use(true)
    headset.show({ ...rest, talking: true })
    await settled()
    devices.length = 0
    plug(device)
    expect([names, presses, device.listener]).toEqual([['Poly', null], [], null])
    const again = new FakeHeadset('Poly', telephone)
    devices.push(again)
    plug(null)
    await settled()
    expect(again.sent).toEqual(['3:1 0'])
  })
  it('whose press ended nothing is shown the call again, and the next press means it', async () => {
    vi.useFakeTimers()
    try {
      const device = new FakeHeadset('Poly', telephone)
      const { headset, presses } = rig(device)
      headset.use(true)
      headset.show({ ...rest, talking: true })
      await vi.advanceTimersByTimeAsync(1000)
      device.press(0)
      device.press()
      const before = device.sent.length
      await vi.advanceTimersByTimeAsync(1100)
      expect(device.sent.slice(before)).toEqual(['3:1 0'])
      device.press(0)
      device.press()
      expect(presses).toEqual(['hang-up', 'hang-up'])
      headset.show(rest)
      await vi.advanceTimersByTimeAsync(1100)
      expect(device.sent.at(-1)).toBe('3:0 0')
    } finally {
      vi.useRealTimers()
    }
  })
  it('is let go, dark, when its buttons are not wanted', async () => {
    const device = new FakeHeadset('Poly', telephone)
    const { headset, names, settled } = rig(device)
    headset.use(true)
    headset.show({ ...rest, talking: true })
    await settled()
    headset.use(false)
    await settled()
    expect([names.at(-1), device.sent.at(-1), device.opened]).toEqual([null, '3:0 0', false])
  })
})
