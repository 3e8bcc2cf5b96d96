import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Only this machine's own pages and programs: another site's page, or a name that was rebound to 127.0.0.1, is refused. */
export function fromHere(headers: IncomingHttpHeaders, port: number): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!headers.host || !hosts.includes(headers.host)) return false
  return headers.origin === undefined || hosts.some((host) => headers.origin === `http://${host}`)
}

/** For WebSockets: programs send no Origin, and a desk's page may be served from another port of this machine. */
export function mayOpenSocket(headers: IncomingHttpHeaders, port: number): boolean {
  if (!fromHere({ host: headers.host }, port)) return false
  if (headers.origin === undefined) return true
  const origin = URL.parse(headers.origin)
  return origin !== null && ['127.0.0.1', 'localhost'].includes(origin.hostname)
}

export function sameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Cookies ignore ports, so the name carries it. */
export const cookieName = (port: number): string => `ascolto_practice_${port}`

export function isAuthorized(headers: IncomingHttpHeaders, port: number, token: string): boolean {
  const bearer = /^Bearer ([\w-]{1,200})$/.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return sameToken(bearer, token)
  const wanted = `${cookieName(port)}=`
  const cookie = (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(wanted))
  return cookie !== undefined && sameToken(cookie.slice(wanted.length), token)
}
