import type { MediaNotice } from '#contract/media.ts'
import { type AudioDevices, browserDevices } from './audio-devices.ts'
import { choose, processingOf } from './choice.ts'
import type { DeviceSettings } from './link.ts'
import { MediaFailure } from './microphone-failure.ts'

export { MediaFailure }

/** The microphone of these settings, else the system's when that one is gone or in use, with the key of what was opened. Rejects with a `MediaFailure`. */
export async function openChosen(
  devices: AudioDevices,
  settings: DeviceSettings,
): Promise<{ stream: MediaStream; key: string }> {
  const processing = processingOf(settings)
  const listing = devices.list()
  if (settings.microphoneId === null) {
    // The list only tells what was opened.
    const [stream, present] = await Promise.all([devices.open(null, processing), listing])
    return { stream, key: choose('microphone', settings, present).key }
  }
  const { id, key } = choose('microphone', settings, await listing)
  try {
    return { stream: await devices.open(id, processing), key }
  } catch (error) {
    const gone = error instanceof MediaFailure && error.fault === 'microphone-missing'
    if (id === null || !gone) throw error
    return { stream: await devices.open(null, processing), key }
  }
}

/** For a page that only looks whether there is sound. */
export const openMicrophone = async (settings: DeviceSettings): Promise<MediaStream> =>
  (await openChosen(browserDevices, settings)).stream

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

type MicrophoneState = Extract<MediaNotice, { type: 'devices' }>['microphone']

export async function microphoneState(devices: AudioDevices): Promise<MicrophoneState> {
  // Absent on an origin that is not secure.
  if (!('mediaDevices' in navigator)) return 'denied'
  if (!(await devices.list()).some(({ kind }) => kind === 'input')) return 'missing'
  return (await navigator.permissions.query({ name: 'microphone' })).state
}

/** Tells at once, and whenever the permission or the devices change. Returns its undoing. */
export function watchMicrophone(devices: AudioDevices, tell: (state: MicrophoneState) => void): () => void {
  let stopped = false
  let permission: PermissionStatus | null = null
  const look = () => {
    microphoneState(devices).then(
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
  const stopPlug = devices.onChange(look)
  look()
  return () => {
    stopped = true
    permission?.removeEventListener('change', look)
    stopPlug()
  }
}
