/** Longest that passes. An INVITE of a browser with its SDP is 2 to 6 KB. */
export const limits = {
  bytes: 65_536,
  /** A header with its folded lines, and a line of the body. */
  line: 8_192,
  /** A header that the SIP library takes apart by its grammar, which takes long over long ones. */
  structured: 2_048,
  headers: 128,
  vias: 20,
  callId: 512,
} as const

export type Malformed =
  | 'too-large'
  | 'line-too-long'
  | 'too-many-headers'
  | 'not-sip'
  | 'bad-header'
  | 'missing-header'
  | 'bad-length'

/** What of a message tells which transaction it belongs to; header values as they came, unfolded. */
export type Envelope = {
  /** Of a request; null for a response. */
  method: string | null
  /** Of a response; null for a request. */
  status: number | null
  vias: string[]
  from: string | null
  to: string | null
  callId: string | null
  cseq: string | null
  /** The other headers that are looked at, by lower-case name. */
  others: Map<string, string>
}

const request = /^([A-Za-z0-9.!%*_+`'~-]{1,32}) ([a-z][a-z0-9+.-]{0,15}:[^\s<>"]{1,1024}) SIP\/2\.0$/i
const response = /^SIP\/2\.0 ([1-6]\d\d) ?[^\r\n]*$/i
const headerLine = /^([A-Za-z0-9.!%*_+`'~-]{1,64})[ \t]*:[ \t]*/
const cseqValue = /^(\d{1,10})[ \t]+([A-Za-z0-9.!%*_+`'~-]{1,32})$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/

const compact: Record<string, string> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  r: 'refer-to',
}
/** Of RFC 3261 and its extensions; the SIP library trips over others in a response. */
const methods = new Set(
  'ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE'.split(
    ' ',
  ),
)
const structured = new Set(['via', 'from', 'to', 'contact', 'record-route', 'cseq', 'call-id', 'refer-to'])
/** Kept for the record of a call: they say what happened and name nobody. */
const kept = new Set(['content-type', 'reason', 'retry-after', 'require', 'expires'])

export type Inspection = { fault: Malformed | null; envelope: Envelope | null }

/**
 * Looks at a SIP message (RFC 3261 7) without a parser: size, form, and what RFC 3261 8.1.1 demands. `envelope` is there also for most
 * refused messages, so that they can be answered.
 */
export function inspect(message: string): Inspection {
  if (message.length > limits.bytes || Buffer.byteLength(message) > limits.bytes) {
    return { fault: 'too-large', envelope: read(message.slice(0, limits.bytes)).envelope }
  }
  return read(message)
}

function read(message: string): Inspection {
  const first = message.indexOf('\r\n')
  const start = first < 0 ? null : startOf(message.slice(0, Math.min(first, limits.line)))
  if (!start || message.includes('\0')) return { fault: 'not-sip', envelope: null }
  const envelope: Envelope = {
    ...start,
    vias: [],
    from: null,
    to: null,
    callId: null,
    cseq: null,
    others: new Map(),
  }
  let fault: Malformed | null = null
  const wrong = (what: Malformed) => {
    fault ??= what
  }
  let headers = 0
  let at = first + 2
  let bodyAt = -1
  while (at < message.length) {
    let end = message.indexOf('\r\n', at)
    if (end < 0) break
    if (end === at) {
      bodyAt = end + 2
      break
    }
    let value = message.slice(at, end)
    // Folded lines belong to the header before (RFC 3261 7.3.1).
    while (message[end + 2] === ' ' || message[end + 2] === '\t') {
      const next = message.indexOf('\r\n', end + 2)
      if (next < 0) break
      if (value.length <= limits.line) value += ` ${message.slice(end + 2, next).trim()}`
      end = next
    }
    at = end + 2
    if (++headers > limits.headers) {
      wrong('too-many-headers')
      break
    }
    if (value.length > limits.line) wrong('line-too-long')
    else {
      const what = take(value, envelope)
      if (what) wrong(what)
    }
  }
  if (bodyAt < 0) wrong('not-sip')
  else if (fault === null) {
    const body = message.slice(bodyAt)
    if (longestLine(body) > limits.line) wrong('line-too-long')
    const length = envelope.others.get('content-length')
    // Over a WebSocket the frame says the length (RFC 7118 5.4); a message that promises more is cut off (RFC 3261 18.3).
    if (length !== undefined && Number(length) > Buffer.byteLength(body)) wrong('bad-length')
  }
  if (fault === null) fault = missing(envelope)
  return { fault, envelope }
}

function startOf(line: string): { method: string; status: null } | { method: null; status: number } | null {
  const method = request.exec(line)?.[1]
  if (method !== undefined) return { method, status: null }
  const status = response.exec(line)?.[1]
  return status === undefined ? null : { method: null, status: Number(status) }
}

/** Puts a header line into the envelope; what is wrong with it, or null. */
function take(line: string, envelope: Envelope): Malformed | null {
  const match = headerLine.exec(line)
  if (!match?.[1] || control.test(line)) return 'bad-header'
  const written = match[1].toLowerCase()
  const name = compact[written] ?? written
  const value = line.slice(match[0].length).trimEnd()
  if (structured.has(name) && value.length > limits.structured) return 'line-too-long'
  switch (name) {
    case 'via':
      if (!/^SIP\s*\//i.test(value) || envelope.vias.length >= limits.vias) return 'bad-header'
      envelope.vias.push(value)
      return null
    case 'from':
      if (envelope.from !== null) return 'bad-header'
      envelope.from = value
      return null
    case 'to':
      if (envelope.to !== null) return 'bad-header'
      envelope.to = value
      return null
    case 'call-id':
      if (envelope.callId !== null || !/^\S+$/.test(value) || value.length > limits.callId)
        return 'bad-header'
      envelope.callId = value
      return null
    case 'cseq':
      if (envelope.cseq !== null) return 'bad-header'
      envelope.cseq = value
      return isCseq(value, envelope.method) ? null : 'bad-header'
    case 'max-forwards':
    case 'content-length': {
      const fault = name === 'content-length' ? 'bad-length' : 'bad-header'
      if (envelope.others.has(name) || !/^\d{1,9}$/.test(value)) return fault
      envelope.others.set(name, value)
      return null
    }
    default:
      if (kept.has(name) && !envelope.others.has(name)) envelope.others.set(name, value)
      return null
  }
}

/** RFC 3261 8.1.1.5: below 2^31; the method is the request's own, in a response one that we may have asked. */
function isCseq(value: string, method: string | null): boolean {
  const cseq = cseqValue.exec(value)
  if (!cseq?.[2] || Number(cseq[1]) >= 2 ** 31) return false
  return method === null ? methods.has(cseq[2]) : method === cseq[2]
}

const missing = ({ vias, from, to, callId, cseq }: Envelope): Malformed | null =>
  vias.length === 0 || !from || !to || !callId || !cseq ? 'missing-header' : null

function longestLine(body: string): number {
  let longest = 0
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\n', at)
    const stop = end < 0 ? body.length : end
    longest = Math.max(longest, stop - at)
    at = stop + 1
  }
  return longest
}

/**
 * A final answer without a transaction (RFC 3261 8.2.6, 8.2.7), or null where none may be sent: to a response, to an ACK, and to a
 * request that does not say where its answer belongs.
 */
export function statelessAnswer(
  envelope: Envelope | null,
  status: string,
  extra: string[] = [],
): string | null {
  if (!envelope || envelope.method === null || envelope.method === 'ACK' || missing(envelope)) return null
  const { vias, from, to, callId, cseq } = envelope
  // The same tag for the same request (RFC 3261 8.2.7).
  const tagged = hasTag(to ?? '') ? to : `${to};tag=${hashOf(`${callId} ${cseq} ${vias[0]}`)}`
  return [
    `SIP/2.0 ${status}`,
    ...vias.map((via) => `Via: ${via}`),
    `From: ${from}`,
    `To: ${tagged}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    ...extra,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

export const hasTag = (address: string): boolean =>
  /;\s*tag\s*=\s*[^\s;]/i.test(address.slice(address.lastIndexOf('>') + 1))

/** FNV-1a: short and steady, no secret. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36)
}
