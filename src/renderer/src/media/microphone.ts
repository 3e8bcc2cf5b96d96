import type { z } from 'zod'
import type { MediaFault, MediaNotice } from '#contract/media.ts'

/** Why a request of the host cannot be done. */
export class MediaFailure extends Error {
  readonly fault: z.infer<typeof MediaFault>

  constructor(fault: z.infer<typeof MediaFault>, detail: string) {
    super(detail)
    this.name = 'MediaFailure'
    this.fault = fault
  }
}

const errorName = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

function failureOf(error: unknown): MediaFailure {
  const name = errorName(error)
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return new MediaFailure('microphone-denied', name)
  if (name === 'NotFoundError' || name === 'NotReadableError' || name === 'OverconstrainedError') {
    return new MediaFailure('microphone-missing', name)
  }
  return new MediaFailure('failed', name)
}

const processing = { echoCancellation: true, noiseSuppression: true }

/** The chosen microphone, else the default one when that is gone or in use. Rejects with a `MediaFailure`. */
export async function openMicrophone(deviceId: string | null): Promise<MediaStream> {
  // Absent on an origin that is not secure.
  const devices: MediaDevices | undefined = navigator.mediaDevices
  if (!devices) throw new MediaFailure('microphone-denied', 'insecure origin')
  try {
    return await devices.getUserMedia({
      audio: deviceId === null ? processing : { ...processing, deviceId: { exact: deviceId } },
    })
  } catch (error) {
    const failure = failureOf(error)
    if (deviceId !== null && failure.fault === 'microphone-missing') return openMicrophone(null)
    throw failure
  }
}

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

type MicrophoneState = Extract<MediaNotice, { type: 'devices' }>['microphone']

export async function microphoneState(): Promise<MicrophoneState> {
  const devices: MediaDevices | undefined = navigator.mediaDevices
  if (!devices) return 'denied'
  const inputs = (await devices.enumerateDevices()).filter((device) => device.kind === 'audioinput')
  if (inputs.length === 0) return 'missing'
  return (await navigator.permissions.query({ name: 'microphone' })).state
}

/** Tells at once, and whenever the permission or the devices change. Returns its undoing. */
export function watchMicrophone(tell: (state: MicrophoneState) => void): () => void {
  let stopped = false
  let permission: PermissionStatus | null = null
  const look = () => {
    microphoneState().then(
      (state) => {
        if (!stopped) tell(state)
      },
      () => undefined,
    )
  }
  navigator.permissions.query({ name: 'microphone' }).then(
    (status) => {
      if (stopped) return
      permission = status
      status.addEventListener('change', look)
    },
    () => undefined,
  )
  navigator.mediaDevices?.addEventListener('devicechange', look)
  look()
  return () => {
    stopped = true
    permission?.removeEventListener('change', look)
    navigator.mediaDevices?.removeEventListener('devicechange', look)
  }
}
