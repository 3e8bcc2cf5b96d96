import { frameBytes, silence } from './g711.ts'

/** A recording, handed out frame by frame. */
export class Playout {
  readonly #sound: Uint8Array
  readonly #loop: boolean
  #at = 0

  constructor(sound: Uint8Array, options: { loop?: boolean } = {}) {
    this.#sound = sound
    this.#loop = options.loop ?? false
  }

  get done(): boolean {
    return this.#at >= this.#sound.length
  }

  /** The next 20 ms, filled up with silence; null at the end. */
  next(): Uint8Array | null {
    if (this.done && this.#loop) this.#at = 0
    if (this.done) return null
    const part = this.#sound.subarray(this.#at, this.#at + frameBytes)
    this.#at += frameBytes
    if (part.length === frameBytes) return part
    const whole = new Uint8Array(frameBytes).fill(silence)
    whole.set(part)
    return whole
  }
}
