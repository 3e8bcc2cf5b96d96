import type { MediaNotice } from '#contract/media.ts'
import { type LineState, noReading, type Reading, readLine } from './line-reading.ts'

const interval = 1000
/** While it begins to ring, the page has something better to do. */
const ringQuiet = 1500

export type SampledCall = {
  /** Null while there is no connection. */
  lineState(): LineState | null
  report(): Promise<ReadonlyMap<string, unknown> | null>
}

type LineNotice = Extract<MediaNotice, { type: 'line' }>

/** The page's clock: wall time at its beginning, steady after that. */
const clock = () => performance.timeOrigin + performance.now()

/** Reads the lines of all calls once a second while there are any, and tells them in one notice. Sleeps while there are none. */
export class LineSampler {
  readonly #calls: () => Iterable<[string, SampledCall]>
  readonly #notify: (notice: LineNotice) => void
  readonly #readings = new Map<string, Reading>()
  #timer: ReturnType<typeof setTimeout> | null = null
  #due = 0
  #deviceChanges = 0

  constructor(calls: () => Iterable<[string, SampledCall]>, notify: (notice: LineNotice) => void) {
    this.#calls = calls
    this.#notify = notify
  }

  /** A call may have a connection now. */
  wake(): void {
    if (this.#timer === null) this.#plan(interval)
  }

  ringing(): void {
    if (this.#timer !== null) this.#plan(ringQuiet)
  }

  devicesChanged(): void {
    this.#deviceChanges++
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#readings.clear()
  }

  #plan(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#due = performance.now() + ms
    const timer = setTimeout(() => void this.#take(timer).catch(() => this.stop()), ms)
    this.#timer = timer
  }

  async #take(timer: ReturnType<typeof setTimeout>): Promise<void> {
    // A hidden page's timers are slowed by the browser, which harms no audio.
    const lateMs = document.hidden ? 0 : Math.max(0, performance.now() - this.#due)
    const calls: LineNotice['calls'] = []
    const present = new Set<string>()
    for (const [callId, call] of this.#calls()) {
      const state = call.lineState()
      const report = await call.report().catch(() => null)
      if (!state || !report) continue
      present.add(callId)
      const before = this.#readings.get(callId) ?? noReading
      const { sample, reading } = readLine(report, state, before)
      this.#readings.set(callId, reading)
      calls.push({ callId, sample: { at: clock(), lateMs, ...sample } })
    }
    if (this.#timer !== timer) return
    for (const callId of this.#readings.keys()) if (!present.has(callId)) this.#readings.delete(callId)
    if (calls.length === 0) return this.stop()
    this.#notify({
      type: 'line',
      sentAt: clock(),
      deviceChanges: this.#deviceChanges,
      calls: calls.slice(0, 16),
    })
    this.#plan(interval)
  }
}
