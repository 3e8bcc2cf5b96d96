/** What may reach the SIP parser. It is a generated grammar without limits of its own, so size and shape are settled before it. */
export const frameLimits = { bytes: 32_768, lineLength: 4_096, headers: 100 } as const

export type FrameVerdict =
  | { kind: 'keepalive' }
  | { kind: 'request'; uri: string }
  | { kind: 'response' }
  | { kind: 'refused'; reason: FrameRefusal }

export type FrameRefusal =
  | 'binary'
  | 'too-large'
  | 'line-too-long'
  | 'too-many-headers'
  | 'no-end-of-headers'
  | 'control-character'
  | 'first-line'

const requestLine = /^[A-Z]{3,12} (sips?:[^\s]+) SIP\/2\.0$/
const statusLine = /^SIP\/2\.0 [1-6]\d\d [^\r\n]*$/

/** RFC 7118: one SIP message a frame; RFC 5626, 4.4.1: a frame of CRLFs is a keep-alive. */
export function inspectFrame(text: string): FrameVerdict {
  if (/^(?:\r\n){1,4}$/.test(text)) return { kind: 'keepalive' }
  if (Buffer.byteLength(text) > frameLimits.bytes) return { kind: 'refused', reason: 'too-large' }
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return { kind: 'refused', reason: 'no-end-of-headers' }
  const lines = text.slice(0, end).split('\r\n')
  if (lines.length - 1 > frameLimits.headers) return { kind: 'refused', reason: 'too-many-headers' }
  for (const line of lines) {
    if (line.length > frameLimits.lineLength) return { kind: 'refused', reason: 'line-too-long' }
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at)
      if ((code < 32 && code !== 9) || code === 127) return { kind: 'refused', reason: 'control-character' }
    }
  }
  const first = lines[0] ?? ''
  const uri = requestLine.exec(first)?.[1]
  if (uri !== undefined) return { kind: 'request', uri }
  return statusLine.test(first) ? { kind: 'response' } : { kind: 'refused', reason: 'first-line' }
}

/** Where a response goes back to: the top Via's sent-by and branch (RFC 3261, 17.2.3). Null when there is none. */
export function topVia(text: string): string | null {
  const via = /\r\n(?:Via|v)[ \t]*:[ \t]*SIP\/2\.0\/[A-Za-z]+[ \t]+([^\s;,]+)([^\r\n,]*)/i.exec(text)
  const branch = via?.[2] === undefined ? null : /;[ \t]*branch[ \t]*=[ \t]*([^\s;,]+)/i.exec(via[2])
  return via?.[1] && branch?.[1] ? `${via[1].toLowerCase()} ${branch[1]}` : null
}

/** Whom a request is for: user and host of its Request-URI, in lower case. Null for a response. */
export function requestTarget(text: string): string | null {
  const match = /^[A-Z]{3,12} sips?:([^\s;?]+)/.exec(text)
  return match?.[1] ? match[1].toLowerCase() : null
}
