import type { Logger } from 'pino'
import { Flood } from './flood.ts'
import { type Envelope, inspect, type Malformed, statelessAnswer } from './sip-text.ts'

export type Refusal = Malformed | 'too-many' | 'unparsed' | 'handler-threw'

export type GuardOptions = {
  log: Logger
  /** Sends to where the message came from. */
  answer(message: string): void
  /** A dialog or transaction with this Call-ID lives here. */
  isOurs(callId: string): boolean
  /** ms, of a clock that does not go back. */
  now?(): number
}

/** What RFC 3261 wants said to a request that is refused (21.4.1, 21.5.4, 21.5.7). */
const answers: Record<Exclude<Refusal, 'too-many'>, string> = {
  'too-large': '513 Message Too Large',
  'line-too-long': '400 Line Too Long',
  'too-many-headers': '400 Too Many Header Fields',
  'not-sip': '400 Bad Request',
  'bad-header': '400 Bad Header Field',
  'missing-header': '400 Missing Header Field',
  'bad-length': '400 Bad Content-Length',
  unparsed: '400 Bad Request',
  'handler-threw': '400 Bad Request',
}

/** A flood is not answered one by one: that would cost more than to ignore it. */
const answersPerSecond = 50
const logInterval = 1000

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
 * Stands between the socket and the SIP parser, which throws on some malformed messages and does not catch it itself: such a message
 * is refused, answered where RFC 3261 wants it, counted, and logged by its kind, and nothing else stops. Never throws.
 */
export class MessageGuard {
  readonly #options: GuardOptions
  readonly #flood: Flood
  readonly #counts = new Map<Refusal, number>()
  #window = { since: Number.NEGATIVE_INFINITY, answered: 0 }
  #loggedAt = Number.NEGATIVE_INFINITY
  #unlogged = 0

  constructor(options: GuardOptions) {
    this.#options = options
    this.#flood = new Flood((callId) => options.isOurs(callId))
  }

  get refused(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  count(reason: Refusal): number {
    return this.#counts.get(reason) ?? 0
  }

  /** `deliver` says whether the parser took it. Returns the envelope of what was delivered, null for what was refused. */
  pass(message: string, deliver: (message: string, envelope: Envelope) => boolean): Envelope | null {
    const now = this.#options.now?.() ?? performance.now()
    const { fault, envelope } = inspect(message)
    if (fault || !envelope) return this.#refuse(fault ?? 'not-sip', envelope, message, now)
    if (!this.#flood.admits(envelope, now)) return this.#refuse('too-many', envelope, message, now)
    try {
      return deliver(message, envelope) ? envelope : this.#refuse('unparsed', envelope, message, now)
    } catch (error) {
      return this.#refuse('handler-threw', envelope, message, now, traceOf(error))
    }
  }

  #refuse(reason: Refusal, envelope: Envelope | null, message: string, now: number, trace?: string[]): null {
    this.#counts.set(reason, this.count(reason) + 1)
    const answer =
      reason === 'too-many'
        ? statelessAnswer(envelope, '503 Service Unavailable', ['Retry-After: 2'])
        : statelessAnswer(envelope, answers[reason])
    if (answer !== null && this.#mayAnswer(now)) this.#options.answer(answer)
    this.#unlogged++
    const first = this.count(reason) === 1
    if (first || trace || now - this.#loggedAt >= logInterval) {
      this.#options.log.warn(
        { reason, length: message.length, refused: this.refused, since: this.#unlogged, trace },
        'SIP message refused',
      )
      this.#loggedAt = now
      this.#unlogged = 0
    }
    return null
  }

  #mayAnswer(now: number): boolean {
    if (now - this.#window.since >= 1000) this.#window = { since: now, answered: 0 }
    return ++this.#window.answered <= answersPerSecond
  }
}
