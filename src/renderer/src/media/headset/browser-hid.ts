import type { HidDevice, HidPort } from './headset.ts'
import { telephonyPage } from './layout.ts'

type Plug = { device: HidDevice }
type Hid = {
  getDevices(): Promise<HidDevice[]>
  requestDevice(options: { filters: { usagePage: number }[] }): Promise<HidDevice[]>
  addEventListener(type: 'connect' | 'disconnect', listener: (event: Plug) => void): void
  removeEventListener(type: 'connect' | 'disconnect', listener: (event: Plug) => void): void
}

/** Absent in browsers without WebHID, and on origins that are not secure. */
const hid = (): Hid | undefined => (navigator as Navigator & { hid?: Hid }).hid

export const hasHid = (): boolean => hid() !== undefined

export const browserHid: HidPort = {
  granted: async () => (await hid()?.getDevices()) ?? [],
  onPlug(listener) {
    const plugged = () => listener(null)
    const unplugged = ({ device }: Plug) => listener(device)
    hid()?.addEventListener('connect', plugged)
    hid()?.addEventListener('disconnect', unplugged)
    return () => {
      hid()?.removeEventListener('connect', plugged)
      hid()?.removeEventListener('disconnect', unplugged)
    }
  },
}

/** Asks the operator, once; the browser remembers. By a press of a button only. The name of what was allowed. */
export async function requestHeadset(): Promise<string | null> {
  const chosen = (await hid()?.requestDevice({ filters: [{ usagePage: telephonyPage }] })) ?? []
  return chosen[0]?.productName ?? null
}
