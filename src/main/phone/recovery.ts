import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Inviter, type Session, SessionState, URI } from 'sip.js'
import { isTalking } from '#contract/domain/call.ts'
import { mixed } from '#contract/domain/call-machine.ts'
import type { MediaNotice } from '#contract/media.ts'
import type { Calls } from './calls.ts'
import type { Line } from './line.ts'
import { accepted, dialogGone, hasEnded, type LiveCall, unanswered } from './live-call.ts'
import type { MediaEnd } from './media-end.ts'

export type RecoveryOptions = {
  media: MediaEnd
  line: Line
  calls: Calls
  log: Logger
  /** Aborted when the phone stops. */
  signal(): AbortSignal
}

/** `afresh`: the page makes another connection for the call. */
/** `repairs`: for packets that do not come, and of no use once they do. */
type Renewal = { iceRestart: boolean; mayReplace: boolean; afresh?: boolean; repairs?: boolean }

/** After a re-INVITE, how long packets may take before the exchange is taken to be stuck on the old connection. */
const flowDeadline = 1000
/** From the word that no packets come to the first offer, and after it before each next one; the last is the pause from then on. */
const stallPauses = [400, 1_500, 4_000, 8_000, 15_000] as const
const replaceDeadline = 4000
/**
 * What an INVITE with Replaces is answered for another reason than its Replaces (RFC 3891 3): credentials, or the moment. 408 and 503 are
 * also what SIP.js says itself of a timeout and of a broken connection (RFC 3261 8.1.3.1).
 */
const passing: ReadonlySet<number> = new Set([401, 407, 408, 480, 487, 491, 500, 503, 504])
/** The exchange ends the replaced dialog itself (RFC 3891 3); after this we do. */
const replacedBye = 2000

/** Brings audio back into calls whose signalling lives: after a new page, a new connection to the exchange, or stalled packets. */
export class Recovery {
  readonly #options: RecoveryOptions

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** A media end attached: what it had before, if it is the same, or nothing. */
  mediaAttached(): void {
    const { calls } = this.#options
    calls.ringOn()
    calls.ringBack()
    const members = mixed(calls.present())
    // The page mixes them as they come.
    if (members.length > 0) calls.quietly(() => calls.ask({ verb: 'mix', callIds: members }))
    for (const live of calls.list()) {
      const { id: callId, state } = live.call
      // Nothing can be offered before the far end answers. A page that lost only its link keeps the connection of what it is asked about.
      if (state === 'dialling') calls.quietly(() => calls.ask({ verb: 'stats', callId }))
    }
    for (const live of calls.talking()) {
      live.setMedia('lost')
      this.#renew(live, { iceRestart: false, mayReplace: true })
    }
  }

