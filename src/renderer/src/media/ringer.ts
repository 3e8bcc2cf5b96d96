import type { DeviceSettings } from './link.ts'
import { microphoneState, openMicrophone, release } from './microphone.ts'

const cycle = 2600
const rise = 6
const beepMs = 1500
/** Two notes of a marimba: a falling fourth. Partials of a wooden bar, each with its loudness and its decay in seconds. */
const notes = [
  { at: 0, pitch: 587.33 },
  { at: 0.24, pitch: 440 },
]
const partials = [
  { ratio: 1, gain: 1, decay: 0.55 },
  { ratio: 3.93, gain: 0.18, decay: 0.16 },
  { ratio: 9.2, gain: 0.05, decay: 0.05 },
]

/** Rings on the ringing device: two soft wooden notes, rising to full volume over six seconds. */
export class Ringer {
  readonly #settings: () => DeviceSettings
  #context: AudioContext | null = null
  #unlocking: MediaStream | null = null
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(settings: () => DeviceSettings) {
    this.#settings = settings
  }

  start(): void {
    if (this.#context) return
    const context = new AudioContext({ latencyHint: 'interactive' })
    const loudness = context.createGain()
    loudness.connect(context.destination)
    this.#context = context
    this.#begin(context, loudness).catch(() => undefined)
  }

  /** Two short notes on the loudspeaker of the calls: this one has answered itself. The microphone is open, so it may sound. */
  beep(): void {
    const context = new AudioContext({ latencyHint: 'interactive' })
    const { speakerId } = this.#settings()
    const routable = context as AudioContext & { setSinkId?(id: string): Promise<void> }
    const routed = speakerId === null ? Promise.resolve() : routable.setSinkId?.(speakerId)
    void Promise.resolve(routed)
      .catch(() => undefined)
      .then(() => {
        const loudness = context.createGain()
        loudness.gain.value = 0.3
        loudness.connect(context.destination)
        strike(context, loudness)
        setTimeout(() => void context.close().catch(() => undefined), beepMs)
      })
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#context?.close().catch(() => undefined)
    this.#context = null
    release(this.#unlocking)
    this.#unlocking = null
  }

  async #begin(context: AudioContext, loudness: GainNode): Promise<void> {
    await this.#routeToRinger(context)
    await this.#unlock(context)
    if (this.#context !== context) return
    const volume = this.#settings().ringVolume
    loudness.gain.setValueAtTime(volume * 0.15, context.currentTime)
    loudness.gain.linearRampToValueAtTime(volume, context.currentTime + rise)
    strike(context, loudness)
    this.#timer = setInterval(() => strike(context, loudness), cycle)
  }

  async #routeToRinger(context: AudioContext): Promise<void> {
    const { ringerId } = this.#settings()
    // Not in the DOM library's types; Chromium has it since 110.
    const routable = context as AudioContext & { setSinkId?(id: string): Promise<void> }
    if (ringerId !== null) await routable.setSinkId?.(ringerId).catch(() => undefined)
  }

  /** After a reload nobody has touched the page, and it may make no sound; while a microphone is open it may. */
  async #unlock(context: AudioContext): Promise<void> {
    if (context.state === 'running') return
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 150))])
    if (stateOf(context) === 'running' || (await microphoneState()) !== 'granted') return
    const stream = await openMicrophone(this.#settings().microphoneId)
    if (this.#context !== context) {
      release(stream)
      return
    }
    this.#unlocking = stream
    await context.resume()
  }
}

const stateOf = (context: AudioContext): AudioContextState => context.state

function strike(context: AudioContext, output: AudioNode): void {
  for (const note of notes) {
    for (const partial of partials) {
      const start = context.currentTime + 0.02 + note.at
      const oscillator = context.createOscillator()
      const envelope = context.createGain()
      oscillator.frequency.value = note.pitch * partial.ratio
      envelope.gain.setValueAtTime(0, start)
      envelope.gain.linearRampToValueAtTime(partial.gain * 0.5, start + 0.006)
      envelope.gain.exponentialRampToValueAtTime(0.0001, start + partial.decay)
      oscillator.connect(envelope).connect(output)
      oscillator.start(start)
      oscillator.stop(start + partial.decay + 0.02)
    }
  }
}
