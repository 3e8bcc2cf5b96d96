import type { Logger } from 'pino'
import type { Core, Transport } from 'sip.js'
import { EmitterImpl, TransportState } from 'sip.js'
import type { WebSocket } from 'ws'
import { inspectFrame, requestTarget, topVia } from './frame-guard.ts'

/** One desk's WebSocket. */
export type Flow = {
  readonly id: number
  readonly socket: WebSocket
  /** Who registered over it; null before. */
  extension: string | null
  refusedFrames: number
}

/** A misbehaving client is cut off after this many frames that were refused or made the parser throw. */
const refusedFramesLimit = 200
const pendingBranchesLimit = 500

/**
 * All desks' WebSockets as the one transport of one user agent, so that a dialog outlives the socket it was made on: responses go
 * back where their request came from (by the top Via), requests go to the socket over which their target last registered.
 */
export class Flows {
  readonly #log: Logger
  readonly #flows = new Set<Flow>()
  readonly #byContact = new Map<string, Flow>()
  readonly #byBranch = new Map<string, Flow>()
  #lastId = 0
  #current: Flow | null = null
  #deliver: ((text: string, uri: string | null) => void) | null = null
  #closed: (flow: Flow) => void = () => {}
  refused = 0

  constructor(log: Logger) {
    this.#log = log
  }

  /** `deliver` is given a message, and its Request-URI (null for a response). */
  onMessage(deliver: (text: string, uri: string | null) => void): void {
    this.#deliver = deliver
  }

  onClosed(listener: (flow: Flow) => void): void {
    this.#closed = listener
  }

  /** The flow whose message is being handled now; the handlers of the SIP stack are called synchronously. */
  get current(): Flow | null {
    return this.#current
  }

  /** Requests to this contact (user@host, lower case) go over this flow from now on. */
  bind(contact: string, flow: Flow): void {
    this.#byContact.set(contact, flow)
  }

  reaches(contact: string): boolean {
    return this.#byContact.has(contact)
  }

  add(socket: WebSocket): Flow {
    const flow: Flow = { id: ++this.#lastId, socket, extension: null, refusedFrames: 0 }
    this.#flows.add(flow)
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.#refuse(flow, 'binary')
      else this.#receive(flow, data.toString())
    })
    socket.on('error', (error) => {
      this.refused++
      this.#log.warn({ flow: flow.id, reason: error.message }, 'SIP socket failed')
    })
    socket.on('close', () => this.#remove(flow))
    return flow
  }

  async send(text: string): Promise<void> {
    const target = requestTarget(text)
    const via = target === null ? topVia(text) : null
    const flow = target === null ? via && this.#byBranch.get(via) : this.#byContact.get(target)
    if (!flow) throw new Error('no connection to the desk')
    flow.socket.send(text)
  }

  close(): void {
    for (const flow of this.#flows) flow.socket.terminate()
  }

  #receive(flow: Flow, text: string): void {
    const verdict = inspectFrame(text)
    if (verdict.kind === 'refused') {
      this.#refuse(flow, verdict.reason)
      return
    }
    if (verdict.kind === 'keepalive') {
      flow.socket.send('\r\n')
      return
    }
    if (verdict.kind === 'request') {
      const via = topVia(text)
      const owner = via === null ? undefined : this.#byBranch.get(via)
      if (via === null || (owner && owner !== flow)) {
        this.#refuse(flow, via === null ? 'no-via' : 'branch-of-another')
        return
      }
      this.#remember(via, flow)
    }
    this.#current = flow
    try {
      this.#deliver?.(text, verdict.kind === 'request' ? verdict.uri : null)
    } catch (error) {
      // SIP.js's parser and transaction layer throw on some malformed messages and do not catch it themselves.
      this.#refuse(flow, error instanceof Error ? error.name : 'unknown')
    } finally {
      this.#current = null
    }
  }

  #remember(via: string, flow: Flow): void {
    this.#byBranch.delete(via)
    this.#byBranch.set(via, flow)
    const limit = pendingBranchesLimit * Math.max(1, this.#flows.size)
    for (const oldest of this.#byBranch.keys()) {
      if (this.#byBranch.size <= limit) break
      this.#byBranch.delete(oldest)
    }
  }

  #refuse(flow: Flow, reason: string): void {
    this.refused++
    flow.refusedFrames++
    this.#log.warn({ flow: flow.id, reason, count: flow.refusedFrames }, 'SIP frame refused')
    if (flow.refusedFrames >= refusedFramesLimit) flow.socket.close(1008, 'too many malformed frames')
  }

  #remove(flow: Flow): void {
    if (!this.#flows.delete(flow)) return
    for (const [contact, at] of this.#byContact) if (at === flow) this.#byContact.delete(contact)
    for (const [via, at] of this.#byBranch) if (at === flow) this.#byBranch.delete(via)
    this.#closed(flow)
  }
}

/** The SIP library's view of all flows. */
export class FlowTransport implements Transport {
  readonly protocol = 'WS'
  readonly stateChange = new EmitterImpl<TransportState>()
  onConnect: (() => void) | undefined
  onDisconnect: ((error?: Error) => void) | undefined
  onMessage: ((message: string) => void) | undefined
  readonly #flows: Flows

  constructor(_logger: Core.Logger, options: { flows: Flows }) {
    this.#flows = options.flows
  }

  get state(): TransportState {
    return TransportState.Connected
  }

  isConnected(): boolean {
    return true
  }

  async connect(): Promise<void> {
    this.onConnect?.()
  }

  async disconnect(): Promise<void> {}

  async dispose(): Promise<void> {}

  send(message: string): Promise<void> {
    return this.#flows.send(message)
  }
}
