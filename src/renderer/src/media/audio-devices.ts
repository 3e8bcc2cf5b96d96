import { MediaFailure } from './microphone-failure.ts'

/** `id` is this browser's; `default` is the system's own choice, which `groupId` tells apart when the system chooses another. */
export type AudioDevice = { id: string; kind: 'input' | 'output'; label: string; groupId: string }

export type Processing = { echoCancellation: boolean; noiseSuppression: boolean; autoGainControl: boolean }

/** What can be sent to a loudspeaker. */
export type Sink = HTMLMediaElement | AudioContext

/** The machine's microphones and loudspeakers, as the media end needs them. Null stands for the system's own choice. */
export interface AudioDevices {
  /** Ids and labels are empty before the microphone was ever allowed. */
  list(): Promise<AudioDevice[]>
  /** Something was plugged in or out. Returns its undoing. */
  onChange(listener: () => void): () => void
  /** Exactly this one; rejects with a `MediaFailure` (`microphone-missing` when it is gone or in use). Its track ends when it is unplugged. */
  open(id: string | null, processing: Processing): Promise<MediaStream>
  /** Rejects when it is gone. Takes effect at once, also while it sounds. */
  route(sink: Sink, id: string | null): Promise<void>
}

const kinds: Partial<Record<MediaDeviceKind, AudioDevice['kind']>> = {
  audioinput: 'input',
  audiooutput: 'output',
}

function failureOf(error: unknown): MediaFailure {
  const name = error instanceof Error ? error.name : typeof error
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return new MediaFailure('microphone-denied', name)
  if (name === 'NotFoundError' || name === 'NotReadableError' || name === 'OverconstrainedError') {
    return new MediaFailure('microphone-missing', name)
  }
  return new MediaFailure('failed', name)
}

// Absent on an origin that is not secure.
const browser = (): MediaDevices | undefined => navigator.mediaDevices

export const browserDevices: AudioDevices = {
  async list() {
    const all = (await browser()?.enumerateDevices()) ?? []
    return all.flatMap(({ deviceId, kind, label, groupId }) => {
      const known = kinds[kind]
      return known ? [{ id: deviceId, kind: known, label, groupId }] : []
    })
  },
  onChange(listener) {
    const devices = browser()
    devices?.addEventListener('devicechange', listener)
    return () => devices?.removeEventListener('devicechange', listener)
  },
  async open(id, processing) {
    const devices = browser()
    if (!devices) throw new MediaFailure('microphone-denied', 'insecure origin')
    try {
      return await devices.getUserMedia({
        audio: { ...processing, ...(id === null ? {} : { deviceId: { exact: id } }) },
      })
    } catch (error) {
      throw failureOf(error)
    }
  },
  async route(sink, id) {
    // Not in the DOM library's types for contexts; Chromium has it since 110.
    const routable = sink as Sink & { setSinkId?(id: string): Promise<void> }
    await routable.setSinkId?.(id ?? '')
  },
}
