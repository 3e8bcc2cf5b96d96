import type { Invitation } from 'sip.js'
import { newId } from '#contract/domain/ids.ts'
import type { AgentEvent } from '../queue/agent-state.ts'
import type { Exchange } from '../sip/exchange.ts'
import type { Binding } from '../sip/registrar.ts'
import { DeskLeg } from './desk-leg.ts'

export type ExtensionCallContext = {
  exchange: Exchange
  ringTimeoutMs: number
  /** How long a desk that is gone is waited for. */
  parkMs: number
  agent(extension: string, event: AgentEvent): void
  ended(call: ExtensionCall): void
}

/** One desk calls another. Their sound is handed through as it comes. */
export class ExtensionCall {
  readonly id = newId()
  readonly #context: ExtensionCallContext
  readonly #caller: DeskLeg
  readonly #callee: DeskLeg
  readonly #timer: NodeJS.Timeout
  #over = false

  constructor(context: ExtensionCallContext, invitation: Invitation, from: string, binding: Binding) {
    this.#context = context
    this.#caller = this.#leg(from, () => this.#callee)
    this.#callee = this.#leg(binding.extension, () => this.#caller, invitation)
    for (const leg of [this.#caller, this.#callee])
      context.agent(leg.extension, { type: 'call-started', callId: this.id, fromQueue: false })
    this.#caller.expect(invitation)
    invitation.progress().catch(() => this.close())
    // Typed as text, but undefined when the From header has no name.
    const displayName = (invitation.remoteIdentity.displayName ?? '').replace(/["\\<>\p{Cc}]/gu, '')
    const contact = invitation.request.getHeaders('user-to-user').map((value) => `User-to-User: ${value}`)
    context.exchange.ring(binding, this.#callee, { number: from, displayName }, contact)
    this.#timer = setTimeout(() => this.close(), context.ringTimeoutMs)
  }

  /** The leg at the other end of this dialog, once both speak. */
  opposite(dialogId: string, extension: string): DeskLeg | null {
    const named = [this.#caller, this.#callee].find(
      (leg) => leg.extension === extension && leg.dialogId === dialogId,
    )
    const other = named === this.#caller ? this.#callee : this.#caller
    return named && other.established ? other : null
  }

  /** This leg goes on in another call; the rest of this one is over. */
  surrender(leg: DeskLeg): void {
    const other = leg === this.#caller ? this.#callee : this.#caller
    this.#over = true
    clearTimeout(this.#timer)
    other.hangUp()
    for (const { extension } of [leg, other])
      this.#context.agent(extension, { type: 'call-ended', callId: this.id })
    this.#context.ended(this)
  }

  /** A desk's socket is gone: two who speak are waited for some seconds, as a citizen would be. */
  connectionLost(): void {
    const { exchange, parkMs } = this.#context
    const legs = [this.#caller, this.#callee]
    const gone = () => !legs.every((leg) => exchange.reaches(leg.contactKey))
    if (!gone()) return
    if (!legs.every((leg) => leg.established)) this.close()
    else
      setTimeout(() => {
        if (gone()) this.close()
      }, parkMs).unref()
  }

  close(status = 480): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    for (const leg of [this.#caller, this.#callee]) {
      leg.hangUp(undefined, status)
      this.#context.agent(leg.extension, { type: 'call-ended', callId: this.id })
    }
    this.#context.ended(this)
  }

  #leg(extension: string, other: () => DeskLeg, answers?: Invitation): DeskLeg {
    return new DeskLeg(extension, {
      established: () => {
        if (!answers) return
        clearTimeout(this.#timer)
        this.#caller.accept(answers).catch(() => this.close())
      },
      ended: (status) => this.close(status ?? 480),
      sound: (frame) => other().hear(frame),
      held: () => {},
      digit: () => {},
      refer: (referral) => void referral.reject({ statusCode: 501 }),
    })
  }
}
