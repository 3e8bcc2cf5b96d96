import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Invitation, type Session, UserAgent, UserAgentState } from 'sip.js'
import type { SipCredentials } from '#contract/crm.ts'
import { Fault } from '#contract/errors.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import { backoff } from './backoff.ts'
import { MessageGuard } from './guard.ts'
import {
  type Bindings,
  fetchBindings,
  markContact,
  NoAnswer,
  RegistrationRefused,
  register,
  unbind,
} from './registrar.ts'
import type { RemoteMedia } from './remote-media.ts'
import { enter, isOurs } from './sip-entry.ts'
import type { Envelope } from './sip-text.ts'
import { SipTransport } from './transport.ts'

export type LineState = {
  state: 'off' | 'connecting' | 'registered' | 'away' | 'refused' | 'elsewhere'
  /** When the next attempt comes. */
  retryAt: Date | null
}

export type LineOptions = {
  credentials(): Promise<SipCredentials>
  describe(session: Session): RemoteMedia
  onInvite(invitation: Invitation, arrivedAt: number): void
  onState(state: LineState): void
  /**
   * A REGISTER was accepted and our binding is in the answer, for the first time or by `takeOver`. `again`: the connection or the registration
   * was lost in between.
   */
  onRegistered(credentials: SipCredentials, again: boolean): void
  /** After `prove`: the connection and the registration are as they were. */
  onProven(): void
  /** The connection is back without the registration: another desk has it, or it is refused, or there is no credential for it. */
  onReconnected(): void
  /** Something lives, or is still to be said, that needs the connection, whoever has the registration. */
  engaged(): boolean
  onLost(): void
  /** Every SIP message that the guard let in or that was sent. */
  onSip(direction: 'in' | 'out', envelope: Envelope): void
  log: Logger
  now(): Date
}

const requestedExpiry = 120
/** A credential is renewed this long before it expires. */
const renewalMargin = 60_000
const shortestWait = 5_000
const longWait = 3_600_000
/** A connection that breaks sooner is an attempt that failed. */
const steady = 5_000
/** An answer about our binding that takes longer is as bad as none. */
const checkTimeout = 2_000
/** Who calls for help and cannot be connected sooner has to know it, and take another telephone. */
const reachTimeout = 3_000

/** An exchange that is not on this machine is spoken to by TLS or not at all. */
export function requireProtected(url: string): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'wss:' || (protocol === 'ws:' && isLoopbackHost(hostname))) return
  throw new Fault('forbidden', 'configuration-invalid')
}

/**
 * Keeps one user agent registered: connect, REGISTER, refresh, renew the credential, and after every loss the same again with back-off.
 * SIP.js does none of it by itself.
 */
export class Line {
  readonly #options: LineOptions
  readonly #log: Logger
  #agent: UserAgent | null = null
  #transport: SipTransport | null = null
  #credentials: SipCredentials | null = null
  #running: { stopped: boolean; done: Promise<void> } | null = null
  #wake: (() => void) | null = null
  /** Somebody waits for an attempt that begins after they asked. */
  #reaching: PromiseWithResolvers<void> | null = null
  /** Fails the REGISTER that is on its way. */
  #giveUp: ((error: Error) => void) | null = null
  #registered = false
  #connectedAt = 0
  /** The connection was lost, and nobody was told of another one so far. */
  #cutOff = false
  #renew = false
  #proving = false
  #everRegistered = false
  /** Another desk has this extension now; taken back only when somebody says so, or two desks would fight for it. */
  #elsewhere = false
  #takingOver = false
  /** Whether the registrar is asked what it holds at intervals; where it refuses to say, only before each renewal. */
  #asks = true
  /** It has answered that once, so that no answer means that there is nobody to give one. */
  #answers = false
  /** It has refused to say, and the next REGISTER shows whether it was the question or this desk that it refused. */
  #refusal: unknown = null
  #others = 0
  #cseq = 1
  #callId = ''

  constructor(options: LineOptions) {
    this.#options = options
    this.#log = options.log
  }

  /** The user agent while it is connected and registered: for calls that begin. */
  agent(): UserAgent | null {
    return this.#registered || this.#elsewhere ? this.connected() : null
  }

  /** The user agent while it is connected: for calls that go on. A dialog has its own route and target (RFC 3261 12.2), and needs no binding. */
  connected(): UserAgent | null {
    return this.#transport?.isConnected() ? this.#agent : null
  }

  credentials(): SipCredentials | null {
    return this.#credentials
  }

