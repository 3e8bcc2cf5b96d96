import type { AudioDevice } from './audio-devices.ts'
import type { ChosenDevices } from './chosen-devices.ts'
import type { DeviceSettings } from './link.ts'
import { microphoneState, release } from './microphone.ts'

const cycle = 2600
const rise = 6
const beepMs = 1500
/** Devices that are let go while a microphone opens make it slower by a third: the answer first. */
const letGoMs = 400
/** A second call beside one that is talked in: heard, not suffered. */
const waitingVolume = 0.25
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

/** `quiet`: the other one sounds on the same device. */
type Voice = { role: 'ringer' | 'speaker'; context: AudioContext; loudness: GainNode; quiet: boolean }
type Ring = { waiting: boolean; voices: Voice[]; timer: ReturnType<typeof setInterval> | null }

/**
 * Two soft wooden notes on the ringing device and in the headset, rising to full volume over six seconds; while somebody is talked with,
 * one tick on the ringing device alone. `onSilenced`: whether the browser keeps it from being heard until the page is touched.
 */
export class Ringer {
  readonly #settings: () => DeviceSettings
  readonly #devices: ChosenDevices
  readonly #onSilenced: (silenced: boolean) => void
  #ring: Ring | null = null
  #unlocking: MediaStream | null = null

  constructor(
    settings: () => DeviceSettings,
    devices: ChosenDevices,
    onSilenced: (silenced: boolean) => void = () => undefined,
  ) {
    this.#settings = settings
    this.#devices = devices
    this.#onSilenced = onSilenced
  }

  get ringing(): boolean {
    return this.#ring !== null
  }

  /** What rings already goes on; where the other kind is wanted now, that one begins. */
  start({ waiting }: { waiting: boolean } = { waiting: false }): void {
    if (this.#ring?.waiting === waiting) return
    this.stop()
    const ring: Ring = { waiting, voices: [], timer: null }
    this.#ring = ring
    // Who calls is painted first.
    afterPaint(() => void this.#begin(ring).catch(() => undefined))
  }

  /** Two short notes on the loudspeaker of the calls: this one has answered itself. The microphone is open, so it may sound. */
  beep(): void {
    const context = new AudioContext({ latencyHint: 'interactive' })
    this.#devices
      .list()
      .then((present) => this.#devices.route('speaker', context, present))
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
    const ring = this.#ring
    if (!ring) return
    this.#ring = null
    if (ring.timer !== null) clearInterval(ring.timer)
    for (const { loudness } of ring.voices) loudness.disconnect()
    const unlocking = this.#unlocking
    this.#unlocking = null
    setTimeout(() => {
      for (const { context } of ring.voices) void context.close().catch(() => undefined)
      release(unlocking)
    }, letGoMs)
    window.removeEventListener('pointerdown', this.#touched)
    window.removeEventListener('keydown', this.#touched)
    this.#onSilenced(false)
  }

  /** Another device was plugged in or out, or chosen. */
  async reroute(present: readonly AudioDevice[]): Promise<void> {
    const ring = this.#ring
    if (!ring) return
    for (const { role, context } of ring.voices) await this.#devices.route(role, context, present)
    this.#quietenTwin(ring, present)
  }

  async #begin(ring: Ring): Promise<void> {
    if (this.#ring !== ring) return
    const roles = ring.waiting ? (['ringer'] as const) : (['ringer', 'speaker'] as const)
    ring.voices = roles.map((role) => {
      const context = new AudioContext({ latencyHint: 'interactive' })
      const loudness = context.createGain()
      loudness.connect(context.destination)
      return { role, context, loudness, quiet: false }
    })
    const present = await this.#devices.list()
    for (const { role, context } of ring.voices) await this.#devices.route(role, context, present)
    this.#quietenTwin(ring, present)
    await this.#unlock(ring)
    if (this.#ring !== ring) return
    this.#sound(ring)
  }

  /** Ringer and headset may be one device: it rings there once. */
  #quietenTwin(ring: Ring, present: readonly AudioDevice[]): void {
    const same = this.#devices.had('ringer', present).id === this.#devices.had('speaker', present).id
    const twin = ring.voices.find(({ role }) => role === 'speaker')
    if (twin) twin.quiet = same
    if (twin && same) void twin.context.suspend().catch(() => undefined)
    else if (twin?.context.state === 'suspended') void twin.context.resume().catch(() => undefined)
  }

  #sound(ring: Ring): void {
    const volume = this.#settings().ringVolume
    for (const { context, loudness } of ring.voices) {
      const { gain } = loudness
      if (ring.waiting) gain.setValueAtTime(volume * waitingVolume, context.currentTime)
      else {
        gain.setValueAtTime(volume * 0.15, context.currentTime)
        gain.linearRampToValueAtTime(volume, context.currentTime + rise)
      }
    }
    for (const { context, loudness } of ring.voices) strike(context, loudness)
    if (ring.waiting) return
    ring.timer = setInterval(() => {
      for (const { context, loudness } of ring.voices) {
        // The clock of one that is silent stands still: all its notes would sound at once.
        if (stateOf(context) === 'running') strike(context, loudness)
      }
    }, cycle)
  }

  /** After a reload nobody has touched the page, and it may make no sound; while a microphone is open it may. */
  async #unlock(ring: Ring): Promise<void> {
    const context = ring.voices[0]?.context
    if (!context || stateOf(context) === 'running') return
    await Promise.race([resume(ring), delay(150)])
    if (this.#ring !== ring || stateOf(context) === 'running') return
    if ((await microphoneState(this.#devices)) === 'granted') {
      // Another program may hold it.
      const opened = await this.#devices.microphone().catch(() => null)
      if (this.#ring !== ring) {
        release(opened?.stream ?? null)
        return
      }
      this.#unlocking = opened?.stream ?? null
      if (opened) await Promise.race([resume(ring), delay(500)])
    }
    if (this.#ring !== ring || stateOf(context) === 'running') return
    this.#onSilenced(true)
    window.addEventListener('pointerdown', this.#touched)
    window.addEventListener('keydown', this.#touched)
  }

  readonly #touched = (): void => {
    window.removeEventListener('pointerdown', this.#touched)
    window.removeEventListener('keydown', this.#touched)
    if (this.#ring) void resume(this.#ring)
    this.#onSilenced(false)
  }
}

const resume = ({ voices }: Ring): Promise<unknown> =>
  Promise.allSettled(voices.filter(({ quiet }) => !quiet).map(({ context }) => context.resume()))
const stateOf = (context: AudioContext): AudioContextState => context.state
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A window that nobody sees is not painted. */
function afterPaint(work: () => void): void {
  let done = false
  const once = () => {
    if (done) return
    done = true
    work()
  }
  requestAnimationFrame(() => setTimeout(once))
  setTimeout(once, 120)
}

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
