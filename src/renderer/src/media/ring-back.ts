import type { AudioDevice } from './audio-devices.ts'
import type { ChosenDevices } from './chosen-devices.ts'

/** Italy's ringing tone (ITU-T E.180, supplement 2): one second of 425 Hz, four of silence. */
const pitch = 425
const soundSeconds = 1
const cycleSeconds = 5
/** Without a click at either end. */
const edgeSeconds = 0.02
const loudness = 0.1

/** That it rings elsewhere, in the ear of who has dialled. */
export class RingBack {
  readonly #devices: ChosenDevices
  #context: AudioContext | null = null

  constructor(devices: ChosenDevices) {
    this.#devices = devices
  }

  start(): void {
    if (this.#context) return
    const context = new AudioContext()
    this.#context = context
    this.#devices
      .list()
      .then((present) => this.reroute(present))
      .catch(() => undefined)
      .then(() => {
        if (this.#context !== context) return
        const source = new AudioBufferSourceNode(context, { buffer: cadence(context), loop: true })
        source.connect(new GainNode(context, { gain: loudness })).connect(context.destination)
        source.start()
      })
      .catch(() => undefined)
  }

  stop(): void {
    void this.#context?.close().catch(() => undefined)
    this.#context = null
  }

  /** Another device was plugged in or out, or chosen. */
  async reroute(present: readonly AudioDevice[]): Promise<void> {
    if (this.#context) await this.#devices.route('speaker', this.#context, present)
  }
}

function cadence({ sampleRate }: AudioContext): AudioBuffer {
  const buffer = new AudioBuffer({ length: cycleSeconds * sampleRate, sampleRate })
  const samples = buffer.getChannelData(0)
  for (let index = 0; index < soundSeconds * sampleRate; index++) {
    const at = index / sampleRate
    const edge = Math.min(1, at / edgeSeconds, (soundSeconds - at) / edgeSeconds)
    samples[index] = edge * Math.sin(2 * Math.PI * pitch * at)
  }
  return buffer
}
