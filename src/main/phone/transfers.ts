import type { Logger } from 'pino'
import { type Core, type Session, SessionState, URI } from 'sip.js'
import type { TransferFailure } from '#contract/domain/call.ts'
import { pairOf } from '#contract/domain/call-machine.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import type { Calls } from './calls.ts'
import type { Line } from './line.ts'
import type { LiveCall, Referral } from './live-call.ts'
import { dialTarget } from './target.ts'
import { userToUser } from './user-to-user.ts'

export type TransfersOptions = { calls: Calls; line: Line; log: Logger; configuration(): LineConfiguration }

/** For the answer to a REFER, which a healthy far end gives at once. */
const agreementTimeout = 8000
/** Somebody's telephone rings for longer than a far end should be silent. */
const ringingFactor = 3

/** Handing calls on (RFC 3515, RFC 5589): who asked for it ends its own leg, whatever the far end does or does not say. */
export class Transfers {
  readonly #options: TransfersOptions
  /** The REFERs of a dialog, the newest last. */
  readonly #sent = new WeakMap<Session, Core.OutgoingReferRequest[]>()

  constructor(options: TransfersOptions) {
    this.#options = options
  }

  async blind(callId: Id, to: string): Promise<void> {
    const { calls, line, configuration } = this.#options
    const target = dialTarget(to, configuration())
    if (!target) throw new Fault('invalid', 'number-invalid')
    if (!line.connected()) throw new Fault('unavailable', 'phone-away')
    await calls.apply({ type: 'transfer', callId, kind: 'blind', to: target.user }).referred
  }

  async complete(callId: Id): Promise<void> {
    const { calls, line } = this.#options
    const pair = pairOf(calls.present(), callId)
    if (!pair) throw new Fault('conflict', 'call-illegal-move')
    if (!line.connected()) throw new Fault('unavailable', 'phone-away')
    const to = pair.colleague.remote.number ?? ''
    await calls.apply({ type: 'transfer', callId: pair.caller.id, kind: 'attended', to }).referred
  }

  /** After what the dialog is busy with, the hold before all. */
  refer(live: LiveCall, to: string, consultation: LiveCall | null): Promise<void> {
    return live.serial(async () => {
      if (live.call.changing !== 'transfer') throw new Fault('not-found', 'call-gone')
      const failure = await this.#ask(live, to, consultation)
      if (failure === null) return
      this.#failed(live, failure)
      throw new Fault('conflict', 'transfer-refused', { params: { failure } })
    })
  }

  /** RFC 3515 2.4.4: how far the far end has come, as the status line of its own INVITE. */
  notified(live: LiveCall, session: Session, event: string, body: string): void {
    const { referral } = live
    if (!referral || !this.#isAbout(referral, session, event)) return
    const status = Number(/^\s*SIP\/2\.0 (\d{3})\b/.exec(body.slice(0, 200))?.[1])
    if (!(status >= 100)) return
    referral.missed = false
    const { calls } = this.#options
    if (status >= 300) this.#failed(live, failureOf(status))
    else if (status >= 200) this.#done(live)
    else {
      this.#expect(live, referral, status === 100 ? 1 : ringingFactor)
      if (status > 100 && live.call.transfer?.state === 'asked')
        calls.tell({ type: 'transfer-ringing', callId: live.call.id })
    }
  }

  /** Nothing can be said to us any more. */
  lineLost(): void {
    for (const { referral } of this.#options.calls.talking()) {
      if (!referral) continue
      referral.missed = true
      if (referral.timer) clearTimeout(referral.timer)
      referral.timer = null
    }
  }

  lineBack(): void {
    for (const live of this.#options.calls.talking())
      if (live.referral && live.referral.times > 0) this.#expect(live, live.referral, live.referral.times)
  }

  /**
   * Whether this transfer is meant, and not an earlier one of the same dialog whose REFER we gave up (RFC 3515 2.4.6: the id is the CSeq of
   * the REFER, and only the first may be without).
   */
  #isAbout(referral: Referral, session: Session, event: string): boolean {
    if (referral.session !== session || !/^\s*refer\s*(?:;|$)/i.test(event)) return false
    const earlier = (this.#sent.get(session) ?? []).slice(0, -1)
    const id = /;\s*id\s*=\s*(\d{1,10})\b/i.exec(event)?.[1]
    if (id === undefined) return earlier.length === 0 || !referral.named
    if (earlier.some(({ message }) => message.cseq === Number(id))) return false
    referral.named = true
    return true
  }

  #expect(live: LiveCall, referral: Referral, times: number): void {
    const { line, configuration, log } = this.#options
    if (referral.timer) clearTimeout(referral.timer)
    referral.times = times
    referral.timer = setTimeout(
      () => {
        referral.timer = null
        referral.missed ||= !line.connected()
        log.info(
          { callId: live.call.id, missed: referral.missed },
          'the far end says nothing more of the transfer',
        )
        if (!referral.missed) this.#done(live)
        // Not known to have gone: the caller is better with us than with nobody.
        else if (line.connected()) this.#failed(live, 'signalling-lost')
      },
      configuration().transferPatienceSeconds * 1000 * times,
    )
  }

  /** The caller is back. What was still expected of this transfer must not end the next one. */
  #failed(live: LiveCall, failure: TransferFailure): void {
    if (live.referral?.timer) clearTimeout(live.referral.timer)
    live.referral = null
    this.#options.calls.tell({ type: 'transfer-failed', callId: live.call.id, failure })
  }

