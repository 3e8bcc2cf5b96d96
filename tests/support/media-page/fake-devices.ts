import type {
  AudioDevice,
  AudioDevices,
  Processing,
  Sink,
} from '../../../src/renderer/src/media/audio-devices.ts'
import { MediaFailure } from '../../../src/renderer/src/media/microphone-failure.ts'

type Opened = { id: string; stream: MediaStream; context: AudioContext }

/** Devices that a test plugs in and out; each microphone hums, so that its voice can be heard at the other end. */
export class FakeDevices implements AudioDevices {
  readonly #plugged = new Map<string, AudioDevice>()
  readonly #listeners = new Set<() => void>()
  readonly #opened = new Set<Opened>()
  readonly #routes = new Map<Sink, string | null>()
  processing: Processing | null = null
  readonly #held = new Set<string>()

  constructor() {
    this.plug('desk', 'Webcam', 'Speakers')
    this.plug('headset', 'Headset', 'Headset')
    this.plug('box', null, 'Loud box')
  }

  /** One piece of hardware with a microphone, a loudspeaker or both. */
  plug(name: string, input: string | null, output: string | null): void {
    if (input !== null)
      this.#plugged.set(`${name}-in`, { id: `${name}-in`, kind: 'input', label: input, groupId: name })
    if (output !== null)
      this.#plugged.set(`${name}-out`, { id: `${name}-out`, kind: 'output', label: output, groupId: name })
    this.#changed()
  }

  unplug(name: string): void {
    for (const id of [`${name}-in`, `${name}-out`]) this.#plugged.delete(id)
    for (const one of [...this.#opened]) {
      if (one.id === `${name}-in`) this.#end(one)
    }
    this.#changed()
  }

  /** Another program takes these from now on, or lets go of them: listed all the same, and nothing tells. */
  hold(...ids: string[]): void {
    for (const id of ids) this.#held.add(id)
  }

  letGo(): void {
    this.#held.clear()
  }

  /** As when the system's sound service starts anew: what is open ends, and what is plugged in stays the same. */
  endMicrophones(): void {
    for (const one of [...this.#opened]) this.#end(one)
  }

  /** Where what sounds now is heard. */
  routes(): string[] {
    const live = [...this.#routes].filter(([sink]) =>
      sink instanceof AudioContext ? sink.state === 'running' : !sink.paused,
    )
    return live.map(([sink]) => this.deviceOf(sink)).sort()
  }

  deviceOf(sink: Sink): string {
    const id = this.#routes.get(sink) ?? null
    return id !== null && this.#plugged.has(id) ? id : 'system'
  }

  /** Microphones that are open. */
  openNow(): string[] {
    return [...this.#opened]
      .filter(({ stream }) => stream.getTracks().some(({ readyState }) => readyState === 'live'))
      .map(({ id }) => id)
      .sort()
  }

  async list(): Promise<AudioDevice[]> {
    const all = [...this.#plugged.values()]
    const system = (kind: AudioDevice['kind']) =>
      all
        .filter((device) => device.kind === kind)
        .slice(0, 1)
        .map((device) => ({ ...device, id: 'default', label: `Default - ${device.label}` }))
    return [...system('input'), ...system('output'), ...all]
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async open(id: string | null, processing: Processing): Promise<MediaStream> {
    const inputs = [...this.#plugged.values()].filter(({ kind }) => kind === 'input')
    const device = id === null ? inputs[0] : inputs.find((one) => one.id === id)
    if (!device) throw new MediaFailure('microphone-missing', 'NotFoundError')
    if (this.#held.has(device.id)) throw new MediaFailure('microphone-missing', 'NotReadableError')
    this.processing = processing
    const context = new AudioContext()
    const hum = context.createOscillator()
    const out = context.createMediaStreamDestination()
    hum.connect(out)
    hum.start()
    // Without a gesture it runs once the page may sound; real devices ask for none.
    void context.resume().catch(() => undefined)
    this.#opened.add({ id: device.id, stream: out.stream, context })
    return out.stream
  }

  async route(sink: Sink, id: string | null): Promise<void> {
    if (id !== null && this.#plugged.get(id)?.kind !== 'output')
      throw new DOMException('gone', 'NotFoundError')
    if (id !== null && this.#held.has(id)) throw new DOMException('held', 'AbortError')
    this.#routes.set(sink, id)
  }

  #end(one: Opened): void {
    this.#opened.delete(one)
    for (const track of one.stream.getTracks()) {
      track.stop()
      track.dispatchEvent(new Event('ended'))
    }
    void one.context.close()
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
