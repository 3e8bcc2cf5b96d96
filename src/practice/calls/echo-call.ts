import type { Invitation } from 'sip.js'
import { DeskLeg } from './desk-leg.ts'

/** As Asterisk's sample dial plan has it. */
export const echoExtension = '*43'

const longestMs = 60_000

/** What a desk says comes back to it: a test of its microphone, its loudspeaker and the way between. */
export class EchoCall {
  readonly #leg: DeskLeg
  readonly #timer: NodeJS.Timeout

  constructor(invitation: Invitation, extension: string, ended: (call: EchoCall) => void) {
    const over = () => {
      clearTimeout(this.#timer)
      ended(this)
    }
    this.#leg = new DeskLeg(extension, {
      established: () => undefined,
      ended: over,
      sound: (frame) => this.#leg.hear(frame),
      held: () => undefined,
      digit: () => undefined,
      refer: (referral) => void referral.reject({ statusCode: 603 }),
    })
    this.#timer = setTimeout(() => {
      this.close()
      ended(this)
    }, longestMs)
    this.#leg.expect(invitation)
    this.#leg.accept(invitation).catch(over)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#leg.hangUp()
  }
}
