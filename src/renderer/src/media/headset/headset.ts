import type { HeadsetPress } from '#contract/media.ts'
import { type ButtonsEvent, type CallSide, ledsOf, pressed, restingButtons } from './buttons.ts'
import { type HidCollection, isOn, type Layout, type Leds, layoutOf, reportsFor } from './layout.ts'

export type InputReport = { reportId: number; data: DataView }

export interface HidDevice {
  readonly productName: string
  readonly opened: boolean
  readonly collections: readonly HidCollection[]
  open(): Promise<void>
  close(): Promise<void>
  sendReport(reportId: number, data: Uint8Array<ArrayBuffer>): Promise<void>
  addEventListener(type: 'inputreport', listener: (report: InputReport) => void): void
  removeEventListener(type: 'inputreport', listener: (report: InputReport) => void): void
}

/** The devices that the operator has allowed. */
export interface HidPort {
  granted(): Promise<HidDevice[]>
  /** One was plugged in or out; null: in. Returns its undoing. */
  onPlug(listener: (gone: HidDevice | null) => void): () => void
}

type Current = { device: HidDevice; layout: Layout; listen: (report: InputReport) => void }

/** What a press to hang up has not ended by then goes on, and the device is told so. */
const goesOnAfterMs = 1000

/** The buttons and lamps of one headset: by the telephony usages of its own descriptors, without anything of a vendor's. */
export class Headset {
  readonly #port: HidPort
  readonly #onPress: (press: HeadsetPress) => void
  readonly #onName: (name: string | null) => void
  readonly #stopPlug: () => void
  #wanted = false
  #looking: Promise<void> = Promise.resolve()
  #current: Current | null = null
  #buttons = restingButtons
  #muteDown = false
  #asked: ReturnType<typeof setTimeout> | undefined

  constructor(options: {
    port: HidPort
    onPress(press: HeadsetPress): void
    /** Whose buttons work from now on; null: nobody's. */
    onName(name: string | null): void
  }) {
    this.#port = options.port
    this.#onPress = options.onPress
    this.#onName = options.onName
    this.#stopPlug = this.#port.onPlug((gone) => {
      if (gone === null) this.use(this.#wanted)
      else if (gone === this.#current?.device) this.#drop()
    })
  }

  /** Looks for a headset that may be used, or lets go of the one in use. */
  use(wanted: boolean): void {
    this.#wanted = wanted
    this.#looking = this.#looking.then(() => this.#look()).catch(() => undefined)
  }

  show(side: CallSide): void {
    this.#step({ type: 'side', side, at: performance.now() })
  }

  async close(): Promise<void> {
    this.#stopPlug()
    clearTimeout(this.#asked)
    this.use(false)
    await this.#looking
  }

  async #look(): Promise<void> {
    if (!this.#wanted) {
      const device = this.#current?.device
      if (device) await this.#lamps({ offHook: false, ring: false, mute: false })
      this.#drop()
      await device?.close().catch(() => undefined)
      return
    }
    const granted = await this.#port.granted()
    if (this.#current && granted.includes(this.#current.device)) return
    this.#drop()
    for (const device of granted) {
      const layout = layoutOf(device.collections)
      if (!layout) continue
      try {
        if (!device.opened) await device.open()
      } catch {
        // Another program has it.
        continue
      }
      const listen = (report: InputReport) => this.#hear(report)
      this.#current = { device, layout, listen }
      device.addEventListener('inputreport', listen)
      this.#onName(device.productName)
      await this.#lamps(ledsOf(this.#buttons.side))
      return
    }
  }

  #drop(): void {
    const current = this.#current
    if (!current) return
    this.#current = null
    this.#muteDown = false
    current.device.removeEventListener('inputreport', current.listen)
    this.#onName(null)
  }

  #hear({ reportId, data }: InputReport): void {
    const layout = this.#current?.layout
    if (!layout) return
    const at = performance.now()
    const off = isOn(layout.hookSwitch, reportId, data)
    if (off !== null) this.#step({ type: 'hook', off, at })
    const mute = isOn(layout.mute, reportId, data)
    if (mute === null || mute === this.#muteDown) return
    this.#muteDown = mute
    // A button goes down and up; a switch that stays where it is put tells each of its moves.
    if (mute || layout.mute?.absolute) this.#step({ type: 'mute', at })
  }

  #step(event: ButtonsEvent): void {
    const { state, press, show } = pressed(this.#buttons, event)
    this.#buttons = state
    if (show) void this.#lamps(show)
    if (!press) return
    this.#onPress(press)
    if (press !== 'hang-up') return
    clearTimeout(this.#asked)
    this.#asked = setTimeout(() => this.show(this.#buttons.side), goesOnAfterMs)
  }

  async #lamps(leds: Leds): Promise<void> {
    const current = this.#current
    if (!current) return
    for (const { reportId, data } of reportsFor(current.layout, leds)) {
      await current.device.sendReport(reportId, data).catch(() => undefined)
    }
  }
}
