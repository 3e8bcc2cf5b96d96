import { setTimeout as delay } from 'node:timers/promises'
import { Core, type Invitation, Inviter, type Session, SessionState } from 'sip.js'
import type { Call, EndReason } from '#contract/domain/call.ts'
import type { OfferOptions, RemoteMedia } from './remote-media.ts'

type IncomingResponse = Core.IncomingResponse
/** What SIP.js keeps to itself and its transactions. */
type TransactionUser = {
  onRequestTimeout(): void
  receiveResponse: (message: Core.IncomingResponseMessage) => void
}

const reinviteTimeout = 8000
const ackTimeout = 2000

export const accepted = (status: number): boolean => status >= 200 && status < 300
/** The far end, or the exchange, does not know the dialog any more (RFC 3261 12.2.1.2). */
export const dialogGone = (status: number): boolean => status === 481
/**
 * Our own timeout, or that of a proxy on the way (RFC 3261 16.8). RFC 3261 12.2.1.2 would have us end the dialog: but the way of the
 * signalling may be away while two people talk, or come back.
 */
export const unanswered = (status: number): boolean => status === 408

/**
 * The far end's BYE came between its 2xx and the end of our work with its answer: SIP.js ends the dialog, drops the request, and then
 * says that the session is established.
 */
export const hasEnded = (session: Session): boolean =>
  session.dialog?.sessionState === Core.SessionState.Terminated

/** The far end's BYE overtook its ACK: SIP.js waits on, and after 32 s ends what has ended, which throws out of a timer. */
export const forgetAck = ({ dialog }: Session): void => {
  if (dialog?.delegate) dialog.delegate.onAckTimeout = () => undefined
}

/** A REFER that is out. */
export type Referral = {
  readonly session: Session
  /** How many times the site's patience its far end may be silent; 0: it has not agreed so far. */
  times: number
  timer: NodeJS.Timeout | null
  /** The line was away, and what the far end said meanwhile is not known. */
  missed: boolean
  /** Its NOTIFYs say which REFER they are about. */
  named: boolean
}

/** A call with its present SIP session. The session may be replaced by another; the call stays. */
export class LiveCall {
  /** As the machine has it now. */
  call: Call
  session: Session
  media: RemoteMedia
  /** Why the session is about to end; the far end's doing when nobody said. */
  ending: EndReason | null = null
  /** Another session is about to take this one's place, whose end then is not the call's. */
  replacing = false
  answering: Promise<void> | null = null
  /** The next offer of a recovery; set until all is well. */
  stalled: NodeJS.Timeout | null = null
  /** The far end did not answer our last offer, or did not take it into a connection that it does not know. */
  unsettled = false
  /** The exchange has said no to an INVITE with Replaces. */
  refusesReplaces = false
  /** While `changing` is `transfer`. */
  referral: Referral | null = null
  #tail: Promise<unknown> = Promise.resolve()
  #flowWaiters = new Set<() => void>()
  /** The ACK of the far end's INVITE has come; no other INVITE may be sent before (RFC 3261 14.1). */
  #confirm: () => void = () => undefined
  readonly #confirmed: Promise<void>
  readonly #tellMedia: (media: Call['media']) => void

  constructor(call: Call, session: Session, media: RemoteMedia, tellMedia: (media: Call['media']) => void) {
    this.call = call
    this.session = session
    this.media = media
    this.#tellMedia = tellMedia
    this.#confirmed = this.invitation
      ? new Promise((resolve) => {
          this.#confirm = resolve
        })
      : Promise.resolve()
  }

  /**
   * Why it is over when the far end hangs up. Who has agreed to a REFER has the other side from then on: there are exchanges that end our leg
   * before, or without, the final NOTIFY (RFC 3515 2.4.4) that would have had us do it. One that says that it rings says also how it went; who
   * hangs up then has not waited for the answer.
   */
  endedThere(): EndReason {
    const { changing, transfer } = this.call
    const agreed = changing === 'transfer' && (this.referral?.times ?? 0) > 0
    return agreed && transfer?.state === 'asked' ? 'transferred' : 'far-end'
  }

  acknowledged(): void {
    this.#confirm()
  }

