import type { Logger } from 'pino'
import { type Invitation, Inviter, type Session, SessionState, URI } from 'sip.js'
import { type Call, type EndReason, isTalking, plainCall } from '#contract/domain/call.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { callerOf, completedElsewhere, isPractice, queueOf } from './identity.ts'
import type { Line } from './line.ts'
import { hasEnded, LiveCall } from './live-call.ts'
import type { MediaEnd } from './media-end.ts'
import { RemoteMedia } from './remote-media.ts'
import { dialTarget } from './target.ts'

export type CallsOptions = {
  media: MediaEnd
  line: Line
  log: Logger
  now(): Date
  practice(): boolean
  moved(call: Call): void
  /** A page left an answer undone: the call needs a new offer. */
  mediaLost(live: LiveCall): void
}

const noMediaEnd = () => new Fault('unavailable', 'no-media-end')
const illegalMove = () => new Fault('conflict', 'call-illegal-move')

/** The live calls and what an operator may do with them. */
export class Calls {
  readonly #options: CallsOptions
  readonly #live = new Map<Id, LiveCall>()
  readonly #descriptions = new WeakMap<Session, RemoteMedia>()
  /** Hung up while the line was away: the far end is told when it is back. */
  readonly #unsaid = new Set<Session>()
  #dialling = false

  constructor(options: CallsOptions) {
    this.#options = options
  }

  list(): LiveCall[] {
    return [...this.#live.values()]
  }

  talking(): LiveCall[] {
    return this.list().filter((live) => isTalking(live.call))
  }

  find(callId: Id): LiveCall | null {
    return this.#live.get(callId) ?? null
  }

  /** SIP.js asks for the handler of a session's descriptions. */
  describe(session: Session): RemoteMedia {
    const media = this.#descriptions.get(session)
    if (!media) throw new Error('a session that nobody announced')
    return media
  }

  invited(invitation: Invitation, arrivedAt: number): void {
    if (this.#live.size > 0 || this.#dialling) {
      // The exchange looks for another operator or plays its busy message.
      this.#quietly(() => invitation.reject({ statusCode: 486 }))
      return
    }
    const id = newId()
    this.#options.log.debug({ callId: id, arrivedAt: performance.timeOrigin + arrivedAt }, 'invite received')
    const headers = invitation.request
    const media = this.#mediaFor(id)
    const live = this.#add(
      {
        ...plainCall,
        id,
        direction: 'inbound',
        state: 'ringing',
        remote: callerOf(headers),
        queue: queueOf(headers),
        practice: isPractice(headers) || this.#options.practice(),
        muted: false,
        media: 'none',
        startedAt: this.#instant(),
        answeredAt: null,
        endedAt: null,
        endReason: null,
      },
      invitation,
      media,
    )
    this.#quietly(() => invitation.progress({ statusCode: 180 }))
    this.#options.moved(live.call)
    this.ring(id)
  }

