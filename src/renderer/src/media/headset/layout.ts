/** The part of WebHID that is used here; the DOM library has no types for it. */
export type HidItem = {
  isArray?: boolean
  isAbsolute?: boolean
  isRange?: boolean
  /** Usage page in the upper half, usage in the lower. */
  usages?: readonly number[]
  usageMinimum?: number
  usageMaximum?: number
  logicalMinimum?: number
  reportSize?: number
  reportCount?: number
}
export type HidReport = { reportId?: number; items?: readonly HidItem[] }
export type HidCollection = {
  usagePage?: number
  usage?: number
  children?: readonly HidCollection[]
  inputReports?: readonly HidReport[]
  outputReports?: readonly HidReport[]
}

/** HID Usage Tables 1.5, 14 and 11: telephony page and LED page. */
export const telephonyPage = 0x0b
const usage = {
  hookSwitch: 0x0b0020,
  phoneMute: 0x0b002f,
  ledMute: 0x080009,
  ledOffHook: 0x080017,
  ledRing: 0x080018,
} as const

/** Where a usage stands in a report. `match`: in an array the value that names it; null: a bit of its own. */
export type Field = {
  reportId: number
  offset: number
  size: number
  count: number
  match: number | null
  absolute: boolean
}

export type Leds = { offHook: boolean; ring: boolean; mute: boolean }

export type Layout = {
  hookSwitch: Field | null
  mute: Field | null
  leds: Record<keyof Leds, Field | null>
  /** Bytes of each output report. */
  lengths: ReadonlyMap<number, number>
}

const flat = (collections: readonly HidCollection[]): HidCollection[] =>
  collections.flatMap((one) => [one, ...flat(one.children ?? [])])

function positionOf(item: HidItem, wanted: number): number {
  if (item.isRange && item.usageMinimum !== undefined && item.usageMaximum !== undefined) {
    return wanted >= item.usageMinimum && wanted <= item.usageMaximum ? wanted - item.usageMinimum : -1
  }
  return item.usages?.indexOf(wanted) ?? -1
}

function find(reports: readonly HidReport[], wanted: number): Field | null {
  for (const { reportId = 0, items = [] } of reports) {
    let offset = 0
    for (const item of items) {
      const { reportSize: size = 0, reportCount: count = 0 } = item
      const at = positionOf(item, wanted)
      const absolute = item.isAbsolute ?? false
      if (at >= 0 && item.isArray) {
        return { reportId, offset, size, count, match: (item.logicalMinimum ?? 0) + at, absolute }
      }
      if (at >= 0 && at < count) {
        return { reportId, offset: offset + at * size, size, count: 1, match: null, absolute }
      }
      offset += size * count
    }
  }
  return null
}

const bytesOf = ({ items = [] }: HidReport): number =>
  Math.ceil(
    items.reduce((bits, { reportSize = 0, reportCount = 0 }) => bits + reportSize * reportCount, 0) / 8,
  )

/** What of a telephone a device has, by its own report descriptors; null: it is no headset with a hook switch. */
export function layoutOf(collections: readonly HidCollection[]): Layout | null {
  const all = flat(collections)
  const inputs = all.flatMap(({ inputReports }) => inputReports ?? [])
  const outputs = all.flatMap(({ outputReports }) => outputReports ?? [])
  const hookSwitch = find(inputs, usage.hookSwitch)
  const mute = find(inputs, usage.phoneMute)
  if (!hookSwitch && !mute) return null
  return {
    hookSwitch,
    mute,
    leds: {
      offHook: find(outputs, usage.ledOffHook),
      ring: find(outputs, usage.ledRing),
      mute: find(outputs, usage.ledMute),
    },
    lengths: new Map(outputs.map((report) => [report.reportId ?? 0, bytesOf(report)])),
  }
}

const bit = (data: DataView, at: number): number => {
  const byte = at >> 3
  return byte < data.byteLength ? (data.getUint8(byte) >> (at & 7)) & 1 : 0
}

function valueAt(data: DataView, offset: number, size: number): number {
  let value = 0
  for (let n = 0; n < Math.min(size, 31); n++) value |= bit(data, offset + n) << n
  return value
}

/** Null when the report does not speak of the field. */
export function isOn(field: Field | null, reportId: number, data: DataView): boolean | null {
  if (!field || field.reportId !== reportId) return null
  if (field.match === null) return valueAt(data, field.offset, field.size) !== 0
  for (let n = 0; n < field.count; n++) {
    if (valueAt(data, field.offset + n * field.size, field.size) === field.match) return true
  }
  return false
}

/** The output reports that show this. */
export function reportsFor(
  layout: Layout,
  leds: Leds,
): { reportId: number; data: Uint8Array<ArrayBuffer> }[] {
  const reports = new Map<number, Uint8Array<ArrayBuffer>>()
  for (const name of ['offHook', 'ring', 'mute'] as const) {
    const field = layout.leds[name]
    if (!field) continue
    const data = reports.get(field.reportId) ?? new Uint8Array(layout.lengths.get(field.reportId) ?? 1)
    reports.set(field.reportId, data)
    const byte = field.offset >> 3
    if (leds[name] && field.match === null) data[byte] = (data[byte] ?? 0) | (1 << (field.offset & 7))
    else if (leds[name]) data[byte] = field.match ?? 0
  }
  return [...reports].map(([reportId, data]) => ({ reportId, data }))
}
