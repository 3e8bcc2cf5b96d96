import type { AudioRoles } from '#contract/media.ts'
import type { AudioDevice, AudioDevices, Sink } from './audio-devices.ts'
import { type Choice, choose, processingOf, type Role } from './choice.ts'
import type { DeviceSettings } from './link.ts'
import { MediaFailure } from './microphone-failure.ts'

export type Microphone = { stream: MediaStream; key: string }

/**
 * The devices of these settings, else the system's where one of them is gone or does not open, as when another program holds it. A device
 * that did not open is tried again whenever it is asked for: nothing tells when the other program lets go.
 */
export class ChosenDevices {
  readonly #devices: AudioDevices
  readonly #settings: () => DeviceSettings
  readonly #tried: () => void
  /** By role what did not open when it was tried last; null: the system's. */
  readonly #refused = new Map<Role, Set<string | null>>()

  /** `tried`: a device did not open, or opens again. */
  constructor(devices: AudioDevices, settings: () => DeviceSettings, tried: () => void = () => undefined) {
    this.#devices = devices
    this.#settings = settings
    this.#tried = tried
  }

  list(): Promise<AudioDevice[]> {
    return this.#devices.list()
  }

  /** What would be tried for a role, whether or not it opened before. */
  wanted(role: Role, present: readonly AudioDevice[]): Choice {
    return choose(role, this.#settings(), present)
  }

  /** What a role has, as far as it was tried. */
  had(role: Role, present: readonly AudioDevice[]): Choice {
    return choose(role, this.#settings(), present, this.#refused.get(role))
  }

  roles(present: readonly AudioDevice[]): AudioRoles {
    return {
      microphone: this.had('microphone', present).use,
      speaker: this.had('speaker', present).use,
      ringer: this.had('ringer', present).use,
    }
  }

  /** Of these it is not known any more whether they open. */
  forget(which: (id: string | null) => boolean): void {
    for (const refused of this.#refused.values()) {
      for (const id of refused) if (which(id)) refused.delete(id)
    }
  }

  /** The microphone, with the key of what was opened; `open` itself while nothing better is to be had. Rejects with a `MediaFailure`. */
  async microphone(open: Microphone | null = null): Promise<Microphone> {
    const listing = this.list()
    // The list only tells what was opened.
    if (this.#settings().microphoneId === null) return this.#system(listing)
    const { id, key } = this.wanted('microphone', await listing)
    if (id === null) return this.#system(listing)
    try {
      return { stream: await this.#open(id), key }
    } catch (error) {
      if (error instanceof MediaFailure && error.fault === 'microphone-denied') throw error
      const instead = this.had('microphone', await listing)
      return open?.key === instead.key ? open : this.#system(listing)
    }
  }

  /** Never rejects: a voice on the wrong loudspeaker is better than none. */
  async route(role: Exclude<Role, 'microphone'>, sink: Sink, present: readonly AudioDevice[]): Promise<void> {
    const { id } = this.wanted(role, present)
    const routed = (to: string | null) =>
      this.#told(role, to, this.#devices.route(sink, to), (error) => isAboutDevice(error, sink))
    await routed(id)
      .catch(() => (id === null ? undefined : routed(null)))
      .catch(() => undefined)
  }

  async #system(listing: Promise<AudioDevice[]>): Promise<Microphone> {
    const [stream, present] = await Promise.all([this.#open(null), listing])
    return { stream, key: this.had('microphone', present).key }
  }

  #open(id: string | null): Promise<MediaStream> {
    return this.#told(
      'microphone',
      id,
      this.#devices.open(id, processingOf(this.#settings())),
      // What is not allowed is no matter of one device.
      (error) => !(error instanceof MediaFailure && error.fault === 'microphone-denied'),
    )
  }

  async #told<T>(
    role: Role,
    id: string | null,
    opening: Promise<T>,
    counts: (error: unknown) => boolean,
  ): Promise<T> {
    const refused = this.#refused.get(role) ?? new Set()
    this.#refused.set(role, refused)
    try {
      const opened = await opening
      if (refused.delete(id)) this.#tried()
      return opened
    } catch (error) {
      if (counts(error)) {
        refused.add(id)
        this.#tried()
      }
      throw error
    }
  }
}

/** A ring that was stopped meanwhile has closed what it would have sounded on. */
const isAboutDevice = (error: unknown, sink: Sink): boolean =>
  !('state' in sink && sink.state === 'closed') &&
  !(error instanceof DOMException && error.name === 'InvalidStateError')
