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

/** Our pages may use the microphone and choose a loudspeaker. Nobody may do anything else. */
export function permissionDecision(asked: PermissionAsked): boolean {
  if (!isOurs(asked.url) || !asked.isMainFrame) return false
  if (asked.permission === 'speaker-selection') return true
  if (asked.permission !== 'media') return false
  const media = asked.media ?? []
  return media.length > 0 && media.every((kind) => kind === 'audio')
}

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
