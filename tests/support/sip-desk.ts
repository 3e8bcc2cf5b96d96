import {
  type Invitation,
  Inviter,
  type NameAddrHeader,
  Registerer,
  type Session,
  SessionState,
  URI,
  UserAgent,
} from 'sip.js'
import { WebSocket } from 'ws'
import type { EngineState } from '../../src/contract/domain/agent.ts'
import { FromEngine, type QueueFigures, queueProtocol, type ToEngine } from '../../src/contract/queue.ts'
import { Ticker } from '../../src/practice/media/ticker.ts'
import { ephemeralPassword } from '../../src/practice/sip/credentials.ts'
import { DeskEnd } from './sip-desk-media.ts'
import { until } from './until.ts'

export type DeskCredential = { username: string; password: string }

/** As the CRM would issue it. */
export function credential(secret: string, extension: string, secondsFromNow = 3600): DeskCredential {
  const username = `${Math.floor(Date.now() / 1000) + secondsFromNow}:${extension}`
  return { username, password: ephemeralPassword(secret, username) }
}

/** A call as a desk has it. */
export class DeskCall {
  readonly session: Session
  /** The INVITE as it came; null for a dialled call. */
  readonly invitation: Invitation | null
  status: number | null = null
  cancelReason: string | null = null
  readonly endings: string[] = []

  constructor(session: Session, invitation: Invitation | null) {
    this.session = session
    this.invitation = invitation
    session.delegate = {
      onCancel: (cancel) => {
        this.cancelReason = cancel.request.getHeader('reason') ?? ''
      },
      onBye: (bye) => {
        this.endings.push('bye')
        void bye.accept()
      },
    }
  }

  get media(): DeskEnd {
    const handler = this.session.sessionDescriptionHandler
    if (!(handler instanceof DeskEnd)) throw new Error('the call has no media')
    return handler
  }

  header(name: string): string | undefined {
    return this.invitation?.request.getHeader(name)
  }

  async answer(): Promise<void> {
    await this.invitation?.accept()
  }

  async hangUp(): Promise<void> {
    await this.session.bye()
  }

  /** Status of the answer to a re-INVITE. */
  async reinvite(options: { hold?: boolean } = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      this.session
        .invite({
          sessionDescriptionHandlerOptions: options as object,
          requestDelegate: {
            onAccept: (response) => resolve(response.message.statusCode ?? 0),
            onReject: (response) => resolve(response.message.statusCode ?? 0),
          },
        })
        .catch(reject)
    })
  }

  ended(): Promise<unknown> {
    return until('the call ends', () => this.session.state === SessionState.Terminated)
  }

  established(): Promise<unknown> {
    return until('the call is established', () => this.session.state === SessionState.Established)
  }
}

/** A desk without a window: a real SIP.js user agent with werift for media, and the queue socket. */
export class SipDesk {
  readonly extension: string
  readonly agent: UserAgent
  readonly registerer: Registerer
  readonly calls: DeskCall[] = []
  readonly told: FromEngine[] = []
  readonly #ticker = new Ticker()
  readonly #credential: DeskCredential
  readonly #realm: string
  #taken = 0
  #queue: WebSocket | null = null
  /** As the line granted it with the last REGISTER. */
  registeredForSeconds = 0

