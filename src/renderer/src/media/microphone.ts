import type { MediaNotice } from '#contract/media.ts'
import { type AudioDevices, browserDevices } from './audio-devices.ts'
import { ChosenDevices } from './chosen-devices.ts'
import type { DeviceSettings } from './link.ts'
import { MediaFailure } from './microphone-failure.ts'

export { MediaFailure }

/** For a page that only looks whether there is sound. `refused`: the chosen one is there and does not open, this is the system's. */
export async function openMicrophone(
  settings: DeviceSettings,
): Promise<{ stream: MediaStream; refused: boolean }> {
  const chosen = new ChosenDevices(browserDevices, () => settings)
  const { stream } = await chosen.microphone()
  const { use } = chosen.had('microphone', await chosen.list())
  return { stream, refused: use.state === 'refused' }
}

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

type MicrophoneState = Extract<MediaNotice, { type: 'devices' }>['microphone']

export async function microphoneState(devices: Pick<AudioDevices, 'list'>): Promise<MicrophoneState> {
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
