import { frameMs, level, silentFrame } from '../media/g711.ts'
import { Playout } from '../media/playout.ts'
import type { Ticker } from '../media/ticker.ts'
import { TurnDetector } from '../media/turn-detector.ts'
import type { Line } from './scenario.ts'

export type CitizenOptions = {
  lines: readonly Line[]
  /** u-law recordings by `Line.audio`. */
  sound(audio: string): Uint8Array
  hangsUp: boolean
  ticker: Ticker
  /** Each 20 ms of what the citizen says, silence included. */
  say(frame: Uint8Array): void
  /** Has said everything and hangs up. */
  done(): void
}

/** After "goodbye" nobody puts the receiver down at once. */
const hangUpAfterMs = 1200
const levelWindowFrames = 50

/** A simulated person on the phone: listens, waits for the operator to speak, says the lines, hangs up. */
export class Citizen {
  readonly #options: CitizenOptions
  readonly #silence = silentFrame()
  #detector = new TurnDetector()
  #stop: (() => void) | null = null
  #paused = false
  #lineIndex = 0
  #waitedMs = 0
  #speech: Playout | null = null
  #heardSinceTick = 0
  readonly #levels: number[] = []
  heardFrames = 0
  saidFrames = 0
  highestLevel = 0
  /** Lines said to their end. */
  linesSaid = 0

  constructor(options: CitizenOptions) {
    this.#options = options
  }

  /** Somebody has answered. */
  connect(): void {
    this.#stop ??= this.#options.ticker.add(() => this.#tick())
  }

  /** On hold or parked: hears music, says nothing, and does not count the time as the operator's silence. */
  pause(on: boolean): void {
    this.#paused = on
    this.#detector = new TurnDetector()
  }

  /** 20 ms of the operator's voice. */
  hear(frame: Uint8Array): void {
    const loudness = level(frame)
    this.heardFrames++
    this.#heardSinceTick = Math.max(this.#heardSinceTick, loudness)
    this.highestLevel = Math.max(this.highestLevel, loudness)
  }

  /** Highest level of the last second, 0 to 1. */
  recentLevel(): number {
    return Math.max(0, ...this.#levels)
  }

  hangUp(): void {
    this.#stop?.()
    this.#stop = null
  }

  #tick(): void {
    const heard = this.#heardSinceTick
    this.#heardSinceTick = 0
    this.#levels.push(heard)
    if (this.#levels.length > levelWindowFrames) this.#levels.shift()
    if (this.#paused) return
    this.#detector.hear(heard, frameMs)
    this.#waitedMs += frameMs
    const frame = this.#nextFrame()
    this.saidFrames++
    this.#options.say(frame)
    if (this.#options.hangsUp && this.#finished() && this.#waitedMs >= hangUpAfterMs) {
      this.hangUp()
      this.#options.done()
    }
  }

  #finished(): boolean {
    return this.#speech === null && this.#lineIndex >= this.#options.lines.length
  }

  #nextFrame(): Uint8Array {
    const spoken = this.#speech?.next()
    if (spoken) return spoken
    if (this.#speech) {
      this.#speech = null
      this.linesSaid++
      this.#lineIndex++
      this.#waitedMs = 0
      this.#detector = new TurnDetector()
      return this.#silence
    }
    const line = this.#options.lines[this.#lineIndex]
    if (line && (this.#detector.turns >= line.afterTurns || this.#waitedMs >= line.waitForOperatorMs))
      this.#speech = new Playout(this.#options.sound(line.audio))
    return this.#silence
  }
}