  constructor(options: {
    sipUrl: string
    extension: string
    credential: DeskCredential
    realm: string
    expires?: number
  }) {
    this.extension = options.extension
    this.#credential = options.credential
    this.#realm = options.realm
    this.agent = new UserAgent({
      uri: new URI('sip', options.extension, options.realm),
      contactName: options.extension,
      authorizationUsername: options.credential.username,
      authorizationPassword: options.credential.password,
      transportOptions: { server: options.sipUrl },
      logBuiltinEnabled: false,
      gracefulShutdown: false,
      sessionDescriptionHandlerFactory: () => new DeskEnd(this.#ticker),
      delegate: {
        onInvite: (invitation) => {
          this.calls.push(new DeskCall(invitation, invitation))
        },
      },
    })
    this.registerer = new Registerer(this.agent, { expires: options.expires ?? 600 })
  }

  /** Final status of the REGISTER. */
  async register(): Promise<number> {
    await this.agent.start()
    return new Promise((resolve, reject) => {
      this.registerer
        .register({
          requestDelegate: {
            onAccept: (response) => {
              const contact = response.message.parseHeader('contact') as NameAddrHeader | undefined
              this.registeredForSeconds = Number(contact?.getParam('expires'))
              resolve(response.message.statusCode ?? 0)
            },
            onReject: (response) => resolve(response.message.statusCode ?? 0),
          },
        })
        .catch(reject)
    })
  }

  /** Opens the queue socket and says hello. */
  async attach(
    queueUrl: string,
    hello: Partial<DeskCredential & { extension: string }> = {},
  ): Promise<FromEngine> {
    const socket = new WebSocket(queueUrl, queueProtocol)
    this.#queue = socket
    const before = this.told.length
    socket.on('message', (data) => this.told.push(FromEngine.parse(JSON.parse(data.toString()))))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    this.tell({ type: 'hello', extension: this.extension, ...this.#credential, ...hello })
    return until('an answer to hello', () => this.told[before])
  }

  tell(message: ToEngine): void {
    this.#queue?.send(JSON.stringify(message))
  }

  sendRaw(text: string | Buffer): void {
    this.#queue?.send(text)
  }

  detach(): void {
    this.#queue?.terminate()
  }

  get queueClosed(): boolean {
    return this.#queue?.readyState === WebSocket.CLOSED
  }

  get state(): EngineState | null {
    return this.told.findLast((message) => message.type === 'state')?.state ?? null
  }

  get figures(): QueueFigures | null {
    return this.told.findLast((message) => message.type === 'figures')?.figures ?? null
  }

  async ready(): Promise<void> {
    this.tell({ type: 'set', state: 'ready', reason: null })
    await this.isIn('ready')
  }

  isIn(kind: EngineState['kind'], reason?: string): Promise<unknown> {
    return until(`${this.extension} is ${kind}${reason ? ` (${reason})` : ''}`, () => {
      const state = this.state
      return (
        state?.kind === kind &&
        (reason === undefined || (state.kind === 'not-ready' && state.reason === reason))
      )
    })
  }

  /** The next incoming call that nobody has taken from here yet. */
  async incoming(timeoutMs?: number): Promise<DeskCall> {
    const call = await until(`${this.extension} is rung`, () => this.calls[this.#taken], timeoutMs)
    this.#taken++
    return call
  }

  /** Dials; resolves with the final answer. */
  async dial(user: string, extraHeaders: string[] = []): Promise<DeskCall> {
    const { call, answered } = this.ringOut(user, extraHeaders)
    await answered
    return call
  }

  ringOut(
    user: string,
    extraHeaders: string[] = [],
  ): { call: DeskCall; inviter: Inviter; answered: Promise<void> } {
    const inviter = new Inviter(this.agent, new URI('sip', user, this.#realm), { extraHeaders })
    const call = new DeskCall(inviter, null)
    const answered = new Promise<void>((resolve, reject) => {
      const done = (status: number | undefined): void => {
        call.status = status ?? null
        resolve()
      }
      inviter
        .invite({
          requestDelegate: {
            onAccept: (response) => done(response.message.statusCode),
            onReject: (response) => done(response.message.statusCode),
          },
        })
        .catch(reject)
    })
    return { call, inviter, answered }
  }

  /** The socket dies under the desk; its dialogs and audio stay. */
  async dropSocket(): Promise<void> {
    await this.agent.transport.disconnect()
  }

  async reconnect(): Promise<number> {
    await this.agent.reconnect()
    return this.register()
  }

  async close(): Promise<void> {
    this.detach()
    for (const call of this.calls)
      if (call.session.state !== SessionState.Terminated) await call.session.dispose().catch(() => {})
    await this.agent.stop().catch(() => {})
    this.#ticker.stop()
  }
}