  mediaDetached(): void {
    for (const live of this.#options.calls.talking()) live.setMedia('lost')
  }

  /** For a call that is still dialled it is told once more when it is established: then a new offer can be made. */
  mediaLost(live: LiveCall): void {
    live.setMedia('lost')
    if (!isTalking(live.call)) return
    if (this.#options.media.attached()) this.#renew(live, { iceRestart: false, mayReplace: true })
  }

  /** Of a hold or a resume, which the desk takes for refused: its answer may come late, and is acknowledged. */
  unanswered(live: LiveCall): void {
    live.unsettled = true
    this.#repair(live, 1)
  }

  /** The far end's route to us names the connection before: an offer over the new one tells it anew, and a 481 that the call is gone. */
  lineBack({ iceRestart }: { iceRestart: boolean }): void {
    for (const live of this.#options.calls.talking())
      this.#renew(live, { iceRestart, mayReplace: live.call.media === 'lost' })
  }

  noticed(notice: MediaNotice): void {
    if (!('callId' in notice)) return
    const live = this.#options.calls.find(notice.callId)
    if (!live || !isTalking(live.call)) return
    if (notice.type === 'packets' && notice.flowing !== false) {
      live.setMedia(notice.flowing ? 'flowing' : 'none')
      if (isWell(live)) this.#settle(live)
    } else if (notice.type === 'packets' || notice.state === 'failed') {
      if (live.call.state === 'held') return
      live.setMedia('lost')
      this.#repair(live, 0)
    }
  }

  /**
   * Offers anew until all is well: what relayed the packets may come back later than our first offer, and the exchange only then. From the
   * second on with a connection of its own: a relay that was restarted has other keys, and two ends that take up the old one's do not always
   * find to each other. From the third on with a dialog of its own, where the exchange makes one.
   */
  #repair(live: LiveCall, attempt: number): void {
    if (live.stalled !== null) return
    const timer = setTimeout(
      () => void this.#attempt(live, attempt, timer),
      stallPauses[Math.min(attempt, stallPauses.length - 1)],
    )
    live.stalled = timer
  }

  async #attempt(live: LiveCall, attempt: number, timer: NodeJS.Timeout): Promise<void> {
    if (!isWell(live)) {
      const iceRestart = live.call.media === 'lost'
      // While nobody answers, the connection is the one by which the voice comes back when the way does.
      const afresh = attempt > 0 && iceRestart && !live.unsettled && live.call.state !== 'held'
      await this.#offered(live, {
        ...{ iceRestart, afresh, mayReplace: attempt > 1 && iceRestart },
        repairs: true,
      })
    }
    if (live.stalled !== timer) return
    live.stalled = null
    if (!isWell(live)) this.#repair(live, attempt + 1)
  }

  #settle(live: LiveCall): void {
    if (live.stalled) clearTimeout(live.stalled)
    live.stalled = null
  }

  #renew(live: LiveCall, how: Renewal): void {
    void this.#offered(live, how).then((next) => {
      if (next !== null && !isWell(live)) this.#repair(live, next)
    })
  }

  /** Which attempt of `#repair` comes next if packets do not; null where another event makes the next offer. */
  async #offered(live: LiveCall, how: Renewal): Promise<number | null> {
    try {
      return await live.serial(() => this.#offer(live, how))
    } catch (error) {
      this.#options.log.info(
        { callId: live.call.id, cause: error instanceof Error ? error.message : typeof error },
        'audio not recovered',
      )
      live.unsettled = true
      return 1
    }
  }

  async #offer(live: LiveCall, how: Renewal): Promise<number | null> {
    const { line, media, calls, log, signal } = this.#options
    // A page that attaches and a line that is back offer themselves, and so does a call that is established.
    if (!isTalking(live.call) || !line.connected() || !media.attached()) return null
    if (live.session.state !== SessionState.Established) return null
    // An offer into a dead connection would stand in the way of the one that `lineBack` makes.
    if (!(await line.alive())) return null
    if (how.repairs && isWell(live)) return null
    const hold = live.call.state === 'held'
    if (how.afresh) await media.ask({ verb: 'close', callId: live.call.id })
    await this.#restoreSwitches(live)
    const status = await live.reinvite({ hold, iceRestart: how.iceRestart }, signal())
    log.info({ callId: live.call.id, status, iceRestart: how.iceRestart }, 'offered anew')
    if (!isTalking(live.call)) return null
    if (dialogGone(status)) {
      calls.lost(live)
      return null
    }
    // Who is still busy with the offer before, of which we know nothing, refuses this one.
    const open = live.unsettled || live.call.media === 'lost'
    live.unsettled = unanswered(status) || (!accepted(status) && open)
    if (!how.mayReplace) return 1
    if (accepted(status) && (hold || live.call.media !== 'lost' || (await live.flowing(flowDeadline))))
      return 1
    if (!isTalking(live.call) || !media.attached() || live.refusesReplaces) return 1
    if (!(await this.#replace(live, hold))) return 1
    live.unsettled = false
    return 2
  }

  /** Before any description, so that a muted operator is not heard for a moment. */
  async #restoreSwitches(live: LiveCall): Promise<void> {
    const { id: callId, muted, state } = live.call
    await this.#options.media.ask({ verb: 'mute', callId, on: muted })
    await this.#options.media.ask({ verb: 'hold', callId, on: state === 'held' })
  }

  /**
   * A new dialog in the place of the old one (RFC 3891): for exchanges that answer the re-INVITE and stay with the old connection's keys.
   * The Request-URI must be one that the exchange can route at all; `Require` keeps one that does not know Replaces from making it a new call.
   */
  async #replace(live: LiveCall, hold: boolean): Promise<boolean> {
    const { line, media, calls, log, signal } = this.#options
    const agent = line.agent()
    const credentials = line.credentials()
    const dialog = live.session.dialog
    if (!agent || !credentials || !dialog) return false
    const user =
      live.call.direction === 'outbound' && live.call.remote.number !== null
        ? live.call.remote.number
        : credentials.extension
    const before = live.session
    await media.ask({ verb: 'close', callId: live.call.id })
    await this.#restoreSwitches(live)
    const session = new Inviter(agent, new URI('sip', user, credentials.realm), {
      extraHeaders: [
        `Replaces: ${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}`,
        'Require: replaces',
      ],
      sessionDescriptionHandlerOptions: { hold } as object,
    })
    const description = calls.announce(session, live.call.id)
    live.replacing = true
    const established = await settled(session, replaceDeadline, (status) => {
      live.refusesReplaces = !passing.has(status)
    })
    live.replacing = false
    log.info({ callId: live.call.id, established }, 'dialog replaced')
    if (!established || !isTalking(live.call)) {
      description.retire()
      this.#dismiss(session)
      if (before.state === SessionState.Terminated) calls.end(live, live.ending ?? 'far-end')
      return false
    }
    calls.adopt(live, session, description)
    void delay(replacedBye, undefined, { signal: signal() }).then(
      () => this.#dismiss(before),
      () => undefined,
    )
    return true
  }

  #dismiss(session: Session): void {
    // SIP.js rejects some wrong moves and throws at others.
    const leave = async (): Promise<void> => {
      if (session.state === SessionState.Established) {
        await (hasEnded(session) ? session.dispose() : session.bye())
      } else if (session instanceof Inviter && session.state === SessionState.Establishing) {
        await session.cancel()
      }
    }
    leave().catch(() => undefined)
  }
}

/** Neither is an offer open, nor is somebody not heard who should be. */
const isWell = ({ call, unsettled }: LiveCall): boolean =>
  !isTalking(call) || (!unsettled && (call.media !== 'lost' || call.state === 'held'))

/** Sends the INVITE; whether it was established within `ms`. What it is answered after that is the answer to our CANCEL. */
function settled(session: Inviter, ms: number, refused: (status: number) => void): Promise<boolean> {
  return new Promise((resolve) => {
    let overdue = false
    const timer = setTimeout(() => {
      overdue = true
      resolve(false)
    }, ms)
    const settle = (established: boolean) => {
      clearTimeout(timer)
      resolve(established)
    }
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) settle(!hasEnded(session))
      if (state === SessionState.Terminated) settle(false)
    })
    session
      .invite({
        requestDelegate: {
          onReject: ({ message }) => {
            if (!overdue) refused(message.statusCode ?? 500)
          },
        },
      })
      .catch(() => settle(false))
  })
}
