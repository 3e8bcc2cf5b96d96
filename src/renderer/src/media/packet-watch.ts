/** Quick while somebody waits for the first packet, slow while all is well. */
const eager = 100
const calm = 500
const silence = 2000
/** A far end that sends nothing while nobody speaks reports all the same: every 5 s, at the latest after half as much again (RFC 3550 6.2, 6.3.1), and one report may be lost. */
const unheard = 15_000
/** No packet for so long is a pause, if what follows shows that none was on the way. */
const pause = 1000

/** Counters of what came from the far end. `reported`: another value with each of its RTCP reports; 0 before the first. */
export type Arrivals = { packets: number; lost: number; reported: number }

/** `quiet`: nothing comes and nothing is missing. */
export type Flow = 'flowing' | 'stalled' | 'quiet'

/**
 * Tells when packets begin to come in, and when none came for two seconds. Not every silence is a fault: who has put us on hold may play no
 * music, and who suppresses silence (RFC 3551 4.1) sends nothing until somebody speaks. Such a far end is known by its pauses, in which
 * nothing was lost, or by a report over a connection on which it has sent nothing yet.
 */
export class PacketWatch {
  readonly #arrivals: () => Promise<Arrivals>
  readonly #tell: (flow: Flow) => void
  #told: Flow | null = null
  #expected = true
  #last: Arrivals = { packets: 0, lost: 0, reported: 0 }
  #heardAt = 0
  /** Null before the first look after `restart`. */
  #reported: number | null = null
  #reportedAt: number | null = null
  /** Since `restart`. */
  #heard = false
  /** Packets a millisecond, while they come. */
  #pace: number | null = null
  #silentFor = 0
  #pauses = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(arrivals: () => Promise<Arrivals>, tell: (flow: Flow) => void) {
    this.#arrivals = arrivals
    this.#tell = tell
  }

  /** From now on, as if nothing had been told yet. `expected`: whether the far end has promised to send. */
  restart({ expected }: { expected: boolean }): void {
    this.#told = null
    this.#expected = expected
    this.#heard = false
    this.#heardAt = performance.now()
    this.#reported = null
    this.#reportedAt = null
    if (!expected) this.#become('quiet')
    // What came before is looked at first: it says nothing of what is now.
    this.#schedule(this.#last.packets > 0 ? 0 : eager)
  }

  /** Nothing is expected: the call is held. */
  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#told = null
  }

  stop(): void {
    this.#stopped = true
    this.pause()
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const timer = setTimeout(() => {
      this.#look(timer).catch(() => undefined)
    }, ms)
    this.#timer = timer
  }

  async #look(timer: ReturnType<typeof setTimeout>): Promise<void> {
    const now = await this.#arrivals()
    if (this.#timer !== timer) return
    const at = performance.now()
    const first = this.#reported === null
    if (!first && now.reported !== this.#reported) this.#reportedAt = at
    this.#reported = now.reported
    const before = first && this.#last.packets > 0
    // A new stream counts from 0 again.
    if (!before && now.packets > 0 && now.packets !== this.#last.packets) this.#hear(now, at)
    else {
      this.#silentFor = at - this.#heardAt
      this.#miss(at)
    }
    this.#last = now
    this.#schedule(this.#told === 'flowing' ? calm : eager)
  }

  #hear(now: Arrivals, at: number): void {
    const sent = now.packets - this.#last.packets + Math.max(0, now.lost - this.#last.lost)
    if (this.#heard && sent > 0) this.#judge(sent / Math.max(1, at - this.#heardAt))
    this.#heard = true
    this.#heardAt = at
    this.#silentFor = 0
    this.#become('flowing')
  }

  /** `pace`: since packets came last. What was only late comes all at once, and what was lost is counted: both keep the pace. */
  #judge(pace: number): void {
    if (this.#pace === null) this.#pace = pace
    else if (this.#silentFor < pause) this.#pace += (pace - this.#pace) / 10
    else if (pace < this.#pace / 2) this.#pauses = true
  }

  #miss(at: number): void {
    if (!this.#expected) return
    const silentFor = at - this.#heardAt
    // It would have been heard before its report.
    if (!this.#heard && this.#reportedAt !== null && silentFor > pause) this.#become('quiet')
    else if (!this.#pauses && silentFor > silence) this.#become('stalled')
    else if (at - Math.max(this.#heardAt, this.#reportedAt ?? 0) > unheard) this.#become('stalled')
  }

  #become(flow: Flow): void {
    if (this.#told === flow) return
    this.#told = flow
    this.#tell(flow)
  }
}
