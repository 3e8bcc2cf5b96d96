import { isLoopbackHost } from '#contract/loopback.ts'

/** The one origin of our pages. `new URL(…).origin` is `null` for such a scheme outside Chromium, so origins are compared by parts. */
export const appScheme = 'app'
export const appHost = 'desk'
export const appOrigin = `${appScheme}://${appHost}`
export const deskPage = `${appOrigin}/index.html`
export const mediaPage = `${appOrigin}/media.html`

export function isOurs(url: string): boolean {
  const parsed = URL.parse(url)
  return (
    parsed !== null &&
    parsed.protocol === `${appScheme}:` &&
    parsed.host === appHost &&
    parsed.username === '' &&
    parsed.password === ''
  )
}

/** A window shows the page it was made for, and nothing else. */
export function isAllowedNavigation(url: string): boolean {
  if (!isOurs(url)) return false
  const page = `${appOrigin}${URL.parse(url)?.pathname ?? ''}`
  return page === deskPage || page === mediaPage
}

export type PermissionAsked = {
  permission: string
  /** Of the frame that asks: an address or an origin. */
  url: string
  isMainFrame: boolean
  /** For `media`. */
  media?: readonly string[] | undefined
}

/** Our pages may use the microphone, choose a loudspeaker and a headset's buttons. Nobody may do anything else. */
export function permissionDecision(asked: PermissionAsked): boolean {
  if (!isOurs(asked.url) || !asked.isMainFrame) return false
  if (asked.permission === 'speaker-selection' || asked.permission === 'hid') return true
  if (asked.permission !== 'media') return false
  const media = asked.media ?? []
  return media.length > 0 && media.every((kind) => kind === 'audio')
}

/** HID Usage Tables: what hook switches and ring lamps belong to. Keyboards, badges and keys for sign-in are on other pages. */
const telephonyPage = 0x0b

export type OfferedDevice = { deviceId: string; collections?: readonly { usagePage: number }[] | undefined }

const isHeadset = (device: { collections?: OfferedDevice['collections'] }): boolean =>
  device.collections?.some(({ usagePage }) => usagePage === telephonyPage) ?? false

/** Of the devices that are plugged in, the one whose buttons a page of ours gets: the first headset; null: none. */
export const headsetChoice = (url: string | null, devices: readonly OfferedDevice[]): string | null =>
  url !== null && isAllowedNavigation(url) ? (devices.find(isHeadset)?.deviceId ?? null) : null

/** Whether a page may open a device. */
export const deviceDecision = (asked: {
  deviceType: string
  origin: string
  /** A serial port or a USB device has no collections. */
  device: object
}): boolean => asked.deviceType === 'hid' && isOurs(asked.origin) && isHeadset(asked.device)

export type Frame = { readonly url: string; readonly parent: Frame | null }

/** Whether a message to the main process comes from a page of ours, not from a frame in it. Null: the frame is gone. */
export function isTrustedSender(frame: Frame | null): boolean {
  return frame !== null && frame.parent === null && isAllowedNavigation(frame.url)
}

/** What may be handed to the system's browser: TLS, or this machine. Anything else could start a program. */
export function isOpenableExternally(url: string): boolean {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false
  if (parsed.protocol === 'https:') return true
  return parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname)
}
