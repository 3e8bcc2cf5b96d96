import type { Logger } from 'pino'
import { WebSocket } from 'ws'
import type { SipCredentials } from '#contract/crm.ts'
import type { AgentView, DesiredState, EngineState } from '#contract/domain/agent.ts'
import {
  type AgentEvent,
  type AgentMemory,
  type AgentState,
  memoryOf,
  moveAgent,
  newAgentState,
  restoredState,
  viewOf,
  wantedOf,
} from '#contract/domain/agent-machine.ts'
import { type Call, isLive } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import { defaultLine } from '#contract/domain/line.ts'
import {
  FromEngine,
  type QueueFigures,
  queueProtocol,
  type ToEngine,
  takenOverCode,
} from '#contract/queue.ts'
import { backoff } from './backoff.ts'
import { trusting } from './certificates.ts'
import { keepAlive, proveAlive } from './heartbeat.ts'
import { requireProtected } from './line.ts'

/** A connection that breaks sooner is an attempt that failed. */
const steady = 5_000
/** The operator is signed out as soon as nothing holds that up. */
const sessionEnds = 'session-ends'

export type QueueAgentOptions = {
  /** The credential in use; null while there is none. */
  credentials(): SipCredentials | null
  /** The engine refused the credential: registering anew brings another. */
  refused(): void
  agent(view: AgentView): void
  figures(figures: QueueFigures | null): void
  welcome(line: { name: string; practice: boolean }): void
  /** The engine hears another desk of this operator from now on. */
  takenOver(): void
  /** A wrap-up's time is over and calls may come: whether the microphone can be used. */
  hasVoice(): Promise<boolean>
  /** Asked before `ready` is said. */
  mayBeRung(): boolean
  log: Logger
  now(): Date
}

/** The operator's state and the queue engine: what is wanted is decided here and said again after every reconnection; what is, the engine says. */
export class QueueAgent {
  readonly #options: QueueAgentOptions
  #state: AgentState
  #figures: QueueFigures | null = null
  #socket: WebSocket | null = null
  #url: string | null = null
  #welcomed = false
  #said = ''
  #attempt = 0
  #welcomedAt = 0
  /** Another desk of this operator said hello; heard again only when somebody says so, or two desks would fight. */
  #takenOver = false
  #retry: NodeJS.Timeout | null = null
  #wrapUp: NodeJS.Timeout | null = null
  #running = false

  constructor(options: QueueAgentOptions) {
    this.#options = options
    this.#state = newAgentState(this.#instant(), defaultLine.afterCallSeconds)
  }

