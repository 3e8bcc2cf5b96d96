import type { Session } from 'sip.js'
import { pairOf } from '#contract/domain/call-machine.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import type { Calls } from './calls.ts'
import type { MediaEnd } from './media-end.ts'
import type { SettingUp } from './setting-up.ts'

export type CallControlsOptions = {
  calls: Calls
  media: MediaEnd
  settingUp: SettingUp
  configuration(): LineConfiguration
}

const illegalMove = () => new Fault('conflict', 'call-illegal-move')
const notNow = () => new Fault('unavailable', 'unavailable-now')

/** What an operator does within a call, and between two. */
export class CallControls {
  readonly #options: CallControlsOptions

  constructor(options: CallControlsOptions) {
    this.#options = options
  }

  /** Rejects when the far end did not take the offer: after a refused hold the call is spoken on again, after a refused return it stays held. */
  async hold(callId: Id, on: boolean): Promise<void> {
    await this.#options.calls.apply({ type: on ? 'hold' : 'resume', callId }).offered(callId)
  }

  /** Remembered also while no page is attached: the next one is told before it makes its description. */
  async mute(callId: Id, on: boolean): Promise<void> {
    const { calls } = this.#options
    const before = calls.get(callId).call.muted
    try {
      await calls.apply({ type: 'mute', callId, on }).asked
    } catch (error) {
      calls.tell({ type: 'mute', callId, on: before })
      throw error
    }
  }

  async dtmf(callId: Id, tones: string): Promise<void> {
    const { calls, media, configuration } = this.#options
    const live = calls.get(callId)
    if (live.call.state !== 'active') throw illegalMove()
    if (configuration().dtmf === 'rfc4733') {
      try {
        await media.ask({ verb: 'send-dtmf', callId, tones })
        return
      } catch {
        // The far end takes no events in its audio.
      }
    }
    for (const tone of tones) await infoTone(live.session, tone)
  }

  async hangUp(callId: Id): Promise<void> {
    const { calls, settingUp } = this.#options
    // Its microphone may still be opening: then there is no call so far.
    if (settingUp.giveUp(callId) && !calls.find(callId)) return
    const live = calls.get(callId)
    if (live.call.state === 'ringing') return settingUp.reject(callId)
    live.ending = 'operator'
    calls.leave(live.session)
    calls.end(live, 'operator')
  }

  /** The held one of the two gets the voice. */
  async swap(callId: Id): Promise<void> {
    const { calls } = this.#options
    const pair = pairOf(calls.present(), callId)
    const target = pair ? (pair.caller.state === 'held' ? pair.caller : pair.colleague).id : callId
    await this.hold(target, false)
  }

  async cancelTransfer(callId: Id): Promise<void> {
    const pair = pairOf(this.#options.calls.present(), callId)
    if (!pair || pair.caller.changing === 'transfer') throw illegalMove()
    if (pair.caller.conference) this.#options.calls.apply({ type: 'split', callId })
    await this.hangUp(pair.colleague.id)
  }

  async conference(callId: Id, on: boolean): Promise<void> {
    const { calls } = this.#options
    const applied = calls.apply({ type: on ? 'join' : 'split', callId })
    await Promise.all(calls.present().map(({ id }) => applied.offered(id)))
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
