import type { Invitation, Referral } from 'sip.js'
import { newId } from '#contract/domain/ids.ts'
import { queueHeaders } from '#contract/queue.ts'
import { Citizen } from '../citizens/citizen.ts'
import type { Line, Scenario } from '../citizens/scenario.ts'
import { Playout } from '../media/playout.ts'
import type { Ticker } from '../media/ticker.ts'
import type { AgentEvent } from '../queue/agent-state.ts'
import type { CallerIdentity, Exchange } from '../sip/exchange.ts'
import type { Binding } from '../sip/registrar.ts'
import { DeskLeg, type DeskLegListener } from './desk-leg.ts'

export type CallState = 'waiting' | 'ringing' | 'talking' | 'held' | 'parked' | 'ended'

/** Who or what ended a call. */
export type CallEnd = 'citizen' | 'operator' | 'gave-up' | 'lost' | 'line-closed' | 'handed-on'

/** The person at the other end of a call, and how they behave. */
export type Person = CallerIdentity & {
  scenarioId: string | null
  lines: readonly Line[]
  hangsUp: boolean
  divertedFrom?: Scenario['divertedFrom']
  deafToNewOffers?: boolean
}

export type QueueTicket = {
  queue: string
  reason: string
  patienceSeconds: number
  /** Hangs up after ringing this long; null: as long as patience lasts. */
  ringSeconds: number | null
}

/** What calls need of the line. */
export type CallContext = {
  exchange: Exchange
  ticker: Ticker
  sound(audio: string): Uint8Array
  ringTimeoutMs: number
  parkMs: number
  agent(extension: string, event: AgentEvent): void
  join(call: Call): void
  leave(call: Call): void
  changed(call: Call): void
  referred(call: Call, leg: DeskLeg, referral: Referral): void
}

/** A referrer ends its own leg at once. */
const byeWithinMs = 5_000

/** A call between a simulated citizen and a desk, from the queue or dialled by the operator. */
export class Call {
  readonly id = newId()
  readonly person: Person
  readonly citizen: Citizen
  readonly startedAt = Date.now()
  readonly #context: CallContext
  readonly #ticket: QueueTicket | null
  readonly #timers = new Map<'patience' | 'ring' | 'park', NodeJS.Timeout>()
  readonly #stopAmbient: () => void
  #state: CallState
  #leg: DeskLeg | null = null
  /** Somebody is rung to whom the citizen is handed on. */
  #handedOn = false
  /** Whose operator hands them on; null once they have hung up. */
  #referrer: DeskLeg | null = null
  #ambient: { what: 'announcement' | 'hold-tune'; playout: Playout } | null = null
  #started = false
  end: CallEnd | null = null
  digits = ''
  sentPackets = 0
  ambientPackets = 0

  constructor(context: CallContext, person: Person, ticket: QueueTicket | null) {
    this.#context = context
    this.person = person
    this.#ticket = ticket
    this.#state = ticket ? 'waiting' : 'ringing'
    this.citizen = new Citizen({
      lines: person.lines,
      sound: context.sound,
      hangsUp: person.hangsUp,
      ticker: context.ticker,
      say: (frame) => {
        if (!this.#leg?.media.connected || this.#leg.held) return
        this.#leg.hear(frame)
        this.sentPackets++
      },
      done: () => this.hangUp('citizen'),
    })
    this.#stopAmbient = context.ticker.add(() => {
      if (this.#ambient?.playout.next()) this.ambientPackets++
    })
  }

  get state(): CallState {
    return this.#state
  }

  get extension(): string | null {
    return this.#leg?.extension ?? null
  }

  /** What the citizen hears instead of an operator. */
  get ambient(): 'announcement' | 'hold-tune' | null {
    return this.#ambient?.what ?? null
  }

  /** Joins the queue. */
  queueUp(): void {
    if (!this.#ticket) return
    this.#after('patience', this.#ticket.patienceSeconds * 1000, () => this.hangUp('gave-up'))
    this.#wait()
  }

  /** The queue has found an operator. */
  ring(binding: Binding): void {
    const leg = this.#newLeg(binding.extension)
    this.#enter('ringing')
    this.#after('ring', this.#context.ringTimeoutMs, () => this.#unanswered(leg, 'missed'))
    if (this.#ticket?.ringSeconds != null)
      this.#after('patience', this.#ticket.ringSeconds * 1000, () => this.hangUp('gave-up'))
    this.#context.exchange.ring(binding, leg, this.person, this.#headers())
  }

  /** The operator has dialled this citizen; they answer after a while. */
  async dialled(invitation: Invitation, extension: string, answerAfterMs: number): Promise<void> {
    const leg = this.#newLeg(extension)
    this.#context.agent(extension, { type: 'call-started', callId: this.id, fromQueue: false })
    this.#started = true
    leg.expect(invitation)
    await invitation.progress()
    this.#after('ring', answerAfterMs, () => this.#answerWith(leg, invitation))
  }

  /** RFC 3891: the same operator's new dialog takes the place of the one it names. */
  takeOver(invitation: Invitation): void {
    const before = this.#leg
    if (!before) return
    const leg = this.#newLeg(before.extension)
    leg.expect(invitation)
    this.#answerWith(leg, invitation, before)
  }

  /** The citizen is handed on to another desk; the one before is told how it goes, and has them again when it comes to nothing. */
  handOn(binding: Binding, headers: string[]): void {
    const before = this.#leg
    if (!before) return
    const leg = this.#newLeg(binding.extension)
    this.#handedOn = true
    this.#referrer = before
    this.#enter('ringing')
    this.#context.agent(leg.extension, { type: 'offered', callId: this.id })
    this.#after('ring', this.#context.ringTimeoutMs, () => {
      leg.hangUp()
      this.#handBack(leg, 408)
    })
    before.notify(180)
    this.#context.exchange.ring(binding, leg, this.person, [...this.#headers(), ...headers])
  }