  view(): AgentView {
    return viewOf(this.#state)
  }

  memory(): AgentMemory {
    return memoryOf(this.#state)
  }

  figures(): QueueFigures | null {
    return this.#figures
  }

  /** Somebody's session begins, or goes on in a new host. */
  begin(memory: AgentMemory | null): void {
    const at = this.#instant()
    this.#become(memory ? restoredState(memory, at) : newAgentState(at, this.#state.afterCallSeconds))
  }

  /** The desk is registered: connect, if it is not, to the engine that the credential names. */
  lineReady(credentials: SipCredentials): void {
    this.#move({ type: 'site', afterCallSeconds: credentials.line.afterCallSeconds })
    if (this.#takenOver) return
    this.#running = true
    if (this.#socket && this.#url === credentials.queueUrl) return
    this.#attempt = 0
    this.#open()
  }

  desire(desired: DesiredState): void {
    // Said also when it was wanted all along: the engine may hold something else.
    this.#said = ''
    this.#move({ type: 'chosen', desired })
  }

  voice(present: boolean): void {
    this.#move({ type: 'voice', present, at: this.#instant() })
  }

  /** Every move of every call. */
  called(call: Call): void {
    const callId = call.id
    if (!isLive(call)) this.#move({ type: 'call-ended', callId, at: this.#instant() })
    else {
      this.#move({ type: 'call-began', callId, wrapsUp: call.queue !== null })
      if (call.answeredAt !== null) this.#move({ type: 'call-answered', callId })
    }
  }

  /** False when no wrap-up is open. */
  extendAfterCallWork(seconds: number): boolean {
    if (!this.#state.afterCallWork) return false
    this.#move({ type: 'wrap-up-extended', seconds, at: this.#instant() })
    return true
  }

  finishAfterCallWork(contactId: Id, next: DesiredState): void {
    this.#move({ type: 'wrap-up-closed', contactId, next, at: this.#instant() })
  }

  /** Whether the engine hears another desk of this operator. */
  isTakenOver(): boolean {
    return this.#takenOver
  }

  /** With the next `lineReady` this desk speaks for the operator, whoever did before. */
  takeOver(): void {
    this.#takenOver = false
  }

  /** Another desk speaks for this operator; `lineReady` connects again. */
  leave(): void {
    this.#running = false
    this.#close()
  }

  stop(): void {
    this.#running = false
    this.#takenOver = false
    this.#close()
    this.#become(newAgentState(this.#instant(), this.#state.afterCallSeconds))
  }

  #move(event: AgentEvent): void {
    this.#become(moveAgent(this.#state, event))
  }

  #become(state: AgentState): void {
    if (state === this.#state) return
    this.#state = state
    this.#watchWrapUp()
    this.#say()
    this.#options.agent(viewOf(state))
  }

  #watchWrapUp(): void {
    if (this.#wrapUp) clearTimeout(this.#wrapUp)
    this.#wrapUp = null
    const until = this.#state.afterCallWork?.until
    if (!until) return
    const left = Math.max(0, Date.parse(until) - this.#options.now().getTime())
    this.#wrapUp = setTimeout(() => void this.#wrapUpOver(until), left)
  }

  async #wrapUpOver(until: string): Promise<void> {
    const { desired, next } = this.#state
    const voice = (next ?? desired).kind !== 'ready' || (await this.#options.hasVoice())
    // Extended or closed meanwhile.
    if (this.#state.afterCallWork?.until !== until) return
    if (!voice) this.voice(false)
    this.#move({ type: 'time', at: until })
  }

  /**
   * The machine slept, or its network is another: the connection may be dead. Connects at once where it waited to try again. A timer counts on
   * the monotonic clock, which stands still in a sleep; a wrap-up ends by the wall's.
   */
  prove(): void {
    this.#watchWrapUp()
    if (this.#socket) void proveAlive(this.#socket)
    else if (this.#running && this.#retry) this.#open()
  }

  #open(): void {
    this.#close()
    const credentials = this.#options.credentials()
    if (!this.#running || !credentials || credentials.queueUrl === null) return
    const url = credentials.queueUrl
    this.#url = url
    let socket: WebSocket
    try {
      requireProtected(url)
      socket = new WebSocket(url, queueProtocol, {
        handshakeTimeout: 5000,
        maxPayload: 65_536,
        perMessageDeflate: false,
        ca: trusting(credentials.line.certificateAuthority),
      })
    } catch {
      this.#options.log.error('the queue engine has an address that must not be used')
      return
    }
    this.#socket = socket
    socket.on('open', () => {
      keepAlive(socket)
      const { extension, username, password } = credentials
      this.#send({ type: 'hello', extension, username, password })
    })
    socket.on('message', (data) => {
      if (this.#socket === socket) this.#receive(data.toString())
    })
    socket.on('error', (error) => {
      this.#options.log.debug(
        { code: (error as NodeJS.ErrnoException).code ?? error.name },
        'queue engine socket',
      )
    })
    socket.on('close', (code) => {
      if (this.#socket !== socket) return
      if (code !== takenOverCode) this.#lost()
      else {
        this.#takenOver = true
        this.leave()
        this.#options.takenOver()
      }
    })
  }

  #receive(text: string): void {
    const parsed = FromEngine.safeParse(parseJson(text))
    if (!parsed.success) {
      this.#options.log.warn({ length: text.length }, 'queue engine message refused')
      return
    }
    const message = parsed.data
    switch (message.type) {
      case 'welcome':
        this.#welcomed = true
        this.#welcomedAt = performance.now()
        this.#options.welcome({ name: message.line, practice: message.practice })
        this.#said = ''
        this.#say()
        return
      case 'refused':
        this.#options.log.warn({ reason: message.reason }, 'queue engine refused')
        if (message.reason === 'credentials') this.#options.refused()
        if (message.reason !== 'bad-message') this.#lost()
        return
      case 'state':
        this.#hear(message.state)
        return
      case 'figures':
        this.#figures = message.figures
        this.#options.figures(message.figures)
    }
  }

  #hear(state: EngineState): void {
    // It moved the agent to wrap-up by itself after it was told what comes next: the end of the call overtook that.
    const stuck = state.kind === 'after-call-work' && this.#state.calls.length === 0
    if (stuck && this.#said !== '' && !this.#state.afterCallWork) this.#said = ''
    this.#move({ type: 'engine', state })
  }

  /** Says what is wanted, if that was not said last. */
  #say(): void {
    if (!this.#welcomed) return
    const wished = wantedOf(this.#state)
    const wanted =
      wished.state !== 'ready' || this.#options.mayBeRung()
        ? wished
        : ({ type: 'set', state: 'not-ready', reason: sessionEnds } as const)
    const said = JSON.stringify(wanted)
    if (said === this.#said) return
    this.#said = said
    this.#send(wanted)
  }

  #send(message: ToEngine): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #lost(): void {
    if (this.#welcomed && performance.now() - this.#welcomedAt >= steady) this.#attempt = 0
    this.#close()
    if (!this.#running) return
    this.#retry = setTimeout(() => this.#open(), backoff(this.#attempt++))
  }

  #close(): void {
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    const socket = this.#socket
    this.#socket = null
    this.#url = null
    this.#welcomed = false
    socket?.close()
    if (this.#state.engine.kind !== 'unknown') this.#move({ type: 'engine', state: this.#unknown() })
    if (this.#figures) {
      this.#figures = null
      this.#options.figures(null)
    }
  }

  #unknown(): EngineState {
    return { kind: 'unknown', since: this.#instant() }
  }

  #instant(): string {
    return this.#options.now().toISOString()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
