import type { Session } from 'sip.js'
import { isTalking } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Calls } from './calls.ts'
import type { Line } from './line.ts'
import { accepted, dialogGone } from './live-call.ts'
import type { MediaEnd } from './media-end.ts'

export type CallControlsOptions = {
  calls: Calls
  media: MediaEnd
  line: Line
  /** Aborted when the phone stops. */
  signal(): AbortSignal
}

const illegalMove = () => new Fault('conflict', 'call-illegal-move')
const notNow = (params: Record<string, number> = {}) =>
  new Fault('unavailable', 'unavailable-now', { params })

/** What an operator does within a call. */
export class CallControls {
  readonly #options: CallControlsOptions

  constructor(options: CallControlsOptions) {
    this.#options = options
  }

  /** By a re-INVITE (RFC 3264 8.4) and silence: the far end's exchange may go on taking our packets. */
  hold(callId: Id, on: boolean): Promise<void> {
    const { calls, line, signal } = this.#options
    const live = calls.get(callId)
    return live.serial(async () => {
      if (live.call.state === (on ? 'held' : 'active')) return
      if (live.call.state !== (on ? 'active' : 'held')) throw illegalMove()
      if (!line.agent()) throw new Fault('unavailable', 'phone-away')
      if (on) await this.#silence(callId, true)
      try {
        const status = await live.reinvite({ hold: on }, signal())
        if (dialogGone(status)) {
          calls.lost(live)
          throw new Fault('not-found', 'call-gone')
        }
        if (!accepted(status)) throw notNow({ status })
      } catch (error) {
        if (on && isTalking(live.call)) await this.#silence(callId, false).catch(() => undefined)
        throw error
      }
      if (!on) await this.#silence(callId, false)
      live.move({ type: on ? 'hold' : 'resume' })
    })
  }

  /** Remembered also while no page is attached: the next one is told before it makes its description. */
  async mute(callId: Id, on: boolean): Promise<void> {
    const live = this.#options.calls.get(callId)
    const before = live.call.muted
    if (!live.move({ type: 'mute', on })) throw illegalMove()
    try {
      await this.#options.media.ask({ verb: 'mute', callId, on })
    } catch (error) {
      if (error instanceof Fault && error.code === 'no-media-end') return
      live.move({ type: 'mute', on: before })
      throw error
    }
  }

  /** RFC 4733 events from the media end; INFO where it cannot send them. */
  async dtmf(callId: Id, tones: string): Promise<void> {
    const live = this.#options.calls.get(callId)
    if (live.call.state !== 'active') throw illegalMove()
    try {
      await this.#options.media.ask({ verb: 'send-dtmf', callId, tones })
    } catch {
      for (const tone of tones) await infoTone(live.session, tone)
    }
  }

  async #silence(callId: Id, on: boolean): Promise<void> {
    await this.#options.media.ask({ verb: 'hold', callId, on })
  }
}

function infoTone(session: Session, tone: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(notNow())
    session
      .info({
        requestOptions: {
          body: {
            contentDisposition: 'render',
            contentType: 'application/dtmf-relay',
            content: `Signal=${tone}\r\nDuration=160\r\n`,
          },
        },
        requestDelegate: { onAccept: () => resolve(), onReject: refuse, onRedirect: refuse },
      })
      .catch(refuse)
  })
}
