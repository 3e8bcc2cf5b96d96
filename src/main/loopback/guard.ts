import type { IncomingHttpHeaders } from 'node:http'

export type Refusal = 'host' | 'origin' | 'site'

export type Demand = {
  /** `own`: the header must be there and ours. `own-or-absent`: navigations and plain GETs carry none. `any`: the sign-in's return. */
  origin: 'own' | 'own-or-absent' | 'any'
  /** Whether a page of another origin may lead here: only by navigating the whole window. */
  navigation: boolean
}

/**
 * Whether a request may be served at all, from its headers alone. An exact `Host` stops DNS rebinding, an exact `Origin` other pages;
 * `Sec-Fetch-Site` also those of another port on this host, whose requests carry our SameSite=Strict cookie (cookies ignore ports).
 */
export function refusalOf(headers: IncomingHttpHeaders, origin: string, demand: Demand): Refusal | null {
  if (headers.host !== new URL(origin).host) return 'host'
  if (demand.origin === 'own' && headers.origin !== origin) return 'origin'
  if (demand.origin === 'own-or-absent' && headers.origin !== undefined && headers.origin !== origin)
    return 'origin'
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return null
  const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return demand.navigation && navigates ? null : 'site'
}

/** The value of one cookie, or null when it is absent or sent more than once. */
export function cookieOf(headers: IncomingHttpHeaders, name: string): string | null {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? (values[0] ?? null) : null
}
