import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { SelfTest, SelfTestFault, SelfTestStep } from '#contract/desk.ts'
import { type Call, isLive } from '#contract/domain/call.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Phone } from '../phone/phone.ts'
import { withoutContents } from './faults.ts'
import { Latest } from './latest.ts'
import type { MediaBridge } from './media.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

export const untested: SelfTest = {
  line: { state: 'open', why: null, at: null },
  microphone: { state: 'open', why: null, at: null },
  ringer: { state: 'open', why: null, at: null },
  echo: { state: 'open', why: null, at: null },
}

/** How long the echo may take to answer, and then how long one may be silent. */
const answerWithinMs = 8_000
const heardWithinMs = 8_000
const lookEveryMs = 200
const audible = 0.003

/** The checks at the start of a shift that the host can make, and what the page found out. The echo's call is no conversation: nobody else is told of it. */
export class ShiftTest {
  readonly latest = new Latest<SelfTest>(untested, isDeepStrictEqual)
  readonly #phone: Phone
  readonly #media: MediaBridge
  readonly #log: Parts['log']
  readonly #now: () => Date
  readonly #keep: (test: SelfTest) => void
  #echoing: { callId: Id; call: Call | null } | null = null

  constructor(parts: {
    phone: Phone
    media: MediaBridge
    log: Parts['log']
    now(): Date
    keep(test: SelfTest): void
  }) {
    this.#keep = parts.keep
    this.#phone = parts.phone
    this.#media = parts.media
    this.#log = parts.log
    this.#now = parts.now
  }

  restore(test: SelfTest | null): void {
    this.latest.set(test ?? untested)
  }

  /** Takes a move of the test's own call; false for every other call. */
  takes(call: Call): boolean {
    const echo = this.#echoing
    if (call.id !== echo?.callId) return false
    echo.call = call
    return true
  }

  report(step: 'microphone' | 'ringer', why: SelfTestFault | null): void {
    this.#set(step, why === null ? 'passed' : 'failed', why)
  }

  checkLine(): void {
    const why = this.#lineFault()
    this.#set('line', why === null ? 'passed' : 'failed', why)
  }

  #lineFault(): SelfTestFault | null {
    const { state } = this.#phone.registration()
    if (state === 'registered') return null
    return state === 'refused' || state === 'elsewhere' ? `line-${state}` : 'line-away'
  }

  /** Rejects nothing: what becomes of it is shown. */
  async checkEcho(): Promise<void> {
    if (!this.#phone.hasEcho()) return this.#set('echo', 'skipped', 'echo-unknown')
    if (this.#echoing || this.#phone.calls().length > 0) return
    const callId = newId()
    this.#echoing = { callId, call: null }
    this.#set('echo', 'running')
    try {
      await this.#phone.callEcho(callId)
      const why = await this.#listen(callId)
      // Whatever it looked like: without a line there is no echo.
      this.#set('echo', why === null ? 'passed' : 'failed', why && (this.#lineFault() ?? why))
    } catch (error) {
      this.#log.info({ err: withoutContents(error) }, 'the echo was not called')
      this.#set('echo', 'failed', this.#lineFault() ?? notCalled(error))
    } finally {
      await this.leave()
      this.#echoing = null
    }
  }

  /** Whatever is being tested, the wish for calls goes before it. */
  async leave(): Promise<void> {
    const echo = this.#echoing
    if (echo && (echo.call === null || isLive(echo.call)))
      await this.#phone.hangUp(echo.callId).catch(() => undefined)
  }

  async #listen(callId: string): Promise<SelfTestFault | null> {
    const signal = AbortSignal.timeout(answerWithinMs + heardWithinMs)
    const began = performance.now()
    let answeredAt: number | null = null
    let packets = 0
    while (!signal.aborted) {
      const call = this.#echoing?.call
      if (call && !isLive(call)) {
        if (call.endReason === 'signalling-lost') return 'line-away'
        return call.endReason === 'operator' || answeredAt !== null ? 'echo-interrupted' : 'echo-unanswered'
      }
      if (call?.state === 'active') answeredAt ??= performance.now()
      const now = performance.now()
      if (answeredAt === null && now - began > answerWithinMs) return 'echo-unanswered'
      if (answeredAt !== null) {
        const { stats } = await this.#media.ask({ verb: 'stats', callId })
        if ((stats?.inbound?.level ?? 0) > audible) return null
        packets = stats?.inbound?.packets ?? packets
        if (now - answeredAt > heardWithinMs) break
      }
      await delay(lookEveryMs)
    }
    return packets > 0 ? 'echo-silent' : 'echo-no-sound'
  }

  #set(step: SelfTestStep, state: SelfTest[SelfTestStep]['state'], why: SelfTestFault | null = null): void {
    this.latest.set({ ...this.latest.value, [step]: { state, why, at: this.#now().toISOString() } })
    if (state !== 'running') this.#keep(this.latest.value)
  }
}

function notCalled(error: unknown): SelfTestFault {
  if (!(error instanceof Fault)) return 'echo-unanswered'
  switch (error.code) {
    case 'microphone-denied':
    case 'microphone-missing':
      return error.code
    case 'phone-away':
      return 'line-away'
    // A call was taken or dialled first, or the page went.
    case 'call-illegal-move':
    case 'call-gone':
    case 'no-media-end':
      return 'echo-interrupted'
    default:
      return 'echo-unanswered'
  }
}

export const selfTestService = (test: ShiftTest, { session }: Pick<Parts, 'session'>) => ({
  watch: desk.selfTest.watch.handler(({ signal }) => test.latest.watch(signal)),
  check: desk.selfTest.check.handler(async ({ input }) => {
    session.user()
    if (input.step === 'line') test.checkLine()
    else await test.checkEcho()
    return done
  }),
  report: desk.selfTest.report.handler(({ input }) => {
    session.user()
    test.report(input.step, input.why)
    return done
  }),
})
