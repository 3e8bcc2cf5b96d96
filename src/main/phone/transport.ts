import type { Logger } from 'pino'
import { EmitterImpl, type Transport, TransportState } from 'sip.js'
import { type RawData, WebSocket } from 'ws'
import { trusting } from './certificates.ts'
import type { MessageGuard } from './guard.ts'
import { keepAlive, proveAlive } from './heartbeat.ts'
import { type Envelope, inspect } from './sip-text.ts'

const handshakeTimeout = 5000
const closeTimeout = 500
/** Frames above it cut the connection; those above the guard's own limit are only refused. */
const maxPayload = 1024 * 1024

/**
 * SIP over WebSocket (RFC 7118) for SIP.js in Node: notices dead sockets by pings, and hands on only what the guard lets pass.
 * Does not reconnect by itself.
 */
export class SipTransport implements Transport {
  readonly protocol: string
  readonly stateChange = new EmitterImpl<TransportState>()
  onConnect: (() => void) | undefined = undefined
  onDisconnect: ((error?: Error) => void) | undefined = undefined
  onMessage: ((message: string) => void) | undefined = undefined
  /** `performance.now()` when the message being handled arrived. */
  arrivedAt = 0
  /** Takes what the guard lets through; false when it cannot be parsed. */
  deliver: (message: string) => boolean = () => false
  /** Told of every message that was let in or sent. */
  tap: (direction: 'in' | 'out', envelope: Envelope) => void = () => undefined

  readonly #url: string
  readonly #guard: MessageGuard
  readonly #log: Logger
  readonly #ca: string[] | undefined
  #state = TransportState.Disconnected
  #socket: WebSocket | null = null
  #connecting: Promise<void> | null = null
  #deliberate = false

  /** `certificateAuthority`: PEM, beside the system's own. */
  constructor(url: string, guard: MessageGuard, log: Logger, certificateAuthority: string | null = null) {
    this.#url = url
    this.#guard = guard
    this.#log = log
    this.#ca = trusting(certificateAuthority)
    this.protocol = new URL(url).protocol === 'wss:' ? 'WSS' : 'WS'
  }

  get state(): TransportState {
    return this.#state
  }

  isConnected(): boolean {
    return this.#state === TransportState.Connected
  }

  connect(): Promise<void> {
    if (this.isConnected()) return Promise.resolve()
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  #open(): Promise<void> {
    this.#deliberate = false
    this.#become(TransportState.Connecting)
    const socket = new WebSocket(this.#url, 'sip', {
      handshakeTimeout,
      maxPayload,
      perMessageDeflate: false,
      ca: this.#ca,
    })
    this.#socket = socket
    return new Promise((resolve, reject) => {
      let failure: Error | undefined
      socket.on('open', () => {
        keepAlive(socket)
        this.#become(TransportState.Connected)
        this.onConnect?.()
        resolve()
      })
      socket.on('message', (data) => this.#receive(data))
      socket.on('error', (error) => {
        failure = error
        this.#log.debug({ code: (error as NodeJS.ErrnoException).code ?? error.name }, 'SIP socket error')
      })
      socket.on('close', (code) => {
        const wasConnected = this.isConnected()
        if (this.#socket === socket) this.#socket = null
        this.#become(TransportState.Disconnected)
        const error = failure ?? new Error(`SIP socket closed (${code})`)
        if (wasConnected) this.onDisconnect?.(this.#deliberate ? undefined : error)
        reject(error)
      })
    })
  }

  #receive(data: RawData): void {
    this.arrivedAt = performance.now()
    const text = data.toString()
    if (/^(?:\r\n)*$/.test(text)) return
    const envelope = this.#guard.pass(text, (message) => this.deliver(message))
    if (envelope) this.tap('in', envelope)
  }

  /** Cuts the connection unless something comes back over it within a second. */
  prove(): Promise<boolean> {
    return this.#socket ? proveAlive(this.#socket) : Promise.resolve(false)
  }

  /** Gives the connection up without waiting for the other side. */
  cut(): void {
    this.#socket?.terminate()
  }

  disconnect(): Promise<void> {
    const socket = this.#socket
    if (!socket) return Promise.resolve()
    this.#deliberate = true
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.terminate(), closeTimeout)
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      socket.close(1000)
    })
  }

  dispose(): Promise<void> {
    return this.disconnect()
  }

  send(message: string): Promise<void> {
    const socket = this.#socket
    if (!socket || !this.isConnected()) return Promise.reject(new Error('not connected'))
    const { envelope } = inspect(message)
    if (envelope) this.tap('out', envelope)
    return new Promise((resolve, reject) => {
      socket.send(message, (error) => (error ? reject(error) : resolve()))
    })
  }

  #become(state: TransportState): void {
    if (this.#state === state) return
    this.#state = state
    this.stateChange.emit(state)
  }
}
