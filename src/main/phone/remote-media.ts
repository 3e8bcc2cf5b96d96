import type { BodyAndContentType, SessionDescriptionHandler, SessionDescriptionHandlerOptions } from 'sip.js'
import type { Id } from '#contract/domain/ids.ts'
import type { MediaPath } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import type { MediaEnd } from './media-end.ts'

/** What a re-INVITE of ours asks of its offer; without `hold` the call is described as it stands. */
export type OfferOptions = SessionDescriptionHandlerOptions & { hold?: boolean; iceRestart?: boolean }

/** A Bluetooth headset may take seconds to open its microphone. */
const describeTimeout = 10_000
const setTimeoutMs = 5_000

/**
 * SIP.js's session description handler for a peer connection that lives in another place: the media end. A page may vanish at any
 * moment, and SIP.js ends a call whose handler fails; so what a vanished page leaves undone is told by `onLost` instead, to be repaired
 * by a new offer when a page is there again.
 */
export class RemoteMedia implements SessionDescriptionHandler {
  readonly #media: MediaEnd
  readonly #callId: Id
  readonly #path: () => MediaPath
  readonly #held: () => boolean
  readonly #onLost: () => void
  #signalling: 'stable' | 'local-offer' | 'remote-offer' = 'stable'
  #prepared: string | null = null
  #retired = false

  constructor(media: MediaEnd, callId: Id, path: () => MediaPath, held: () => boolean, onLost: () => void) {
    this.#media = media
    this.#callId = callId
    this.#path = path
    this.#held = held
    this.#onLost = onLost
  }

  /**
   * Makes the description before SIP.js is told to accept it: a refused microphone or an absent page rejects here and the call
   * goes on ringing. `offer` null: the INVITE carries none, and the answer is an offer of ours.
   */
  async prepare(offer: string | null): Promise<void> {
    this.#prepared = await this.#get({}, offer)
    this.#signalling = offer === null ? 'local-offer' : 'stable'
  }

  async getDescription(options: OfferOptions = {}): Promise<BodyAndContentType> {
    const body = this.#prepared ?? (await this.#get(options))
    if (this.#prepared === null) {
      this.#signalling = this.#signalling === 'remote-offer' ? 'stable' : 'local-offer'
    }
    this.#prepared = null
    return { body, contentType: 'application/sdp' }
  }

  async setDescription(sdp: string): Promise<void> {
    if (this.#prepared !== null) return
    if (this.#signalling !== 'local-offer') {
      await this.#set('offer', sdp)
      this.#signalling = 'remote-offer'
      return
    }
    this.#signalling = 'stable'
    try {
      await this.#set('answer', sdp)
    } catch (error) {
      if (!this.#vanished(error)) throw error
      this.#onLost()
    }
  }

  /**
   * What the far end lets be heard before it answers; false when it cannot be. SIP.js's own early media would end a call that another branch
   * of a fork answers than the one that was heard, so it knows nothing of this: the answer is set all the same.
   */
  async hearEarly(sdp: string): Promise<boolean> {
    if (this.#signalling !== 'local-offer' || this.#retired) return false
    return this.#set('pranswer', sdp).then(
      () => true,
      () => false,
    )
  }

  async rollbackDescription(): Promise<void> {
    this.#signalling = 'stable'
    await this.#media
      .ask({ verb: 'roll-back', callId: this.#callId }, setTimeoutMs)
      .catch(() => this.#onLost())
  }

  hasDescription(contentType: string): boolean {
    return contentType.toLowerCase().split(';', 1)[0]?.trim() === 'application/sdp'
  }

  /** DTMF goes by its own verb. */
  sendDtmf(): boolean {
    return false
  }

  /** The call goes on under another dialog: this one's end must not close the call's connection. */
  retire(): void {
    this.#retired = true
  }

  close(): void {
    if (this.#retired) return
    this.#retired = true
    this.#media.ask({ verb: 'close', callId: this.#callId }, setTimeoutMs).catch(() => undefined)
  }

  async #get(options: OfferOptions, offer: string | null = null): Promise<string> {
    const answer = await this.#media.ask(
      {
        verb: 'get-description',
        callId: this.#callId,
        ...(offer !== null && { offer }),
        hold: options.hold ?? this.#held(),
        iceRestart: options.iceRestart === true,
        path: this.#path(),
      },
      describeTimeout,
    )
    if (answer.sdp === undefined) throw new Fault('unavailable', 'unavailable-now')
    return answer.sdp
  }

  async #set(type: 'offer' | 'pranswer' | 'answer', sdp: string): Promise<void> {
    await this.#media.ask({ verb: 'set-description', callId: this.#callId, type, sdp }, setTimeoutMs)
  }

  #vanished(error: unknown): boolean {
    if (!this.#media.attached()) return true
    return error instanceof Fault && (error.code === 'no-media-end' || error.code === 'call-gone')
  }
}
