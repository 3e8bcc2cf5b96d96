import { Invitation, Inviter, type NameAddrHeader, type Referral, type Session, SessionState } from 'sip.js'
import { DeskMedia } from '../media/desk-media.ts'
import { holds } from '../media/sdp.ts'
import { contactKey } from '../sip/registrar.ts'

export type DeskLegListener = {
  established(): void
  /** `status`: the SIP status of a refused INVITE; null when it was a BYE or a lost dialog. */
  ended(status: number | null): void
  sound(frame: Uint8Array): void
  /** The desk put us on hold, or took us back. */
  held(on: boolean): void
  digit(sign: string): void
  /** The desk wants the other end to call somebody else; answered by whoever can. */
  refer(referral: Referral): void
}

/** One dialog with a desk, and its audio. */
export class DeskLeg {
  readonly extension: string
  readonly media: DeskMedia
  #listener: DeskLegListener
  #session: Session | null = null
  #contactKey = ''
  #status: number | null = null
  #released = false
  #acknowledge: () => void = () => {}
  held = false

  constructor(extension: string, listener: DeskLegListener, deaf = false) {
    this.extension = extension
    this.#listener = listener
    this.media = new DeskMedia(
      {
        sound: (frame) => {
          if (!this.#released && !this.held) this.#listener.sound(frame)
        },
        digit: (sign) => {
          if (!this.#released) this.#listener.digit(sign)
        },
        direction: (direction) => {
          const held = holds(direction)
          if (this.#released || held === this.held) return
          this.held = held
          this.#listener.held(held)
        },
      },
      deaf,
    )
  }

  /** Another call takes this dialog over. */
  listen(listener: DeskLegListener): void {
    this.#listener = listener
  }

  /** How a transfer goes on, as the status that the other end's call has (RFC 3515, 2.4.4). */
  notify(status: number): void {
    const dialog = this.#session?.dialog
    if (!dialog || this.#session?.state !== SessionState.Established) return
    const state = status < 200 ? 'active;expires=60' : 'terminated;reason=noresource'
    dialog.notify(undefined, {
      extraHeaders: ['Event: refer', `Subscription-State: ${state}`],
      body: {
        contentDisposition: 'render',
        contentType: 'message/sipfrag',
        content: `SIP/2.0 ${status} ${status < 200 ? 'Trying' : status < 300 ? 'OK' : 'Not Available'}`,
      },
    })
  }

  /** Tells the desk by a new offer who it speaks with from now on (RFC 5876). */
  introduce(identity: string): void {
    this.#session
      ?.invite({ requestOptions: { extraHeaders: [`P-Asserted-Identity: ${identity}`] } })
      .catch(() => {})
  }

  /** RFC 3261, 12: Call-ID, our tag, the desk's tag. Null before there is a dialog. */
  get dialogId(): string | null {
    return this.#session?.dialog?.id ?? null
  }

  get callId(): string | null {
    return this.#session?.dialog?.callId ?? null
  }

  /** Where the desk's requests in this dialog come from. */
  get contactKey(): string {
    const target = this.#session?.dialog?.remoteTarget
    return target ? contactKey(target) : this.#contactKey
  }

  get established(): boolean {
    return this.#session?.state === SessionState.Established
  }

  invite(inviter: Inviter, target: string): void {
    this.#contactKey = target
    this.#attach(inviter)
    inviter
      .invite({
        requestDelegate: {
          onReject: (response) => {
            this.#status = response.message.statusCode ?? 500
          },
        },
      })
      .catch(() => this.#end())
  }

  /** A desk's INVITE, to be accepted later; its CANCEL ends the leg. */
  expect(invitation: Invitation): void {
    const contact = invitation.request.parseHeader('contact') as NameAddrHeader | undefined
    if (contact) this.#contactKey = contactKey(contact.uri)
    this.#attach(invitation)
  }

  /** Resolves when the desk has acknowledged the answer; rejects when its offer cannot be answered. */
  async accept(invitation: Invitation): Promise<void> {
    const acknowledged = new Promise<void>((resolve) => {
      this.#acknowledge = resolve
    })
    await invitation.accept()
    await acknowledged
  }

  hear(frame: Uint8Array): void {
    if (!this.held) this.media.send(frame)
  }

  /** CANCEL or BYE, whichever the dialog needs. `reason`: RFC 3326; `refusal`: the status for an INVITE that waits for its answer. */
  hangUp(reason?: string, refusal = 480): void {
    const session = this.#session
    const options = reason === undefined ? {} : { extraHeaders: [`Reason: ${reason}`] }
    if (session?.state === SessionState.Established)
      session.bye({ requestOptions: options }).catch(() => this.#end())
    else if (session instanceof Inviter && session.state !== SessionState.Terminated)
      session.cancel(options).catch(() => this.#end())
    else if (session instanceof Invitation && session.state !== SessionState.Terminated)
      session.reject({ statusCode: refusal }).catch(() => this.#end())
    this.release()
  }

  /** The dialog is forgotten without a request; from here on this leg reports nothing. */
  release(): void {
    this.#released = true
    this.media.close()
  }

  #attach(session: Session): void {
    this.#session = session
    session.data = this
    session.delegate = {
      onAck: () => this.#acknowledge(),
      onBye: (bye) => {
        void bye.accept()
      },
      onInfo: (info) => {
        void info.accept()
        const sign = digitOf(info.request.getHeader('content-type') ?? '', info.request.body)
        if (sign && !this.#released) this.#listener.digit(sign)
      },
      onRefer: (referral) => {
        if (this.#released) void referral.reject({ statusCode: 481 })
        else this.#listener.refer(referral)
      },
    }
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established && !this.#released) this.#listener.established()
      if (state === SessionState.Terminated) this.#end()
    })
  }

  #end(): void {
    if (this.#released) return
    this.release()
    // SIP.js reports the end of a refused INVITE before it hands the response to the request's delegate.
    queueMicrotask(() => this.#listener.ended(this.#status))
  }
}

/** DTMF in INFO, in the two forms that are in use: `application/dtmf-relay` and `application/dtmf`. */
function digitOf(contentType: string, body: string): string | null {
  const type = contentType.toLowerCase()
  const sign = type.startsWith('application/dtmf-relay')
    ? /^Signal\s*=\s*([0-9A-D*#])/im.exec(body)?.[1]
    : type.startsWith('application/dtmf')
      ? /^\s*([0-9A-D*#])\s*$/i.exec(body)?.[1]
      : undefined
  return sign?.toUpperCase() ?? null
}
