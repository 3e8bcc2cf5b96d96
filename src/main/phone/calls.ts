import type { Logger } from 'pino'
import { type Invitation, Inviter, type Session, SessionState } from 'sip.js'
import { type Call, type EndReason, isTalking } from '#contract/domain/call.ts'
import {
  type CallEffect,
  type CallEvent,
  type CallRefusal,
  ringing,
  ringsBack,
  transition,
} from '#contract/domain/call-machine.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { MediaPath } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import { longestDescription, type MediaVerb } from '#contract/media.ts'
import { whilePaintingMs } from '../painting.ts'
import { completedElsewhere } from './identity.ts'
import type { Line } from './line.ts'
import { accepted, dialogGone, forgetAck, hasEnded, LiveCall, unanswered } from './live-call.ts'
import type { MediaEnd } from './media-end.ts'
import { RemoteMedia } from './remote-media.ts'

export type CallsOptions = {
  media: MediaEnd
  line: Line
  log: Logger
  now(): Date
  path(): MediaPath
  /** Aborted when the phone stops. */
  signal(): AbortSignal
  moved(call: Call): void
  /** A page left an answer undone: the call needs a new offer. */
  mediaLost(live: LiveCall): void
  /** The far end has not answered an offer, and may have taken it: it is to be told how the call stands. */
  unanswered(live: LiveCall): void
  /** Ask the far end to call somebody else. Rejects when it does not agree. */
  refer(live: LiveCall, to: string, consultation: LiveCall | null): Promise<void>
  /** What the far end says of it, or of anything else. */
  notified(live: LiveCall, session: Session, event: string, body: string): void
  /** The exchange sent a new offer with another identity in it. */
  reinvited(live: LiveCall, request: Invitation['request']): void
}

/** What a move has set going. */
export type Applied = {
  /** What was asked of the media end. */
  asked: Promise<void>
  /** The far end's answer to the new offer in this call; resolved when none was made. */
  offered(callId: Id): Promise<void>
  referred: Promise<void>
}

const refusals: Record<CallRefusal, () => Fault> = {
  gone: () => new Fault('not-found', 'call-gone'),
  illegal: () => new Fault('conflict', 'call-illegal-move'),
  busy: () => new Fault('busy', 'call-illegal-move'),
  'too-many': () => new Fault('busy', 'calls-too-many'),
}

/** The calls of this desk as the machine has them, each with its SIP session; does what the machine says has to be done. */
export class Calls {
  readonly #options: CallsOptions
  #calls: readonly Call[] = []
  readonly #live = new Map<Id, LiveCall>()
  readonly #descriptions = new WeakMap<Session, RemoteMedia>()
  /** Hung up, and the far end has not answered so far: it is told once more when the line was away meanwhile. */
  readonly #unsaid = new Set<Session>()
  #allSaid: (() => void) | null = null
  #toRing: NodeJS.Timeout | undefined

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** Live ones, in the order they came. */
  present(): readonly Call[] {
    return this.#calls
  }