  /** For a call for help: connects now, where nothing else keeps the desk connected or the next attempt would come later. */
  async reach(): Promise<void> {
    if (this.agent() || !this.#running) return
    if (this.#elsewhere) {
      await this.#reconnect()
      return
    }
    this.#reaching ??= Promise.withResolvers()
    const { promise } = this.#reaching
    this.#wake?.()
    const settled = new AbortController()
    const patience = delay(reachTimeout, undefined, { signal: settled.signal }).catch(() => undefined)
    await Promise.race([promise, patience])
    settled.abort()
  }

  start(): void {
    if (this.#running) return
    const running = { stopped: false, done: Promise.resolve() }
    this.#running = running
    running.done = this.#run(running)
  }

  /** Bindings of this address of record that are not ours. */
  others(): number {
    return this.#others
  }

  /** Takes the extension from the operator's other desks. */
  takeOver(): void {
    this.#elsewhere = false
    this.#takingOver = true
    this.#wake?.()
  }

  retryNow(): void {
    this.#wake?.()
  }

  /** Nothing that is known of the connection counts any more: the machine slept, or its network is another. */
  prove(): void {
    this.#proving = true
    void this.#transport?.prove()
    this.#wake?.()
  }

  /** Whether the connection to the exchange carries anything now; cut when it does not within a second. */
  async alive(): Promise<boolean> {
    return (await this.#transport?.prove()) ?? false
  }

  /** The credential in use is worth nothing: another is asked for at once. */
  renew(): void {
    this.#renew = true
    this.#wake?.()
  }

  /** Unregisters and forgets the credential. Dialogs must have been ended before. */
  async stop(): Promise<void> {
    const running = this.#running
    if (!running) return
    running.stopped = true
    this.#reached()
    this.#wake?.()
    const transport = this.#transport
    if (this.#registered && this.#agent && transport?.isConnected()) {
      await register(this.#agent, { ...this.#nextRequest(), expires: 0 }, 1000).catch(() => undefined)
    }
    await this.#dropAgent().catch((error: unknown) => {
      this.#log.warn({ cause: causeOf(error) }, 'the SIP stack did not stop cleanly')
    })
    await running.done
    this.#running = null
    this.#credentials = null
    this.#renew = false
    this.#everRegistered = false
    this.#cutOff = false
    this.#elsewhere = false
    this.#takingOver = false
    this.#others = 0
    this.#options.onState({ state: 'off', retryAt: null })
  }

  async #run(running: { stopped: boolean }): Promise<void> {
    let attempt = 0
    let registeredAt: number | null = null
    this.#options.onState({ state: 'connecting', retryAt: null })
    while (!running.stopped) {
      const reaching = this.#reaching
      try {
        const credentials = await this.#validCredentials()
        if (running.stopped) break
        const expires = await this.#register(credentials)
        this.#reached()
        if (running.stopped) break
        registeredAt ??= performance.now()
        await this.#stayRegistered(
          Math.min(expires * 750, Math.max(shortestWait, this.#remaining(credentials) - renewalMargin)),
          running,
        )
        if (await this.#isElsewhere(running)) continue
        if (!this.#registered) throw new Error('connection lost')
      } catch (error) {
        if (running.stopped) break
        this.#refusal = null
        if (registeredAt !== null && performance.now() - registeredAt >= steady) attempt = 0
        registeredAt = null
        const refused = error instanceof RegistrationRefused
        if (!(error instanceof NoAnswer) || (await this.#carriesCalls())) this.#tellReconnected()
        else this.#transport?.cut()
        if (running.stopped) break
        this.#renew ||= refused
        const pause = backoff(refused ? attempt + 2 : attempt)
        attempt++
        this.#notRegistered()
        this.#log.info({ refused, attempt, delay: pause, cause: causeOf(error) }, 'not registered')
        this.#options.onState({
          state: refused ? 'refused' : 'away',
          retryAt: new Date(this.#options.now().getTime() + pause),
        })
        if (reaching !== null && reaching === this.#reaching) this.#reached()
        if (this.#reaching === null) await this.#wait(pause)
      }
    }
  }

  #reached(): void {
    this.#reaching?.resolve()
    this.#reaching = null
  }

  /**
   * Until it is time to refresh, in `ms`. Asks meanwhile whether the registrar still holds our binding, for one that it dropped is not
   * told to anybody; and once more before the refresh, which would take the extension back from a desk that has replaced this one. Leaves
   * with `#registered` false when it does not hold it.
   */
  async #stayRegistered(ms: number, running: { stopped: boolean }): Promise<void> {
    const refreshAt = performance.now() + ms
    const left = () => refreshAt - performance.now()
    while (this.#registered && !running.stopped) {
      const seconds = this.#asks ? (this.#credentials?.line.registrationCheckSeconds ?? 0) : 0
      const interval = seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY
      if (!this.#proving) await this.#wait(Math.max(0, Math.min(left(), interval)))
      const agent = this.agent()
      if (!agent || running.stopped || this.#renew || this.#takingOver) return
      const due = left() <= 0
      if (!this.#proving && !due && interval === Number.POSITIVE_INFINITY) continue
      const proving = this.#proving
      this.#proving = false
      const bindings = await this.#ask(agent)
      if (!bindings) {
        this.#proving ||= proving
        return
      }
      const { ours, others } = bindings
      this.#elsewhere = ours === null && others.length > 0
      if (ours !== null && others.length !== this.#others) {
        this.#others = others.length
        this.#options.onState({ state: 'registered', retryAt: null })
      }
      if (ours === null) {
        this.#others = others.length
        this.#log.info('the registrar does not hold our binding any more')
        this.#registered = false
      } else if (proving && this.#registered) this.#options.onProven()
      if (due) return
    }
  }

  /**
   * What the registrar holds; null where it refuses to say (FreeSWITCH answers 400 to a REGISTER without Contact where its profile says so).
   * Rejects when there is nobody to ask.
   */
  async #ask(agent: UserAgent): Promise<Bindings | null> {
    try {
      const bindings = await this.#unlessLost(fetchBindings(agent, this.#nextRequest(), checkTimeout))
      this.#asks = true
      this.#answers = true
      return bindings
    } catch (error) {
      if (!this.#registered || (error instanceof NoAnswer && this.#answers)) throw error
      this.#refusal = error
      return null
    }
  }

  /** Another desk took the extension: true once it is taken back from there. A call that lives here keeps its connection all the same. */
  async #isElsewhere(running: { stopped: boolean }): Promise<boolean> {
    const was = this.#elsewhere
    let attempt = 0
    let connectedAt: number | null = null
    while (this.#elsewhere && !running.stopped) {
      this.#options.onState({ state: 'elsewhere', retryAt: null })
      if (this.#transport?.isConnected() || !this.#options.engaged()) {
        await this.#wait(longWait)
        continue
      }
      const lasted = connectedAt === null ? 0 : performance.now() - connectedAt
      const brief = connectedAt !== null && lasted < steady
      if (lasted >= steady) attempt = 0
      connectedAt = null
      if (!brief && (await this.#reconnect())) {
        connectedAt = performance.now()
        this.#tellReconnected()
      } else await this.#wait(backoff(attempt++))
    }
    return was
  }

  async #reconnect(): Promise<boolean> {
    try {
      await this.#agent?.reconnect()
    } catch (error) {
      this.#log.info({ cause: causeOf(error) }, 'not connected')
    }
    return this.connected() !== null
  }

  /** The registrar is silent: a connection that what lives needs is kept all the same while something comes back over it. */
  async #carriesCalls(): Promise<boolean> {
    return this.#options.engaged() && (await this.alive())
  }

  /** What lives goes on over a new connection, whatever becomes of the registration. */
  #tellReconnected(): void {
    if (!this.#cutOff || !this.connected()) return
    this.#cutOff = false
    this.#options.onReconnected()
  }

  #remaining(credentials: SipCredentials): number {
    return Date.parse(credentials.expiresAt) - this.#options.now().getTime()
  }

  async #validCredentials(): Promise<SipCredentials> {
    const renew = this.#renew
    const current = this.#credentials
    if (current && !renew && this.#remaining(current) > renewalMargin) return current
    try {
      const credentials = await this.#options.credentials()
      this.#renew = false
      return credentials
    } catch (error) {
      if (current && !renew && this.#remaining(current) > 0) return current
      if (this.#options.engaged()) await this.#reconnect()
      throw error
    }
  }

  /** Resolves with the binding's lifetime in seconds. */
  async #register(credentials: SipCredentials): Promise<number> {
    const agent = await this.#agentFor(credentials)
    if (agent.state === UserAgentState.Started) await agent.reconnect()
    else await agent.start()
    const { ours, others } = await this.#unlessLost(
      register(agent, { ...this.#nextRequest(), expires: requestedExpiry }, 5000),
    )
    if (this.#refusal !== null) {
      if (this.#asks)
        this.#log.warn(
          { cause: causeOf(this.#refusal) },
          'the registrar does not say what it holds: a binding that it drops is noticed with the next renewal, another desk with this extension perhaps never',
        )
      this.#asks = false
      this.#refusal = null
    }
    const proving = this.#proving
    this.#proving = false
    const left =
      this.#takingOver && others.length > 0
        ? await this.#unlessLost(unbind(agent, this.#nextRequest(), others, 5000))
        : { others }
    const taken = this.#takingOver
    this.#takingOver = false
    const again = !this.#registered && this.#everRegistered
    const first = !this.#registered
    const counted = left.others.length !== this.#others
    this.#others = left.others.length
    this.#registered = true
    this.#everRegistered = true
    if (first || counted) this.#options.onState({ state: 'registered', retryAt: null })
    if (first || taken) {
      this.#cutOff = false
      this.#options.onRegistered(credentials, again)
    } else if (proving) this.#options.onProven()
    return ours ?? requestedExpiry
  }

  /** The answer, or the loss of the connection that it would have come over. */
  async #unlessLost(answer: Promise<Bindings>): Promise<Bindings> {
    const lost = new Promise<never>((_, reject) => {
      this.#giveUp = reject
    })
    try {
      return await Promise.race([answer, lost])
    } finally {
      this.#giveUp = null
      answer.catch(() => undefined)
    }
  }

  #nextRequest(): { callId: string; cseq: number } {
    // A challenged REGISTER takes a second number (RFC 3261 22.2).
    this.#cseq += 2
    return { callId: this.#callId, cseq: this.#cseq }
  }

  async #agentFor(credentials: SipCredentials): Promise<UserAgent> {
    const before = this.#credentials
    const same =
      before?.sipUrl === credentials.sipUrl &&
      before.realm === credentials.realm &&
      before.extension === credentials.extension &&
      before.line.certificateAuthority === credentials.line.certificateAuthority
    requireProtected(credentials.sipUrl)
    this.#credentials = credentials
    if (this.#agent && same) {
      this.#agent.configuration.authorizationUsername = credentials.username
      this.#agent.configuration.authorizationPassword = credentials.password
      return this.#agent
    }
    await this.#dropAgent()
    return this.#createAgent(credentials)
  }

  #createAgent(credentials: SipCredentials): UserAgent {
    const uri = UserAgent.makeURI(`sip:${encodeURIComponent(credentials.extension)}@${credentials.realm}`)
    if (!uri) throw new Fault('invalid', 'configuration-invalid')
    const guard = new MessageGuard({
      log: this.#log,
      answer: (message) => void transport.send(message).catch(() => undefined),
      isOurs: (callId) => isOurs(agent, callId),
    })
    const transport: SipTransport = new SipTransport(
      credentials.sipUrl,
      guard,
      this.#log,
      credentials.line.certificateAuthority,
    )
    const agent: UserAgent = new UserAgent({
      uri,
      authorizationUsername: credentials.username,
      authorizationPassword: credentials.password,
      contactName: credentials.extension,
      userAgentString: 'Ascolto',
      transportConstructor: function connection() {
        return transport
      } as never,
      sessionDescriptionHandlerFactory: (session) => this.#options.describe(session),
      // Whether a call rings or is busy is decided before anything is said.
      sendInitialProvisionalResponse: false,
      // How long it rings is the exchange's business.
      noAnswerTimeout: 3600,
      gracefulShutdown: false,
      logBuiltinEnabled: false,
      logConfiguration: false,
      logLevel: 'warn',
      logConnector: (level, category) => this.#log.debug({ level, category }, 'SIP stack'),
      delegate: {
        onInvite: (invitation) => this.#options.onInvite(invitation, transport.arrivedAt),
        onConnect: () => {
          this.#connectedAt = performance.now()
        },
        onDisconnect: (error) => {
          if (!error) return
          const pausing = !this.#registered && !this.#elsewhere
          this.#cutOff = true
          this.#notRegistered()
          this.#options.onState({ state: 'away', retryAt: null })
          this.#options.onLost()
          this.#giveUp?.(error)
          // A connection that breaks at once does not cut the pause after a failed attempt short.
          if (!pausing || performance.now() - this.#connectedAt >= steady) this.#wake?.()
        },
      },
    })
    markContact(agent.contact.uri)
    transport.deliver = (message) => enter(agent, message)
    transport.tap = (direction, envelope) => this.#options.onSip(direction, envelope)
    this.#agent = agent
    this.#transport = transport
    this.#asks = true
    this.#answers = false
    this.#callId = crypto.randomUUID()
    return agent
  }

  #notRegistered(): void {
    this.#registered = false
  }

  async #dropAgent(): Promise<void> {
    const agent = this.#agent
    const transport = this.#transport
    this.#agent = null
    this.#transport = null
    this.#registered = false
    await transport?.disconnect()
    if (agent?.state === UserAgentState.Started) await agent.stop()
  }

  /** Until the time is over, the connection is lost, somebody wants it now, or it is stopped. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
      if (this.#running?.stopped) done()
    })
  }
}

const causeOf = (error: unknown): string =>
  error instanceof RegistrationRefused
    ? `status ${error.status}`
    : error instanceof Fault
      ? error.code
      : error instanceof Error
        ? ((error as NodeJS.ErrnoException).code ?? error.message)
        : typeof error