  #done(live: LiveCall): void {
    this.#options.calls.leave(live.session)
    this.#options.calls.end(live, 'transferred')
  }

  /** Null when the far end agrees to call; why not otherwise. */
  #ask(live: LiveCall, to: string, consultation: LiveCall | null): Promise<TransferFailure | null> {
    const { line, configuration } = this.#options
    const agent = line.connected()
    const realm = line.credentials()?.realm
    const { session } = live
    const { dialog } = session
    if (!agent || realm === undefined || !dialog || session.state !== SessionState.Established)
      return Promise.resolve('signalling-lost')
    const inUri = configuration().userToUser === 'refer-to'
    const uui = userToUser(live.call.id)
    const headers = [
      ...(consultation ? [['Replaces', replacesOf(consultation.session)] as const] : []),
      ...(inUri ? [['User-to-User', uui] as const] : []),
    ]
    const target = (consultation?.session.dialog?.remoteTarget ?? new URI('sip', to, realm)).toString()
    const query = headers.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
    return new Promise((resolve) => {
      const settle = (failure: TransferFailure | null) => {
        clearTimeout(timer)
        resolve(failure)
      }
      const timer = setTimeout(() => settle('signalling-lost'), agreementTimeout)
      // SIP.js answers for a far end that it cannot reach.
      const refused = ({ message }: { message: { statusCode: number | undefined } }) =>
        settle(line.connected() ? failureOf(message.statusCode ?? 500) : 'signalling-lost')
      const referral: Referral = { session, times: 0, timer: null, missed: false, named: false }
      const agreed = () => {
        // A NOTIFY may come before the 202, and be the last; the end of our leg right after it.
        if (live.referral === referral && referral.times === 0) this.#expect(live, referral, 1)
        settle(null)
      }
      const sent = dialog.refer(
        { onAccept: agreed, onReject: refused, onRedirect: refused },
        {
          extraHeaders: [
            `Refer-To: <${target}${query === '' ? '' : `?${query}`}>`,
            `Referred-By: <${agent.configuration.uri.toString()}>`,
            `Contact: ${agent.contact.toString()}`,
            ...(inUri ? [] : [`User-to-User: ${uui}`]),
          ],
        },
      )
      this.#sent.set(session, [...(this.#sent.get(session) ?? []), sent])
      live.referral = referral
    })
  }
}

/** RFC 3891, as the colleague's side sees the dialog. */
function replacesOf({ dialog }: Session): string {
  if (!dialog) throw new Fault('not-found', 'call-gone')
  return `${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}`
}

function failureOf(status: number): TransferFailure {
  if (status === 486 || status === 600) return 'busy'
  if (status === 603 || status === 403 || status === 433) return 'refused'
  if (status === 405 || status === 501 || status === 420) return 'unsupported'
  return status === 481 ? 'signalling-lost' : 'unreachable'
}