  list(): LiveCall[] {
    return [...this.#live.values()]
  }

  talking(): LiveCall[] {
    return this.list().filter((live) => isTalking(live.call))
  }

  /** Somebody is talked with, or the far end of a call that is over has not been told so. */
  engaged(): boolean {
    return this.#unsaid.size > 0 || this.#calls.some(isTalking)
  }

  find(callId: Id): LiveCall | null {
    return this.#live.get(callId) ?? null
  }

  /** Throws `call-gone`. */
  get(callId: Id): LiveCall {
    const live = this.#live.get(callId)
    if (!live) throw refusals.gone()
    return live
  }

  /** Throws what `apply` would throw, and changes nothing. */
  check(event: CallEvent): void {
    const step = transition(this.#calls, event)
    if (!step.ok) throw refusals[step.refusal]()
  }

  /** Moves the machine and does what follows. Throws `call-gone`, `call-illegal-move` (`busy` while another call is being set up) or `calls-too-many`. */
  apply(event: CallEvent): Applied {
    const before = this.#calls
    const step = transition(before, event)
    if (!step.ok) throw refusals[step.refusal]()
    this.#calls = step.calls.filter(({ state }) => state !== 'ended')
    const over: LiveCall[] = []
    for (const call of step.calls) {
      const live = this.#live.get(call.id)
      if (!live || before.find(({ id }) => id === call.id) === call) continue
      live.call = call
      if (call.state === 'ended') {
        this.#live.delete(call.id)
        over.push(live)
      }
      this.#options.moved(call)
    }
    const applied = this.#perform(step.effects, over)
    for (const live of over) {
      if (live.stalled) clearTimeout(live.stalled)
      if (live.referral?.timer) clearTimeout(live.referral.timer)
      live.media.close()
    }
    return applied
  }

  /** The same for what the line tells: what comes too late changes nothing. */
  tell(event: CallEvent): boolean {
    try {
      void this.apply(event).asked.catch(() => undefined)
      return true
    } catch (error) {
      if (error instanceof Fault) return false
      throw error
    }
  }

  /** A call that begins, with its session; throws as `apply` does. */
  begin(
    type: 'ring' | 'dial',
    call: Call,
    session: Session,
    media: RemoteMedia,
  ): { live: LiveCall; applied: Applied } {
    const live = new LiveCall(call, session, media, (now) =>
      this.tell({ type: 'media', callId: call.id, media: now }),
    )
    this.check({ type, call })
    this.#live.set(call.id, live)
    this.#descriptions.set(session, media)
    this.#follow(live, session)
    return { live, applied: this.apply({ type, call }) }
  }

  /** SIP.js asks for the handler of a session's descriptions. */
  describe(session: Session): RemoteMedia {
    const media = this.#descriptions.get(session)
    if (!media) throw new Error('a session that nobody announced')
    return media
  }

  mediaFor(id: Id): RemoteMedia {
    const { media, path, mediaLost } = this.#options
    const held = () => this.#live.get(id)?.call.state === 'held'
    return new RemoteMedia(media, id, path, held, () => {
      const live = this.#live.get(id)
      if (live) mediaLost(live)
    })
  }

  announce(session: Session, callId: Id): RemoteMedia {
    const media = this.mediaFor(callId)
    this.#descriptions.set(session, media)
    return media
  }

  /** From here on the call is this session (INVITE with Replaces). */
  adopt(live: LiveCall, session: Session, media: RemoteMedia): void {
    live.media.retire()
    live.session = session
    live.media = media
    this.#follow(live, session)
  }

  end(live: LiveCall, reason: EndReason): void {
    this.tell({ type: 'end', callId: live.call.id, at: this.instant(), reason })
  }

  /** CANCEL, BYE or a refusal, whatever its state wants; while the line is away, as soon as it is back. */
  leave(session: Session): void {
    if (session.state === SessionState.Established) {
      if (hasEnded(session)) this.quietly(() => session.dispose())
      else {
        this.#unsaid.add(session)
        if (this.#options.line.connected()) this.#sayBye(session)
      }
    } else if (session instanceof Inviter) {
      if (session.state !== SessionState.Terminated) this.quietly(() => session.cancel())
    } else if (session.state !== SessionState.Terminated) {
      this.quietly(() => (session as Invitation).reject({ statusCode: 480 }))
    }
  }

  /** The far end's dialog is gone, as a 481 says. */
  lost(live: LiveCall): void {
    this.leave(live.session)
    this.end(live, 'signalling-lost')
  }

  /** The line is away. Who talks goes on talking; what only rings or dials cannot be answered over a new connection, and no offer either. */
  lineLost(): void {
    for (const live of this.list()) {
      if (isTalking(live.call)) live.withdrawOffer()
      else this.lost(live)
    }
  }

  lineBack(): void {
    for (const session of this.#unsaid) this.#sayBye(session)
  }

  /** A connection may have been dead for seconds before that is known, and a BYE into it reaches nobody. */
  #sayBye(session: Session): void {
    const said = () => {
      // SIP.js answers for itself when nobody else does. Over a line that is there, there is nobody to be told.
      if (!this.#options.line.connected()) return
      this.#unsaid.delete(session)
      if (this.#unsaid.size === 0) this.#allSaid?.()
    }
    const requestDelegate = { onAccept: said, onReject: said, onRedirect: said }
    this.quietly(() =>
      session.state === SessionState.Established
        ? session.bye({ requestDelegate })
        : session.dialog?.bye(requestDelegate),
    )
  }

  /** Resolves when every far end has been told, at the latest after `ms`. */
  async endAll(ms: number): Promise<void> {
    for (const live of this.list()) {
      live.ending = 'desk-stopped'
      this.leave(live.session)
      this.end(live, 'desk-stopped')
    }
    if (this.#unsaid.size > 0) {
      this.#options.line.retryNow()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#allSaid = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#allSaid = null
    this.#unsaid.clear()
  }

  instant(): string {
    return this.#options.now().toISOString()
  }

  /** SIP.js rejects some wrong moves and throws at others. */
  quietly(work: () => unknown): void {
    void (async () => work())().catch((error: unknown) => {
      const cause = error instanceof Fault ? error.code : error instanceof Error ? error.name : typeof error
      this.#options.log.debug({ cause }, 'not done')
    })
  }

  #perform(effects: readonly CallEffect[], over: readonly LiveCall[]): Applied {
    const asked: Promise<unknown>[] = []
    const offers = new Map<Id, Promise<void>>()
    let referred: Promise<void> = Promise.resolve()
    for (const effect of effects) {
      switch (effect.do) {
        case 'silence':
        case 'speak':
          asked.push(this.ask({ verb: 'hold', callId: effect.callId, on: effect.do === 'silence' }))
          break
        case 'mute':
          asked.push(this.ask({ verb: 'mute', callId: effect.callId, on: effect.on }))
          break
        case 'mix':
          asked.push(this.ask({ verb: 'mix', callIds: effect.callIds }))
          break
        case 'ring-back':
          this.ringBack(effect.on)
          break
        case 'ring':
          this.ring(effect.callId, effect.waiting)
          break
        case 'offer':
          offers.set(effect.callId, this.#offer(this.get(effect.callId), effect.change))
          break
        case 'refer': {
          const consultation = effect.consultationId === null ? null : this.get(effect.consultationId)
          referred = this.#options.refer(this.get(effect.callId), effect.to, consultation)
          break
        }
        case 'leave': {
          const live = over.find(({ call }) => call.id === effect.callId)
          if (live) this.leave(live.session)
        }
      }
    }
    // Whoever wants to know waits for it; nobody need.
    for (const promise of [referred, ...offers.values()]) promise.catch(() => undefined)
    return {
      asked: Promise.all(asked).then(() => undefined),
      offered: (callId) => offers.get(callId) ?? Promise.resolve(),
      referred,
    }
  }

  /** A page that is away is told when it is back: recovery says everything again before it makes a description. */
  async ask(ask: MediaVerb): Promise<void> {
    try {
      await this.#options.media.ask(ask)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'no-media-end')) throw error
    }
  }

  /** The page is told anew what rings. */
  ringOn(): void {
    const { callId, waiting } = ringing(this.#calls)
    this.ring(callId, waiting)
  }

  /** The page is told whether it rings at the far end. */
  ringBack(on = ringsBack(this.#calls)): void {
    this.quietly(() => this.ask({ verb: 'ring-back', on }))
  }

  ring(callId: Id | null, waiting = false): void {
    clearTimeout(this.#toRing)
    // The sound, and the connection that it is a reason to prepare, come after the paint; silence only after what else the page is told.
    if (callId === null) setImmediate(() => this.#askRing(null, false))
    else this.#toRing = setTimeout(() => this.#askRing(callId, waiting), whilePaintingMs)
  }

  #askRing(callId: Id | null, waiting: boolean): void {
    const { media, path } = this.#options
    if (!media.attached()) return
    const offer = callId === null ? undefined : this.find(callId)?.invitation?.body
    const prepare = offer !== undefined && offer.length <= longestDescription
    this.quietly(() =>
      media.ask({
        ...{ verb: 'ring', callId, waiting },
        ...(prepare && { prepare: { offer: offer || null, path: path() } }),
      }),
    )
  }

  /** By a re-INVITE (RFC 3264 8.4): the far end's exchange may play its music. */
  #offer(live: LiveCall, change: 'hold' | 'resume'): Promise<void> {
    return live.serial(async () => {
      const { line, signal } = this.#options
      // Something else was asked meanwhile, and has an offer of its own.
      if (live.call.state !== 'held' || (change === 'resume') !== (live.call.changing === 'resume')) return
      const settle = (ok: boolean) => this.tell({ type: 'offered', callId: live.call.id, change, ok })
      let status: number
      try {
        if (!line.connected()) throw new Fault('unavailable', 'phone-away')
        status = await live.reinvite({ hold: change === 'hold' }, signal())
      } catch (error) {
        settle(false)
        throw error
      }
      if (dialogGone(status)) {
        this.lost(live)
        throw refusals.gone()
      }
      settle(accepted(status))
      if (accepted(status)) live.unsettled = false
      if (unanswered(status)) this.#options.unanswered(live)
      if (!accepted(status)) throw new Fault('unavailable', 'unavailable-now', { params: { status } })
    })
  }

  #follow(live: LiveCall, session: Session): void {
    session.delegate = {
      onAck: () => live.acknowledged(),
      onBye: (bye) => {
        if (!live.replacing) live.ending ??= live.endedThere()
        this.quietly(() => bye.accept())
      },
      onCancel: (cancel) => {
        live.ending = completedElsewhere(cancel.request.getHeader('Reason')) ? 'elsewhere' : 'cancelled'
      },
      onInvite: (request) => this.#options.reinvited(live, request),
      onNotify: (notification) => {
        const { request } = notification
        this.quietly(() => notification.accept())
        this.#options.notified(live, session, request.getHeader('Event') ?? '', request.body)
      },
      // Nobody outside makes this desk call somebody else; SIP.js would follow by itself.
      onRefer: (referral) => this.quietly(() => referral.reject({ statusCode: 603 })),
    }
    session.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) forgetAck(session)
      if (live.session !== session) return
      if (state === SessionState.Established) {
        if (hasEnded(session)) this.#endedBefore(live, session)
        else {
          this.tell({ type: 'established', callId: live.call.id, at: this.instant() })
          if (live.call.media === 'lost') this.#options.mediaLost(live)
        }
      }
      // SIP.js tells the status of a refusal just after the state.
      if (state === SessionState.Terminated) queueMicrotask(() => this.#terminated(live, session))
    })
  }

  /** SIP.js still lists the session; disposing of it takes it off, and its BYE for a dialog that is gone fails. */
  #endedBefore(live: LiveCall, session: Session): void {
    this.quietly(() => session.dispose())
    this.end(live, live.ending ?? 'far-end')
  }

  #terminated(live: LiveCall, session: Session): void {
    if (live.session !== session || live.replacing) return
    this.end(live, live.ending ?? 'far-end')
  }
}
