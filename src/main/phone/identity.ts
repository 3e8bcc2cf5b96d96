import type { CallDiversion, CallQueue, CallRemote } from '#contract/domain/call.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'
import { isWithheld, toE164 } from '#contract/domain/phone-number.ts'

/** The part of a SIP message that is read here. */
export type Headers = { getHeader(name: string): string | undefined; getHeaders(name: string): string[] }

export type NameAddress = { displayName: string | null; user: string; host: string; params: string }

/** Longer values tell nobody's name or number and are passed over; the patterns below never see them. */
const maxLength = 512

const quoted = /^\s*"((?:[^"\\]|\\.)*)"\s*<\s*(sips?|tel):([^>]*)>(.*)$/is
const bracketed = /^([^<"]*)<\s*(sips?|tel):([^>]*)>(.*)$/is
const bare = /^\s*(sips?|tel):([^\s;,>?]+)(.*)$/is

/** `name-addr` or `addr-spec` (RFC 3261 20.10) with a SIP or telephone URI; null when it is neither. */
export function parseNameAddress(header: string): NameAddress | null {
  if (header.length > maxLength) return null
  const match = quoted.exec(header) ?? bracketed.exec(header)
  const simple = match ? null : bare.exec(header)
  const scheme = (match?.[2] ?? simple?.[1])?.toLowerCase()
  const uri = match?.[3] ?? simple?.[2]
  if (scheme === undefined || uri === undefined) return null
  const at = scheme === 'tel' ? -1 : uri.indexOf('@')
  const userInfo = scheme === 'tel' ? uri : at < 0 ? '' : uri.slice(0, at)
  const host = at < 0 ? (scheme === 'tel' ? '' : uri) : uri.slice(at + 1)
  const name = match?.[1]?.replace(/\\(.)/g, '$1') ?? ''
  return {
    displayName: cleanText(name, 120),
    user: decode(userInfo.split(/[;:?]/, 1)[0] ?? ''),
    host: (host.split(/[;:?]/, 1)[0] ?? '').toLowerCase(),
    params: match?.[4] ?? simple?.[3] ?? '',
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A header's text for reading: no control or direction-changing characters, one line, at most `max` long; null when nothing is left. */
export function cleanText(text: string, max: number): string | null {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  let kept = line.slice(0, max)
  if (/[\uD800-\uDBFF]$/.test(kept)) kept = kept.slice(0, -1)
  return kept.trimEnd() || null
}

const withheld: CallRemote = { number: null, e164: null, displayName: null }

/**
 * Who calls, as the exchange says: P-Asserted-Identity (RFC 3325), else Remote-Party-ID, else From. Withheld when the caller asked for
 * privacy (RFC 3323), also if the exchange tells the number all the same.
 */
export function callerOf(all: Headers): CallRemote {
  const headers = shortOf(all)
  const asked = all.getHeader('Privacy') ?? ''
  if (asked.length > maxLength) return withheld
  const privacy = asked.toLowerCase().split(/[;,\s]+/)
  if (privacy.some((value) => value === 'id' || value === 'user' || value === 'full')) return withheld
  const from = parseNameAddress(headers.getHeader('From') ?? '')
  if (from?.host === 'anonymous.invalid') return withheld

  const asserted = headers.getHeaders('P-Asserted-Identity').flatMap((header) => splitList(header))
  const party = headers.getHeader('Remote-Party-ID')
  const source =
    asserted.map(parseNameAddress).find((address) => address !== null) ??
    (party === undefined ? null : parseNameAddress(party)) ??
    from
  if (!source || isWithheld(source.user)) return withheld
  if (/;\s*privacy\s*=\s*"?(?:full|uri)/i.test(source.params)) return withheld
  const number = cleanText(source.user, 64)
  if (number === null) return withheld
  const displayName = source.displayName ?? from?.displayName ?? null
  return {
    number,
    e164: toE164(number),
    displayName:
      displayName !== null && toE164(displayName) === null && displayName !== number ? displayName : null,
  }
}

/** Splits a header with several values at commas outside quotes and brackets. */
function splitList(header: string): string[] {
  const values: string[] = []
  let start = 0
  let within: '"' | '<' | null = null
  for (let at = 0; at < header.length; at++) {
    const sign = header[at]
    if (within === '"') {
      if (sign === '\\') at++
      else if (sign === '"') within = null
    } else if (within === '<') {
      if (sign === '>') within = null
    } else if (sign === '"' || sign === '<') {
      within = sign
    } else if (sign === ',') {
      values.push(header.slice(start, at))
      start = at + 1
    }
  }
  return [...values, header.slice(start)]
}

const shortOf = (headers: Headers): Headers => {
  const isShort = (value: string) => value.length <= maxLength
  return {
    getHeader(name) {
      const value = headers.getHeader(name)
      return value !== undefined && isShort(value) ? value : undefined
    },
    getHeaders: (name) => headers.getHeaders(name).filter(isShort),
  }
}

/** The queue that a call comes from; null for a call that comes from none. */
export function queueOf(all: Headers, names: LineConfiguration['headers']): CallQueue | null {
  const headers = shortOf(all)
  const name = cleanText(headers.getHeader(names.queue) ?? '', 80)
  if (name === null) return null
  const waited = Number.parseInt(headers.getHeader(names.waited) ?? '', 10)
  return {
    name,
    reason: cleanText(headers.getHeader(names.reason) ?? '', 120),
    waitedSeconds: Number.isSafeInteger(waited) && waited > 0 ? waited : 0,
  }
}

const maxDiversions = 8

/**
 * Whom the call was for before: Diversion (RFC 5806), the last first, else History-Info (RFC 7044), whose last entry is this desk itself.
 */
export function diversionsOf(all: Headers): CallDiversion[] {
  const headers = shortOf(all)
  const list = (name: string) => headers.getHeaders(name).flatMap(splitList)
  const diverted = list('Diversion').map((value) => {
    const reason = /;\s*reason\s*=\s*"?([\w-]+)/i.exec(value)?.[1] ?? null
    return diversion(value, reason, /;\s*privacy\s*=\s*"?(?:full|uri)/i.test(value))
  })
  const history = () =>
    list('History-Info')
      .slice(0, -1)
      .reverse()
      .map((value) => {
        const cause = /[?&]Reason=[^&>]*cause(?:%3D|=)(\d{3})/i.exec(value)?.[1]
        return diversion(value, causes[cause ?? ''] ?? null, /[?&]Privacy=history/i.test(value))
      })
  return (diverted.length > 0 ? diverted : history()).filter((one) => one !== null).slice(0, maxDiversions)
}

const causes: Record<string, string> = {
  '302': 'unconditional',
  '404': 'unknown',
  '408': 'no-answer',
  '480': 'deflection',
  '486': 'user-busy',
  '487': 'deflection',
  '503': 'unavailable',
}

function diversion(value: string, reason: string | null, hidden: boolean): CallDiversion | null {
  const address = parseNameAddress(value)
  if (!address) return null
  const known = !hidden && !isWithheld(address.user)
  return {
    number: known ? cleanText(address.user, 64) : null,
    displayName: known ? address.displayName : null,
    reason: reason === null ? null : cleanText(reason.toLowerCase(), 40),
  }
}

const longestAutoAnswer = 5

/** Seconds after which the exchange wants the call to answer itself; null when it does not ask for that. Longer than a few is no such wish. */
export function autoAnswerOf(all: Headers): number | null {
  const headers = shortOf(all)
  for (const value of headers.getHeaders('Call-Info').flatMap(splitList)) {
    const after = /;\s*answer-after\s*=\s*"?(\d{1,3})\b/i.exec(value)?.[1]
    if (after !== undefined && Number(after) <= longestAutoAnswer) return Number(after)
  }
  const alert = headers.getHeader('Alert-Info') ?? ''
  if (/(?:info\s*=\s*"?alert-autoanswer|auto[- ]?answer|ring-answer)/i.test(alert)) return 0
  return /^\s*auto\b/i.test(headers.getHeader('Answer-Mode') ?? '') ? 0 : null
}

export const isPractice = (headers: Headers): boolean => {
  const value = shortOf(headers).getHeader('X-Practice')?.trim().toLowerCase()
  return value !== undefined && value !== '' && value !== '0' && value !== 'false' && value !== 'no'
}

/** A CANCEL or BYE whose Reason (RFC 3326) says that somebody else took the call. */
export const completedElsewhere = (reason: string | undefined): boolean =>
  reason !== undefined &&
  reason.length <= maxLength &&
  (/^\s*SIP\s*;(?:.*;)?\s*cause\s*=\s*200\b/i.test(reason) || /completed elsewhere/i.test(reason))
