import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Core, type Invitation, Inviter, type Session, SessionState, URI } from 'sip.js'
import { type Call, type EndReason, isTalking, plainCall } from '#contract/domain/call.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'
import { isEmergencyNumber } from '#contract/domain/phone-number.ts'
import { Fault } from '#contract/errors.ts'
import type { Calls } from './calls.ts'
import { autoAnswerOf, callerOf, diversionsOf, isPractice, queueOf } from './identity.ts'
import type { Line } from './line.ts'
import type { LiveCall } from './live-call.ts'
import type { MediaEnd } from './media-end.ts'
import { dialTarget } from './target.ts'
import { contactOf, userToUser } from './user-to-user.ts'

export type SettingUpOptions = {
  calls: Calls
  media: MediaEnd
  line: Line
  log: Logger
  signal(): AbortSignal
  practice(): boolean
  configuration(): LineConfiguration
  /** The call has no connection in the page any more: it needs a new offer. */
  mediaLost(live: LiveCall): void
}

const noMediaEnd = () => new Fault('unavailable', 'no-media-end')

/** What the far end of an INVITE, or of one within a call, is. */
const headersOf = (request: Invitation['request']) => ({
  remote: callerOf(request),
  continues: contactOf(request.getHeaders('User-to-User')),
})

/** An answer that takes longer to be agreed on than this gives way to a call for help. */
const answerPatience = 1000

/** How calls begin: INVITEs that come in, are answered, ignored or refused, and those that the operator dials. */
export class SettingUp {
  readonly #options: SettingUpOptions
  /** The microphone is being opened for a call that is dialled. */
  #dialling: { id: Id; givenUp: boolean } | null = null
  /** The call to the echo, which gives way to every other. */
  #echo: Id | null = null

  constructor(options: SettingUpOptions) {
    this.#options = options
  }

  invited(invitation: Invitation, arrivedAt: number): void {
    const { calls, log, practice } = this.#options
    const { request } = invitation
    const replaces = request.getHeader('Replaces')
    if (replaces !== undefined) {
      this.#replaced(invitation, replaces)
      return
    }
    this.#endEcho()
    const id = newId()
    log.debug({ callId: id, arrivedAt: performance.timeOrigin + arrivedAt }, 'invite received')
    const { headers, callWaiting, autoAnswer } = this.#options.configuration()
    const busy = !this.#alone(id)
    const answerAfter = autoAnswer && !busy ? autoAnswerOf(request) : null
    const call: Call = {
      ...plainCall,
      ...headersOf(request),
      id,
      direction: 'inbound',
      state: 'ringing',
      queue: queueOf(request, headers),
      practice: isPractice(request) || practice(),
      autoAnswer: answerAfter !== null,
      diversions: diversionsOf(request),
      muted: false,
      media: 'none',
      startedAt: calls.instant(),
      answeredAt: null,
      endedAt: null,
      endReason: null,
    }
    try {
      if (busy && !callWaiting) throw new Fault('busy', 'calls-too-many')
      calls.begin('ring', call, invitation, calls.mediaFor(id))
    } catch {
      // The exchange looks for another operator or plays its busy message.
      calls.quietly(() => invitation.reject({ statusCode: 486 }))
      return
    }
    // The page is told first: the exchange does not mind the moment, and who rings is on the screen sooner.
    setImmediate(() => {
      if (calls.find(id)?.call.state === 'ringing')
        calls.quietly(() => invitation.progress({ statusCode: 180 }))
    })
    if (answerAfter !== null) void this.#answerItself(id, answerAfter)
  }

