import type { Logger } from 'pino'
import { WebSocket } from 'ws'
import type { SipCredentials } from '#contract/crm.ts'
import type { AgentView, DesiredState, EngineState } from '#contract/domain/agent.ts'
import type { Id } from '#contract/domain/ids.ts'
import { FromEngine, type QueueFigures, queueProtocol, type ToEngine } from '#contract/queue.ts'
import { backoff } from './backoff.ts'
import { keepAlive } from './heartbeat.ts'
import { requireProtected } from './line.ts'

export type QueueAgentOptions = {
  /** The credential in use; null while there is none. */
  credentials(): SipCredentials | null
  /** The engine refused the credential: registering anew brings another. */
  refused(): void
  agent(view: AgentView): void
  figures(figures: QueueFigures | null): void
  welcome(line: { name: string; practice: boolean }): void
  log: Logger
  now(): Date
}

const initial: DesiredState = { kind: 'not-ready', reason: 'shift-start' }

/** The operator's state at the queue engine: what is wanted is remembered here and said again after every reconnection; what is, the engine says. */
export class QueueAgent {
  readonly #options: QueueAgentOptions
  #view: AgentView
  #figures: QueueFigures | null = null
  #socket: WebSocket | null = null
  #url: string | null = null
  #welcomed = false
  #attempt = 0
  #retry: NodeJS.Timeout | null = null
  #running = false

  constructor(options: QueueAgentOptions) {
    this.#options = options
    this.#view = { desired: initial, engine: this.#unknown(), afterCallWork: null }
  }

  view(): AgentView {
    return this.#view
  }

  figures(): QueueFigures | null {
    return this.#figures
  }

  /** The desk is registered: connect, if it is not, to the engine that the credential names. */
  lineReady(credentials: SipCredentials): void {
    this.#running = true
    if (this.#socket && this.#url === credentials.queueUrl) return
    this.#attempt = 0
    this.#open()
  }

  desire(desired: DesiredState): void {
    this.#show({ desired })
    // During wrap-up the engine waits; finishing it says what comes next.
    if (!this.#view.afterCallWork) this.#say()
  }

  callEnded(contactId: Id): void {
    this.#show({ afterCallWork: { contactId, since: this.#instant() } })
  }

  finishAfterCallWork(contactId: Id, next: DesiredState): void {
    const other = this.#view.afterCallWork !== null && this.#view.afterCallWork.contactId !== contactId
    this.#show(other ? { desired: next } : { desired: next, afterCallWork: null })
    if (!other) this.#say()
  }

  stop(): void {
    this.#running = false
    this.#close()
    this.#show({ desired: initial, engine: this.#unknown(), afterCallWork: null })
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
    socket.on('close', () => {
      if (this.#socket === socket) this.#lost()
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
        this.#attempt = 0
        this.#options.welcome({ name: message.line, practice: message.practice })
        this.#say()
        return
      case 'refused':
        this.#options.log.warn({ reason: message.reason }, 'queue engine refused')
        if (message.reason === 'credentials') this.#options.refused()
        if (message.reason !== 'bad-message') this.#lost()
        return
      case 'state':
        this.#show({ engine: message.state })
        return
      case 'figures':
        this.#figures = message.figures
        this.#options.figures(message.figures)
    }
  }

  #say(): void {
    if (!this.#welcomed) return
    const { desired, afterCallWork } = this.#view
    if (afterCallWork) this.#send({ type: 'set', state: 'after-call-work', reason: null })
    else
      this.#send({
        type: 'set',
        state: desired.kind,
        reason: desired.kind === 'not-ready' ? desired.reason : null,
      })
  }

  #send(message: ToEngine): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #lost(): void {
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
    if (this.#view.engine.kind !== 'unknown') this.#show({ engine: this.#unknown() })
    if (this.#figures) {
      this.#figures = null
      this.#options.figures(null)
    }
  }

  #show(change: Partial<AgentView>): void {
    this.#view = { ...this.#view, ...change }
    this.#options.agent(this.#view)
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
