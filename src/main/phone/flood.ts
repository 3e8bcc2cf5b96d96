import { type Envelope, hasTag } from './sip-text.ts'

/** So many at once, and so many a second after that. Parsing takes about a millisecond each: all together at most a tenth of a core. */
const rates = {
  /** New calls that name one caller; a queue offers a desk a call every half minute. */
  caller: { burst: 40, perSecond: 2 },
  /** New calls from all. */
  INVITE: { burst: 60, perSecond: 10 },
  /** Other requests outside of a dialog, each method by itself. */
  request: { burst: 20, perSecond: 5 },
  /** What names a dialog or transaction that is not ours. */
  stray: { burst: 40, perSecond: 10 },
  /** One dialog of ours. */
  dialog: { burst: 200, perSecond: 50 },
} as const

type Rate = { burst: number; perSecond: number }

class Bucket {
  readonly #rate: Rate
  #level: number
  #at: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#level = rate.burst
    this.#at = now
  }

  take(now: number): boolean {
    this.#level = Math.min(this.#rate.burst, this.#level + ((now - this.#at) / 1000) * this.#rate.perSecond)
    this.#at = now
    if (this.#level < 1) return false
    this.#level--
    return true
  }
}

const maxBuckets = 512

/** Decides what is too much, so that a flood costs the desk little and leaves room for the calls of others. */
export class Flood {
  readonly #buckets = new Map<string, Bucket>()
  readonly #isOurs: (callId: string) => boolean

  /** `isOurs`: a dialog or transaction with this Call-ID lives here. */
  constructor(isOurs: (callId: string) => boolean) {
    this.#isOurs = isOurs
  }

  /** `now` in ms, of any clock that does not go back. */
  admits(envelope: Envelope, now: number): boolean {
    const callId = envelope.callId ?? ''
    if (this.#isOurs(callId)) return this.#take(`dialog ${callId}`, rates.dialog, now)
    if (envelope.method === null || envelope.method === 'ACK' || hasTag(envelope.to ?? '')) {
      return this.#take('stray', rates.stray, now)
    }
    if (envelope.method !== 'INVITE') return this.#take(`request ${envelope.method}`, rates.request, now)
    return (
      this.#take(`caller ${callerKey(envelope.from ?? '')}`, rates.caller, now) &&
      this.#take('INVITE', rates.INVITE, now)
    )
  }

  #take(key: string, rate: Rate, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new Bucket(rate, now)
    // The one used last stays longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > maxBuckets) {
      const oldest = this.#buckets.keys().next().value
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return bucket.take(now)
  }
}

/** The address without name and parameters. */
const callerKey = (from: string): string =>
  (/<([^>]*)>/.exec(from)?.[1] ?? from.split(';', 1)[0] ?? '').slice(0, 128)
