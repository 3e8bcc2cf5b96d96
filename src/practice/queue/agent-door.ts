import { timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { EngineState } from '#contract/domain/agent.ts'
import { FromEngine, type QueueFigures, ToEngine, takenOverCode } from '#contract/queue.ts'
import type { CredentialCheck } from '../sip/credentials.ts'
import type { AgentEvent } from './agent-state.ts'

export type AgentDoorOptions = {
  lineName: string
  log: Logger
  credential(username: string): CredentialCheck
  apply(extension: string, event: AgentEvent): void
  state(extension: string): EngineState
  figures(): QueueFigures
}

const refusedLimit = 50
/** Time to say who one is. */
const helloWithinMs = 10_000

const same = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/** The desks' sockets of `queueProtocol`. One desk an operator: a newer one takes over. */
export class AgentDoor {
  readonly #options: AgentDoorOptions
  readonly #desks = new Map<string, WebSocket>()
  readonly #sockets = new Set<WebSocket>()

  constructor(options: AgentDoorOptions) {
    this.#options = options
  }

  add(socket: WebSocket): void {
    const { log } = this.#options
    this.#sockets.add(socket)
    let extension: string | null = null
    let refused = 0
    const patience = setTimeout(() => {
      if (extension === null) socket.close(1008, 'no hello')
    }, helloWithinMs)

    const refuse = (reason: Extract<FromEngine, { type: 'refused' }>['reason']): void => {
      refused++
      log.warn({ reason, count: refused }, 'queue message refused')
      send(socket, { type: 'refused', reason })
      if (refused >= refusedLimit) socket.close(1008, 'too many refused messages')
    }

    socket.on('message', (data, isBinary) => {
      const message = isBinary ? null : read(data.toString())
      if (!message) refuse('bad-message')
      else if (message.type === 'hello') {
        const granted = extension === null && this.#authenticates(message)
        if (!granted) return refuse(extension === null ? 'credentials' : 'bad-message')
        extension = message.extension
        this.#welcome(extension, socket)
      } else if (extension === null) refuse('credentials')
      else this.#options.apply(extension, { ...message, type: 'set' })
    })
    socket.on('error', (error) => log.warn({ reason: error.message }, 'queue socket failed'))
    socket.on('close', () => {
      clearTimeout(patience)
      this.#sockets.delete(socket)
      if (extension === null || this.#desks.get(extension) !== socket) return
      this.#desks.delete(extension)
      this.#options.apply(extension, { type: 'detached' })
    })
  }

  tellState(extension: string, state: EngineState): void {
    const socket = this.#desks.get(extension)
    if (socket) send(socket, { type: 'state', state })
  }

  tellFigures(figures: QueueFigures): void {
    for (const socket of this.#desks.values()) send(socket, { type: 'figures', figures })
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  #authenticates(hello: Extract<ToEngine, { type: 'hello' }>): boolean {
    const credential = this.#options.credential(hello.username)
    if ('refused' in credential) return false
    return credential.extension === hello.extension && same(credential.password, hello.password)
  }

  #welcome(extension: string, socket: WebSocket): void {
    const before = this.#desks.get(extension)
    this.#desks.set(extension, socket)
    before?.close(takenOverCode, 'another desk took over')
    send(socket, { type: 'welcome', line: this.#options.lineName, practice: true })
    this.#options.apply(extension, { type: 'attached' })
    send(socket, { type: 'state', state: this.#options.state(extension) })
    send(socket, { type: 'figures', figures: this.#options.figures() })
  }
}

function read(text: string): ToEngine | null {
  try {
    return ToEngine.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

function send(socket: WebSocket, message: FromEngine): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(FromEngine.parse(message)))
}