  /** `itself`: only while no other call is live. */
  answer(callId: Id, itself = false): Promise<void> {
    const live = this.#options.calls.get(callId)
    live.answering ??= this.#answer(live, itself).finally(() => {
      live.answering = null
    })
    return live.answering
  }

  /** No other call is live or about to be. */
  #alone(callId: Id): boolean {
    return this.#dialling === null && this.#options.calls.present().every(({ id }) => id === callId)
  }

  /**
   * 486: this operator does not take it, and the queue offers it to the next. Not 603, which tells a forking exchange that nobody shall
   * (RFC 3261 21.6.2), and not 480, which queues count as a desk that cannot be reached.
   */
  async reject(callId: Id): Promise<void> {
    const { calls } = this.#options
    const live = calls.get(callId)
    if (live.call.state !== 'ringing' || !live.invitation) throw new Fault('conflict', 'call-illegal-move')
    live.ending = 'operator'
    await live.invitation.reject({ statusCode: 486 })
    calls.end(live, 'operator')
  }

  /**
   * Resolves when the INVITE is out. `consultsFor`: the call that this is a consultation about. For an emergency number whatever else
   * is being set up gives way.
   */
  async dial(number: string, consultsFor: Id | null = null, id: Id = newId()): Promise<Id> {
    const { calls, media, line, practice, configuration } = this.#options
    const target = dialTarget(number, configuration())
    if (!target) throw new Fault('invalid', 'number-invalid')
    if (id !== this.#echo) this.#endEcho()
    if (isEmergencyNumber(target.user)) {
      await line.reach()
      if (line.agent() && media.attached()) await this.#makeWay()
    }
    if (this.#dialling) throw new Fault('busy', 'call-illegal-move')
    const call: Call = {
      ...plainCall,
      id,
      direction: 'outbound',
      state: 'dialling',
      remote: target.remote,
      queue: null,
      practice: practice(),
      consultsFor,
      muted: false,
      media: 'none',
      startedAt: calls.instant(),
      answeredAt: null,
      endedAt: null,
      endReason: null,
    }
    calls.check({ type: 'dial', call })
    if (!media.attached()) throw noMediaEnd()
    if (!line.agent()) throw new Fault('unavailable', 'phone-away')
    const description = calls.mediaFor(id)
    const attempt = { id, givenUp: false }
    this.#dialling = attempt
    try {
      await description.prepare(null)
      if (attempt.givenUp) throw new Fault('conflict', 'call-gone')
      const agent = line.agent()
      const realm = line.credentials()?.realm
      if (!agent || realm === undefined) throw new Fault('unavailable', 'phone-away')
      const extraHeaders = consultsFor === null ? [] : [`User-to-User: ${userToUser(consultsFor)}`]
      const inviter = new Inviter(agent, new URI('sip', target.user, realm), { extraHeaders })
      const { live, applied } = calls.begin('dial', call, inviter, description)
      await applied.asked
      if (attempt.givenUp) throw new Fault('conflict', 'call-gone')
      await inviter.invite({
        requestDelegate: {
          onProgress: ({ message }) => this.#progressed(live, message),
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
      const live = calls.find(id)
      if (live) calls.end(live, 'media-failed')
      description.close()
      throw error
    } finally {
      if (this.#dialling === attempt) this.#dialling = null
    }
  }

  /** As `dial`; ended by whatever is dialled or comes in. `id`: the call's, for who has to know it before anybody is told of it. */
  async callEcho(id: Id): Promise<void> {
    this.#echo = id
    await this.dial(this.#options.configuration().echo ?? '', null, id)
  }

  #endEcho(): void {
    const id = this.#echo
    this.#echo = null
    if (id === null) return
    this.giveUp(id)
    const live = this.#options.calls.find(id)
    if (live) this.#hangUp(live)
  }

  #hangUp(live: LiveCall): void {
    const { calls } = this.#options
    live.ending = 'operator'
    calls.leave(live.session)
    calls.end(live, 'operator')
  }

  /** Another may be dialled at once, and its INVITE, if it is not out, does not go out. False when it is not being dialled. */
  giveUp(callId: Id): boolean {
    const attempt = this.#dialling
    if (attempt?.id !== callId) return false
    attempt.givenUp = true
    this.#dialling = null
    return true
  }

  /** RFC 3960 3.1 and 3.2: what the exchange sends is heard, else a tone of ours while it rings there. */
  #progressed({ call, media }: LiveCall, message: Core.IncomingResponseMessage): void {
    const { calls } = this.#options
    const { id: callId } = call
    const heard = message.body !== '' && media.hasDescription(message.getHeader('Content-Type') ?? '')
    if (heard)
      calls.quietly(async () => {
        if (await media.hearEarly(message.body)) calls.tell({ type: 'progress', callId, progress: 'audible' })
      })
    if (message.statusCode === 180) calls.tell({ type: 'progress', callId, progress: 'ringing' })
  }

  /** What is dialled ends; what is being answered is waited for, and then held as any other. */
  async #makeWay(): Promise<void> {
    const { calls, signal } = this.#options
    if (this.#dialling) this.giveUp(this.#dialling.id)
    for (const live of calls.list()) if (live.call.state === 'dialling') this.#hangUp(live)
    const answers = calls.list().map((live) => live.answering)
    const settled = new AbortController()
    const patience = delay(answerPatience, undefined, {
      signal: AbortSignal.any([signal(), settled.signal]),
    }).catch(() => undefined)
    await Promise.race([Promise.allSettled(answers), patience])
    settled.abort()
    for (const live of calls.list()) if (live.answering !== null) this.#hangUp(live)
  }

  /** Somebody else is at the far end now, as the exchange says within the dialog. What it does not say stays. */
  reinvited(live: LiveCall, request: Invitation['request']): void {
    if (!request.hasHeader('P-Asserted-Identity') && !request.hasHeader('Remote-Party-ID')) return
    const { remote, continues } = headersOf(request)
    const known = live.call.remote
    if (remote.number === known.number && remote.displayName === known.displayName && continues === null)
      return
    this.#options.calls.tell({ type: 'remote', callId: live.call.id, remote, continues })
  }

  async #answer(live: LiveCall, itself: boolean): Promise<void> {
    const { calls, media } = this.#options
    const invitation = live.invitation
    const { id } = live.call
    const event = { type: 'answer', callId: id, at: calls.instant() } as const
    calls.check(event)
    if (!invitation) throw new Fault('conflict', 'call-illegal-move')
    if (!media.attached()) throw noMediaEnd()
    calls.ring(null)
    try {
      await live.media.prepare(invitation.body ? invitation.body : null)
      if (itself && !this.#alone(id)) throw new Fault('busy', 'call-illegal-move')
      // Who is spoken with hears nothing any more before the next one hears anything.
      await calls.apply(event).asked
    } catch (error) {
      if (live.call.state === 'ringing') {
        await media.ask({ verb: 'close', callId: id }).catch(() => undefined)
        calls.tell({ type: 'by-hand', callId: id })
      }
      calls.ringOn()
      throw error
    }
    try {
      await invitation.accept()
    } catch (error) {
      calls.end(live, live.ending ?? 'media-failed')
      throw new Fault('unavailable', 'call-gone', { cause: error })
    }
  }

  async #answerItself(callId: Id, seconds: number): Promise<void> {
    const { calls, signal, log } = this.#options
    try {
      await delay(seconds * 1000, undefined, { signal: signal() })
      const call = calls.find(callId)?.call
      if (call?.state !== 'ringing' || !call.autoAnswer) return
      if (!this.#alone(callId)) throw new Fault('busy', 'call-illegal-move')
      await this.answer(callId, true)
      await calls.ask({ verb: 'beep' })
    } catch (error) {
      calls.tell({ type: 'by-hand', callId })
      log.warn({ callId, code: error instanceof Fault ? error.code : null }, 'a call did not answer itself')
    }
  }

  /**
   * RFC 3891: a colleague has handed the call on, and its other end calls in the place of the dialog with the colleague. Only who was told
   * the tags of that dialog can name it.
   */
  #replaced(invitation: Invitation, replaces: string): void {
    const { calls, log } = this.#options
    const live = calls.talking().find((one) => namesDialog(replaces, one.session)) ?? null
    if (!live) {
      calls.quietly(() => invitation.reject({ statusCode: 481 }))
      return
    }
    live
      .serial(() => this.#takeOver(live, invitation))
      .catch((error: unknown) => {
        log.info({ callId: live.call.id, err: error instanceof Error ? error.name : null }, 'not replaced')
        if (invitation.state === SessionState.Established) calls.leave(invitation)
        // RFC 3891 3: what it names is over.
        else calls.quietly(() => invitation.reject({ statusCode: isTalking(live.call) ? 488 : 603 }))
      })
  }

  async #takeOver(live: LiveCall, invitation: Invitation): Promise<void> {
    const { calls, media } = this.#options
    const { id: callId, muted, state } = live.call
    const before = live.session
    const description = calls.announce(invitation, callId)
    const goesOn = () => {
      if (!isTalking(live.call)) throw new Fault('conflict', 'call-gone')
    }
    live.replacing = true
    try {
      goesOn()
      // Another far end has other keys: its connection begins anew, with the switches as they were.
      await media.ask({ verb: 'close', callId })
      await media.ask({ verb: 'mute', callId, on: muted })
      await media.ask({ verb: 'hold', callId, on: state === 'held' })
      await description.prepare(invitation.body ? invitation.body : null)
      goesOn()
      await invitation.accept()
      goesOn()
    } catch (error) {
      live.replacing = false
      description.retire()
      await media.ask({ verb: 'close', callId }).catch(() => undefined)
      // The colleague is still there, or has hung up meanwhile.
      if (before.state === SessionState.Terminated) calls.end(live, live.ending ?? 'far-end')
      else this.#options.mediaLost(live)
      throw error
    }
    live.replacing = false
    calls.adopt(live, invitation, description)
    calls.leave(before)
    calls.tell({ type: 'remote', callId, ...headersOf(invitation.request) })
  }
}

/** `call-id;to-tag=…;from-tag=…`, seen from the one who is asked. */
function namesDialog(replaces: string, { dialog }: Session): boolean {
  const [callId, ...parameters] = replaces.split(';').map((part) => part.trim())
  const tag = (name: string) =>
    parameters.find((parameter) => parameter.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
  return (
    dialog !== undefined &&
    callId === dialog.callId &&
    tag('to-tag') === dialog.localTag &&
    tag('from-tag') === dialog.remoteTag
  )
}

function refusalOf(status: number): EndReason {
  if (status === 486 || status === 600) return 'busy'
  if (status === 603 || status === 403 || status === 433 || status === 607) return 'refused'
  return 'unreachable'
}