  answer(callId: Id): Promise<void> {
    const live = this.get(callId)
    live.answering ??= this.#answer(live).finally(() => {
      live.answering = null
    })
    return live.answering
  }

  async #answer(live: LiveCall): Promise<void> {
    const invitation = live.invitation
    const { id } = live.call
    if (live.call.state !== 'ringing' || !invitation) throw illegalMove()
    if (!this.#options.media.attached()) throw noMediaEnd()
    this.ring(null)
    try {
      await live.media.prepare(invitation.body ? invitation.body : null)
    } catch (error) {
      await this.#options.media.ask({ verb: 'close', callId: id }).catch(() => undefined)
      if (live.call.state === 'ringing') this.ring(id)
      throw error
    }
    if (!live.move({ type: 'answer', at: this.#instant() })) throw new Fault('not-found', 'call-gone')
    try {
      await invitation.accept()
    } catch (error) {
      this.end(live, live.ending ?? 'media-failed')
      throw new Fault('unavailable', 'call-gone', { cause: error })
    }
  }

  /**
   * 486: this operator does not take it, and the queue offers it to the next. Not 603, which tells a forking exchange that nobody shall
   * (RFC 3261 21.6.2), and not 480, which queues count as a desk that cannot be reached.
   */
  async reject(callId: Id): Promise<void> {
    const live = this.get(callId)
    if (live.call.state !== 'ringing' || !live.invitation) throw illegalMove()
    live.ending = 'operator'
    await live.invitation.reject({ statusCode: 486 })
    this.end(live, 'operator')
  }

  async hangUp(callId: Id): Promise<void> {
    const live = this.get(callId)
    if (live.call.state === 'ringing') return this.reject(callId)
    live.ending = 'operator'
    this.#leave(live.session)
    this.end(live, 'operator')
  }

  #leave(session: Session): void {
    if (session.state === SessionState.Established) {
      if (this.#options.line.agent()) this.#quietly(() => session.bye())
      else this.#unsaid.add(session)
    } else if (session instanceof Inviter) {
      if (session.state !== SessionState.Terminated) this.#quietly(() => session.cancel())
    } else if (session.state !== SessionState.Terminated) {
      this.#quietly(() => (session as Invitation).reject({ statusCode: 480 }))
    }
  }

  async dial(number: string): Promise<Id> {
    const target = dialTarget(number)
    if (!target) throw new Fault('invalid', 'input-invalid')
    if (this.#live.size > 0 || this.#dialling) throw new Fault('busy', 'call-illegal-move')
    if (!this.#options.media.attached()) throw noMediaEnd()
    const id = newId()
    const media = this.#mediaFor(id)
    this.#dialling = true
    try {
      if (!this.#options.line.agent()) throw new Fault('unavailable', 'phone-away')
      await media.prepare(null)
      const agent = this.#options.line.agent()
      const realm = this.#options.line.credentials()?.realm
      if (!agent || realm === undefined) throw new Fault('unavailable', 'phone-away')
      const inviter = new Inviter(agent, new URI('sip', target.user, realm))
      const live = this.#add(
        {
          ...plainCall,
          id,
          direction: 'outbound',
          state: 'dialling',
          remote: target.remote,
          queue: null,
          practice: this.#options.practice(),
          muted: false,
          media: 'none',
          startedAt: this.#instant(),
          answeredAt: null,
          endedAt: null,
          endReason: null,
        },
        inviter,
        media,
      )
      this.#options.moved(live.call)
      await inviter.invite({
        requestDelegate: {
          onReject: ({ message }) => {
            live.ending ??= refusalOf(message.statusCode ?? 500)
          },
          onRedirect: () => {
            live.ending ??= 'unreachable'
          },
        },
      })
      return id
    } catch (error) {
      media.close()
      throw error
    } finally {
      this.#dialling = false
    }
  }

  /** The call is over; the first reason stays. */
  end(live: LiveCall, reason: EndReason): void {
    const rang = live.call.state === 'ringing'
    if (live.stalled) clearTimeout(live.stalled)
    this.#live.delete(live.call.id)
    live.move({ type: 'end', at: this.#instant(), reason })
    if (rang) this.ring(null)
    live.media.close()
  }

  /** The far end's dialog is gone: told so by a 481 or by silence. */
  lost(live: LiveCall): void {
    this.#leave(live.session)
    this.end(live, 'signalling-lost')
  }

  /** The line is away. Who talks goes on talking; what only rings or dials cannot be answered over a new connection. */
  lineLost(): void {
    for (const live of this.list()) {
      if (isTalking(live.call)) continue
      this.#leave(live.session)
      this.end(live, 'signalling-lost')
    }
  }

  lineBack(): void {
    for (const session of this.#unsaid) {
      if (session.state === SessionState.Established) this.#quietly(() => session.bye())
    }
    this.#unsaid.clear()
  }

  endAll(): void {
    for (const live of this.list()) {
      live.ending = 'operator'
      this.#leave(live.session)
      this.end(live, 'operator')
    }
    this.#unsaid.clear()
  }

  /** From here on the call is this session (INVITE with Replaces). */
  adopt(live: LiveCall, session: Session, media: RemoteMedia): void {
    live.media.retire()
    live.session = session
    live.media = media
    this.#follow(live, session)
  }

  announce(session: Session, callId: Id): RemoteMedia {
    const media = this.#mediaFor(callId)
    this.#descriptions.set(session, media)
    return media
  }

  ring(callId: Id | null): void {
    if (this.#options.media.attached()) this.#quietly(() => this.#options.media.ask({ verb: 'ring', callId }))
  }

  #mediaFor(id: Id): RemoteMedia {
    return new RemoteMedia(this.#options.media, id, () => {
      const live = this.#live.get(id)
      if (live) this.#options.mediaLost(live)
    })
  }

  #add(call: Call, session: Session, media: RemoteMedia): LiveCall {
    const live = new LiveCall(call, session, media, this.#options.moved)
    this.#descriptions.set(session, media)
    this.#live.set(call.id, live)
    this.#follow(live, session)
    return live
  }

  #follow(live: LiveCall, session: Session): void {
    session.delegate = {
      onAck: () => live.acknowledged(),
      onBye: (bye) => {
        if (!live.replacing) live.ending ??= 'far-end'
        this.#quietly(() => bye.accept())
      },
      onCancel: (cancel) => {
        live.ending = completedElsewhere(cancel.request.getHeader('Reason')) ? 'elsewhere' : 'cancelled'
      },
      // Nobody outside makes this desk call somebody else; SIP.js would follow by itself.
      onRefer: (referral) => this.#quietly(() => referral.reject({ statusCode: 603 })),
    }
    session.stateChange.addListener((state) => {
      if (live.session !== session) return
      if (state === SessionState.Established) {
        if (hasEnded(session)) this.#endedBefore(live, session)
        else live.move({ type: 'established', at: this.#instant() })
      }
      // SIP.js tells the status of a refusal just after the state.
      if (state === SessionState.Terminated) queueMicrotask(() => this.#terminated(live, session))
    })
  }

  /** SIP.js still lists the session; disposing of it takes it off, and its BYE for a dialog that is gone fails. */
  #endedBefore(live: LiveCall, session: Session): void {
    this.#quietly(() => session.dispose())
    this.end(live, live.ending ?? 'far-end')
  }

  #terminated(live: LiveCall, session: Session): void {
    if (live.session !== session || live.replacing || !this.#live.has(live.call.id)) return
    this.end(live, live.ending ?? 'far-end')
  }

  /** Throws `call-gone`. */
  get(callId: Id): LiveCall {
    const live = this.#live.get(callId)
    if (!live) throw new Fault('not-found', 'call-gone')
    return live
  }

  #instant(): string {
    return this.#options.now().toISOString()
  }

  /** SIP.js rejects some wrong moves and throws at others. */
  #quietly(work: () => unknown): void {
    void (async () => work())().catch((error: unknown) => {
      const cause = error instanceof Fault ? error.code : error instanceof Error ? error.name : typeof error
      this.#options.log.debug({ cause }, 'not done')
    })
  }
}

function refusalOf(status: number): EndReason {
  if (status === 486 || status === 600) return 'busy'
  if (status === 603 || status === 403 || status === 433 || status === 607) return 'refused'
  return 'unreachable'
}