  get invitation(): Invitation | null {
    return this.session instanceof Inviter ? null : (this.session as Invitation)
  }

  /** Call-ID of the present session. */
  dialog(): string | null {
    const { session } = this
    if (session.dialog) return session.dialog.callId
    const { request } = session as Inviter | Invitation
    return request.callId
  }

  setMedia(media: Call['media']): void {
    if (this.call.media !== media) this.#tellMedia(media)
    if (media !== 'lost') for (const waiter of this.#flowWaiters) waiter()
  }

  /** True once packets flow or none are missing, false when `ms` are over before. */
  flowing(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (flows: boolean) => {
        clearTimeout(timer)
        this.#flowWaiters.delete(waiter)
        resolve(flows)
      }
      const waiter = () => settle(true)
      const timer = setTimeout(() => settle(false), ms)
      this.#flowWaiters.add(waiter)
    })
  }

  /** One offer at a time (RFC 3261 14.1): what is asked meanwhile waits for its turn. */
  serial<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work, work)
    this.#tail = turn.catch(() => undefined)
    return turn
  }

  /** A new offer in the dialog; resolves with the status of the answer. Rejects when no offer could be made. */
  async reinvite(options: OfferOptions, signal: AbortSignal): Promise<number> {
    await this.#confirmedWithin(ackTimeout)
    for (let attempt = 0; ; attempt++) {
      const { status, collided } = await this.#reinviteOnce(options)
      if (!collided || attempt === 2) return status
      // Both sides asked at once: who made the dialog waits longer (RFC 3261 14.1).
      const wait = this.invitation ? 200 + Math.random() * 1800 : 2100 + Math.random() * 1900
      await delay(wait, undefined, { signal })
    }
  }

  /**
   * Takes back an offer that is on its way, as if its transaction had timed out; false when none waits for an answer. SIP.js makes no other
   * meanwhile, and waits 32 s, or for ever once a proxy has said 100 (RFC 3261 17.1.1.2). No CANCEL: there are proxies that end the relaying
   * of the audio with one.
   */
  withdrawOffer(): boolean {
    const { dialog } = this.session
    if (!(dialog instanceof Core.SessionDialog)) return false
    const client = dialog.reinviteUserAgentClient
    const transaction = client?.transaction
    if (!client || !(transaction instanceof Core.InviteClientTransaction)) return false
    const { Calling, Proceeding } = Core.TransactionState
    if (transaction.state !== Calling && transaction.state !== Proceeding) return false
    const transactionUser = client as unknown as TransactionUser
    transactionUser.onRequestTimeout()
    // What comes late belongs to no offer of ours any more, and must not end the wait for another.
    transactionUser.receiveResponse = ({ statusCode }) => {
      if (accepted(statusCode ?? 500))
        transaction.ackResponse(
          dialog.createOutgoingRequestMessage('ACK', { cseq: transaction.request.cseq }),
        )
    }
    return true
  }

  #confirmedWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      void this.#confirmed.then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #reinviteOnce(options: OfferOptions): Promise<{ status: number; collided: boolean }> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const settle = ({ message }: IncomingResponse) => {
        clearTimeout(timer)
        const status = this.#whileItLives(message.statusCode ?? 500)
        // 500 with Retry-After: the other INVITE is not finished there yet (RFC 3261 14.2).
        const collided = status === 491 || (status === 500 && message.hasHeader('retry-after'))
        resolve({ status, collided })
      }
      this.session
        .invite({
          sessionDescriptionHandlerOptions: options,
          requestDelegate: { onAccept: settle, onReject: settle, onRedirect: settle },
        })
        // The page may take its time for the offer; the far end for the answer.
        .then(() => {
          timer = setTimeout(() => {
            if (!this.withdrawOffer()) resolve({ status: this.#whileItLives(408), collided: false })
          }, reinviteTimeout)
        }, reject)
      // SIP.js would describe the call by them too when the far end offers next, although it may have refused ours.
      this.session.sessionDescriptionHandlerOptionsReInvite = {}
    })
  }

  #whileItLives(status: number): number {
    return this.session.state === SessionState.Established ? status : 481
  }
}
