import type { Logger } from 'pino'

/** An INVITE of a browser with its SDP is 2 to 6 KB. */
export const limits = { bytes: 65_536, line: 8_192, headers: 200 } as const

export type Refusal = 'too-large' | 'line-too-long' | 'too-many-headers' | 'not-sip' | 'handler-threw'

const startLine = /^(?:SIP\/2\.0 [1-6]\d\d [^\r\n]*|[A-Z]{1,20} [a-z][a-z0-9+.-]*:[^\s]+ SIP\/2\.0)\r?\n/i

/** Why a message must not reach the parser, or null. */
export function inspect(message: string): Refusal | null {
  if (message.length > limits.bytes || Buffer.byteLength(message) > limits.bytes) return 'too-large'
  if (!startLine.test(message) || message.includes('\0')) return 'not-sip'
  const headersEnd = message.search(/\r?\n\r?\n/)
  if (headersEnd < 0) return 'not-sip'
  let headers = 0
  let length = 0
  for (let start = 0; start < message.length; ) {
    const newline = message.indexOf('\n', start)
    const end = newline < 0 ? message.length : newline
    // A folded header counts as one line: what reads it sees it unfolded.
    const continues = start < headersEnd && (message[start] === ' ' || message[start] === '\t')
    length = end - start + (continues ? length : 0)
    if (length > limits.line) return 'line-too-long'
    if (start < headersEnd && ++headers > limits.headers) return 'too-many-headers'
    start = end + 1
  }
  return null
}

/** Where an error came from, without its message, which may quote the SIP message and so hold personal data. */
const traceOf = (error: unknown): string[] =>
  error instanceof Error
    ? [
        error.name,
        ...(error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 6)
          .map((line) => line.trim()),
      ]
    : [typeof error]

/**
 * Stands between the socket and the SIP parser, which throws on some malformed messages and does not catch it itself:
 * such a message is refused, counted and logged by its kind, and nothing else stops.
 */
export class MessageGuard {
  readonly #log: Logger
  #refused = 0

  constructor(log: Logger) {
    this.#log = log
  }

  get refused(): number {
    return this.#refused
  }

  pass(message: string, deliver: (message: string) => void): void {
    const refusal = inspect(message)
    if (refusal) {
      this.#refuse(refusal, message)
      return
    }
    try {
      deliver(message)
    } catch (error) {
      this.#refuse('handler-threw', message, traceOf(error))
    }
  }

  #refuse(reason: Refusal, message: string, trace?: string[]): void {
    this.#refused++
    this.#log.warn({ reason, length: message.length, refused: this.#refused, trace }, 'SIP message refused')
  }
}