  /** A colleague's dialog, made for a consultation, takes the place of the referrer's. */
  adopt(leg: DeskLeg): void {
    const before = this.#leg
    if (!before) return
    leg.listen(this.#listenerOf(() => leg))
    this.#leg = leg
    this.#context.agent(leg.extension, {
      type: 'call-started',
      callId: this.id,
      fromQueue: this.#ticket !== null,
    })
    this.#leaveTo(before)
    this.#resume()
    leg.introduce(this.#context.exchange.identityOf(this.person))
  }

  /** Somebody who is not at a desk of this line takes the citizen. */
  leave(): void {
    const before = this.#leg
    if (!before) return
    before.notify(200)
    this.#finish('handed-on')
    setTimeout(() => before.hangUp(), byeWithinMs).unref()
  }

  owns(dialogId: string, extension: string): boolean {
    return this.#leg?.extension === extension && this.#leg.dialogId === dialogId
  }

  /** A desk's socket is gone: if it was this call's, the caller is kept for some seconds. */
  connectionLost(): void {
    const leg = this.#leg
    if (!leg || this.#state === 'parked' || this.#context.exchange.reaches(leg.contactKey)) return
    if (leg.established) this.#park()
    else if (this.#handedOn) {
      leg.hangUp()
      this.#handBack(leg, 480)
    } else if (this.#ticket && !this.#started) this.#unanswered(leg, 'unreachable')
    else this.hangUp('lost')
  }

  /** An operator's desk is back: it goes on in the same dialog, or is called anew if it no longer knows it. */
  registered(binding: Binding): void {
    const leg = this.#leg
    if (this.#state !== 'parked' || leg?.extension !== binding.extension) return
    this.#clear('park')
    if (binding.contactKey === leg.contactKey) {
      this.#resume()
      return
    }
    const lostCallId = leg.callId
    leg.hangUp()
    const again = this.#newLeg(binding.extension)
    this.#enter('ringing')
    this.#after('ring', this.#context.ringTimeoutMs, () => this.hangUp('lost'))
    const headers = [...this.#headers(), ...(lostCallId === null ? [] : [`In-Reply-To: ${lostCallId}`])]
    this.#context.exchange.ring(binding, again, this.person, headers)
  }

  /** The citizen's side, or the line itself, ends the call in whatever state it is. */
  hangUp(end: CallEnd): void {
    if (this.#state === 'ended') return
    const leg = this.#leg
    this.#referrer?.hangUp()
    const offered = this.#state === 'ringing' && this.#ticket !== null && !this.#started
    this.#finish(end)
    leg?.hangUp()
    if (offered && leg)
      this.#context.agent(leg.extension, { type: 'offer-over', callId: this.id, reason: null })
  }

  #newLeg(extension: string): DeskLeg {
    const leg: DeskLeg = new DeskLeg(
      extension,
      this.#listenerOf(() => leg),
      this.person.deafToNewOffers,
    )
    this.#leg = leg
    return leg
  }

  #listenerOf(own: () => DeskLeg): DeskLegListener {
    const mine = () => this.#leg === own()
    return {
      established: () => {
        if (mine()) this.#answered(own())
      },
      ended: (status) => {
        if (mine()) this.#legEnded(own(), status)
        else if (this.#referrer === own()) {
          this.#referrer = null
          this.#context.agent(own().extension, { type: 'call-ended', callId: this.id })
        }
      },
      sound: (frame) => {
        if (mine() && this.#state === 'talking') this.citizen.hear(frame)
      },
      held: () => {
        if (mine() && (this.#state === 'talking' || this.#state === 'held')) this.#resume()
      },
      digit: (sign) => {
        if (!mine() || this.digits.length >= 64) return
        this.digits += sign
        this.#context.changed(this)
      },
      refer: (referral) => {
        if (mine() && this.#started) this.#context.referred(this, own(), referral)
        else void referral.reject({ statusCode: 481 })
      },
    }
  }

  /** The referrer's own leg is theirs to end; one that stays is ended after a while. */
  #leaveTo(before: DeskLeg): void {
    before.notify(200)
    setTimeout(() => before.hangUp(), byeWithinMs).unref()
    this.#context.agent(before.extension, { type: 'call-ended', callId: this.id })
  }

  /** Nobody took the citizen: back to who handed them on, whose desk may have to be waited for. */
  #handBack(leg: DeskLeg, status: number): void {
    const { agent, exchange } = this.#context
    this.#clear('ring')
    agent(leg.extension, { type: 'offer-over', callId: this.id, reason: null })
    const before = this.#referrer
    this.#handedOn = false
    this.#referrer = null
    this.#leg = before
    if (!before) {
      this.hangUp('lost')
      return
    }
    if (exchange.reaches(before.contactKey)) {
      before.notify(status)
      this.#resume()
      return
    }
    this.#park()
    // It may be another process of theirs that is there.
    const binding = exchange.binding(before.extension)
    if (binding) this.registered(binding)
  }

  #answerWith(leg: DeskLeg, invitation: Invitation, before?: DeskLeg): void {
    leg.accept(invitation).then(
      // Not before the ACK: until then the desk may still take the old dialog for the call.
      () => before?.hangUp(),
      () => {
        if (before && this.#leg === leg) this.#leg = before
        else if (this.#leg === leg) this.hangUp('lost')
      },
    )
  }

  #answered(leg: DeskLeg): void {
    this.#clear('ring')
    this.#clear('patience')
    if (this.#handedOn) {
      const before = this.#referrer
      this.#handedOn = false
      this.#referrer = null
      this.#context.agent(leg.extension, {
        type: 'call-started',
        callId: this.id,
        fromQueue: this.#ticket !== null,
      })
      if (before) this.#leaveTo(before)
    }
    if (!this.#started) {
      this.#started = true
      this.#context.agent(leg.extension, { type: 'call-started', callId: this.id, fromQueue: true })
    }
    this.citizen.connect()
    this.#resume()
  }

  #legEnded(leg: DeskLeg, status: number | null): void {
    if (this.#handedOn) this.#handBack(leg, status ?? 480)
    else if (this.#state === 'ringing' && this.#ticket && !this.#started)
      this.#unanswered(leg, status === 486 || status === 603 || status === 600 ? 'refused' : 'unreachable')
    else this.#finish(this.#state === 'ringing' && this.#ticket ? 'lost' : 'operator')
  }

  /** Nobody answered: the operator is not ready any more, the caller waits on, with the time they have waited already. */
  #unanswered(leg: DeskLeg, reason: 'missed' | 'refused' | 'unreachable'): void {
    this.#clear('ring')
    this.#leg = null
    leg.hangUp('SIP;cause=480;text="No answer"')
    this.#context.agent(leg.extension, { type: 'offer-over', callId: this.id, reason })
    this.#wait()
  }

  #wait(): void {
    this.#enter('waiting')
    this.#context.join(this)
  }

  #park(): void {
    this.#enter('parked')
    this.#after('park', this.#context.parkMs, () => this.hangUp('lost'))
  }

  #resume(): void {
    this.#enter(this.#leg?.held ? 'held' : 'talking')
  }

