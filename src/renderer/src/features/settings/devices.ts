import { useEffect, useState } from 'react'

export type Device = { id: string; label: string }
export type Devices = {
  microphones: Device[]
  speakers: Device[]
  permission: PermissionState | 'unknown'
}

const none: Devices = { microphones: [], speakers: [], permission: 'unknown' }

/** Real devices of one kind; the browser's own "default" and "communications" entries are what null means. */
export const devicesOf = (
  all: readonly Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>[],
  kind: MediaDeviceKind,
): Device[] =>
  all
    .filter((device) => device.kind === kind && !['', 'default', 'communications'].includes(device.deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, label }))

/** Follows what is plugged in, and whether the microphone may be used. */
export function useDevices(): Devices & { look: () => void } {
  const [devices, setDevices] = useState<Devices>(none)
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks to look again
  useEffect(() => {
    const media: MediaDevices | undefined = navigator.mediaDevices
    if (!media) {
      setDevices({ ...none, permission: 'denied' })
      return
    }
    let stopped = false
    let status: PermissionStatus | null = null
    const look = async () => {
      const all = await media.enumerateDevices()
      if (stopped) return
      setDevices({
        microphones: devicesOf(all, 'audioinput'),
        speakers: devicesOf(all, 'audiooutput'),
        permission: status?.state ?? 'unknown',
      })
    }
    const lookSoon = () => void look().catch(() => undefined)
    navigator.permissions
      .query({ name: 'microphone' })
      .then((found) => {
        status = found
        if (!stopped) found.addEventListener('change', lookSoon)
        lookSoon()
      })
      .catch(lookSoon)
    media.addEventListener('devicechange', lookSoon)
    return () => {
      stopped = true
      status?.removeEventListener('change', lookSoon)
      media.removeEventListener('devicechange', lookSoon)
    }
  }, [turn])
  return { ...devices, look: () => setTurn((before) => before + 1) }
}
