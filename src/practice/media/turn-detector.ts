/** Tells when the other side has said something and come to its end: energy, then a pause. */
export type TurnDetectorOptions = {
  /** Root mean square above which a frame is voice, 0 to 1. */
  threshold?: number
  /** Voice shorter than this is a click. */
  minimumVoiceMs?: number
  /** Silence after voice that ends a turn. */
  pauseMs?: number
}

export class TurnDetector {
  readonly #threshold: number
  readonly #minimumVoiceMs: number
  readonly #pauseMs: number
  #voiceMs = 0
  #silenceMs = 0
  #turns = 0

  constructor(options: TurnDetectorOptions = {}) {
    this.#threshold = options.threshold ?? 0.01
    this.#minimumVoiceMs = options.minimumVoiceMs ?? 40
    this.#pauseMs = options.pauseMs ?? 700
  }

  get turns(): number {
    return this.#turns
  }

  get speaking(): boolean {
    return this.#voiceMs >= this.#minimumVoiceMs
  }

  /** True when this stretch of sound, or of no packets at all (`level` 0), completes a turn. */
  hear(level: number, ms: number): boolean {
    if (level >= this.#threshold) {
      this.#voiceMs += ms
      this.#silenceMs = 0
      return false
    }
    this.#silenceMs += ms
    if (this.#silenceMs < this.#pauseMs) return false
    const complete = this.speaking
    this.#voiceMs = 0
    if (complete) this.#turns++
    return complete
  }
}