  #enter(state: CallState): void {
    if (this.#state === 'ended') return
    this.#state = state
    const beforeAnswer = state === 'waiting' || (state === 'ringing' && !this.#started)
    const ambient = beforeAnswer ? 'announcement' : state === 'talking' ? null : 'hold-tune'
    if (ambient !== this.ambient)
      this.#ambient = ambient && {
        what: ambient,
        playout: new Playout(this.#context.sound(ambient), { loop: true }),
      }
    this.citizen.pause(state !== 'talking')
    this.#context.changed(this)
  }

  #finish(end: CallEnd): void {
    if (this.#state === 'ended') return
    for (const name of [...this.#timers.keys()]) this.#clear(name)
    this.#ambient = null
    this.#stopAmbient()
    this.citizen.hangUp()
    this.#context.leave(this)
    this.#state = 'ended'
    this.end = end
    const talker = this.#handedOn ? this.#referrer : this.#leg
    if (this.#handedOn && this.#leg)
      this.#context.agent(this.#leg.extension, { type: 'offer-over', callId: this.id, reason: null })
    if (this.#started && talker)
      this.#context.agent(talker.extension, { type: 'call-ended', callId: this.id })
    this.#context.changed(this)
  }

  #headers(): string[] {
    const from = this.person.divertedFrom
    const diversion = from
      ? [`Diversion: "${from.displayName}" <tel:${from.number}>;reason=${from.reason};counter=1`]
      : []
    if (!this.#ticket) return diversion
    return [
      ...diversion,
      `${queueHeaders.queue}: ${this.#ticket.queue}`,
      `${queueHeaders.reason}: ${this.#ticket.reason}`,
      `${queueHeaders.waited}: ${Math.round((Date.now() - this.startedAt) / 1000)}`,
    ]
  }

  #after(name: 'patience' | 'ring' | 'park', ms: number, run: () => void): void {
    this.#clear(name)
    this.#timers.set(name, setTimeout(run, ms))
  }

  #clear(name: 'patience' | 'ring' | 'park'): void {
    const timer = this.#timers.get(name)
    if (timer) clearTimeout(timer)
    this.#timers.delete(name)
  }
}
