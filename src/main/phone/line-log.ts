import type { Call } from '#contract/domain/call.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import type { LineEvent, LineRecord, LineSample, LineView, WholeScore } from '#contract/domain/line-record.ts'
import { noScore, scoreOf, withStretch } from '#contract/domain/line-score.ts'
import { verdictOf } from '#contract/domain/line-verdict.ts'

/** A quarter of an hour; with the events some 500 KB. */
const maxSamples = 900
const maxEvents = 400
/** A live score is of so many samples, and so is a stretch of the whole call's. */
const stretch = 5
/** What is wrong now is looked for in the last so many. */
const lately = 15

/** The ring of one call: the newest samples and events, and the score of all that there were. */
export class LineLog {
  readonly #samples: LineSample[] = []
  readonly #events: LineEvent[] = []
  readonly #left = { samples: 0, events: 0 }
  #call: Call
  #score: WholeScore = noScore
  #unscored = 0
  endedAt: number | null = null

  constructor(call: Call) {
    this.#call = call
  }

  get callId(): Id {
    return this.#call.id
  }

  moved(call: Call, at: number): void {
    const before = this.#call
    this.#call = call
    if (before.state !== call.state) {
      const reason = call.endReason === null ? '' : ` ${call.endReason}`
      this.event({ at, kind: 'call', what: `${call.state}${reason}` })
    }
    if (before.media !== call.media) this.event({ at, kind: 'call', what: `media ${call.media}` })
    if (before.muted !== call.muted) this.event({ at, kind: 'switch', what: call.muted ? 'mute' : 'unmute' })
    if (call.state === 'ended') {
      this.endedAt ??= at
      this.#scoreStretch()
    }
  }

  event(event: LineEvent): void {
    this.#events.push(event)
    if (this.#events.length > maxEvents) {
      this.#events.shift()
      this.#left.events++
    }
  }

  sample(sample: LineSample): void {
    const before = this.#samples.at(-1)
    this.#tellChanges(before, sample)
    this.#samples.push(sample)
    if (++this.#unscored >= stretch) this.#scoreStretch()
    if (this.#samples.length > maxSamples) {
      this.#samples.shift()
      this.#left.samples++
    }
  }

  #tellChanges(before: LineSample | undefined, { at, microphone, path, codec }: LineSample): void {
    if (before?.microphone !== microphone)
      this.event({ at, kind: 'device', what: `microphone ${microphone}` })
    if (path && before?.path?.route !== path.route)
      this.event({ at, kind: 'path', what: path.route.slice(0, 80) })
    if (codec && before?.codec !== codec) this.event({ at, kind: 'path', what: codec })
  }

  #scoreStretch(): void {
    this.#score = withStretch(this.#score, scoreOf(this.#samples.slice(-this.#unscored - 1)))
    this.#unscored = 0
  }

  view(): LineView {
    const { id: callId, state } = this.#call
    if (state === 'ended') {
      const { r, mos } = this.#score
      return { callId, ended: true, r, mos, verdict: verdictOf(this.#samples) }
    }
    const score = scoreOf(this.#samples.slice(-stretch - 1))
    return {
      callId,
      ended: false,
      r: score.r,
      mos: score.mos,
      verdict: verdictOf(this.#samples.slice(-lately)),
    }
  }

  /** Names nobody: not even the contact. */
  record(madeAt: Date): LineRecord {
    const { startedAt, endedAt, direction, practice } = this.#call
    return {
      version: 1,
      id: newId(),
      madeAt: madeAt.toISOString(),
      startedAt,
      endedAt,
      direction,
      practice,
      score: this.#score,
      verdict: verdictOf(this.#samples),
      samples: [...this.#samples],
      events: [...this.#events],
      left: { ...this.#left },
    }
  }
}
