import { Grammar, type Invitation, Inviter, type NameAddrHeader, SIPExtension, URI, UserAgent } from 'sip.js'
import type { WebSocket } from 'ws'
import { DeskLeg } from '../calls/desk-leg.ts'
import { type Flow, Flows, FlowTransport } from './flows.ts'
import { type Binding, contactKey, Registrar, type RegistrarOptions } from './registrar.ts'

export type ExchangeOptions = Omit<RegistrarOptions, 'onUnregistered'> & {
  onUnregistered: RegistrarOptions['onUnregistered']
  /** A desk's socket is gone; its bindings already are. */
  onConnectionLost(): void
  /** A desk dials, or takes over one of its dialogs. */
  onInvite(invitation: Invitation, extension: string): void
}

/** Who the desk is told is calling. */
export type CallerIdentity = {
  /** E.164, or an extension; null: withheld (RFC 3323, RFC 3325). */
  number: string | null
  displayName: string
}

const lineUser = 'line'

/** The SIP side: one user agent for all desks, SIP.js as its stack. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #flows: Flows
  readonly #registrar: Registrar
  readonly #agent: UserAgent

  constructor(options: ExchangeOptions) {
    this.#options = options
    const { log, realm } = options
    this.#flows = new Flows(log)
    this.#registrar = new Registrar(this.#flows, options)
    this.#agent = new UserAgent({
      uri: new URI('sip', lineUser, realm),
      contactName: lineUser,
      viaHost: realm,
      transportConstructor: FlowTransport,
      transportOptions: { flows: this.#flows },
      sendInitialProvisionalResponse: false,
      // SIP.js would answer 481 to Replaces for dialogs that it does not find under its own rules; they are matched in `onInvite`.
      sipExtensionReplaces: SIPExtension.Unsupported,
      gracefulShutdown: false,
      logBuiltinEnabled: false,
      logConfiguration: false,
      // Only where it came from: the text may quote the message, with numbers and names.
      logConnector: (level, category) => log.debug({ level, category }, 'SIP stack'),
      userAgentString: 'Ascolto practice line',
      sessionDescriptionHandlerFactory: (session) => {
        if (session.data instanceof DeskLeg) return session.data.media
        throw new Error('a session without a leg')
      },
      delegate: {
        onRegisterRequest: (request) => {
          const flow = this.#flows.current
          this.#handle(request, () => flow && this.#registrar.handle(request, flow))
        },
        onInvite: (invitation) => {
          const flow = this.#flows.current
          this.#handle(invitation, () => this.#invited(invitation, flow))
        },
      },
    })
    this.#flows.onMessage((text, uri) => this.#deliver(text, uri))
    this.#flows.onClosed((flow) => {
      this.#registrar.connectionLost(flow)
      options.onConnectionLost()
    })
  }

  async start(): Promise<void> {
    await this.#agent.start()
  }

  addSocket(socket: WebSocket): void {
    this.#flows.add(socket)
  }

  get refusedFrames(): number {
    return this.#flows.refused
  }

  binding(extension: string): Binding | null {
    return this.#registrar.binding(extension)
  }

  reaches(contact: string): boolean {
    return this.#flows.reaches(contact)
  }

  /** As P-Asserted-Identity says it (RFC 3325). */
  identityOf({ number, displayName }: CallerIdentity): string {
    const { realm } = this.#options
    return number === null
      ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
      : `"${displayName}" <sip:${number}@${realm}>`
  }

  /** Rings a desk; the leg reports what comes of it. */
  ring(binding: Binding, leg: DeskLeg, caller: CallerIdentity, headers: string[]): void {
    const { realm } = this.#options
    const identity =
      caller.number === null ? ['Privacy: id'] : [`P-Asserted-Identity: ${this.identityOf(caller)}`]
    const inviter = new Inviter(this.#agent, binding.contact, {
      params: {
        fromUri:
          caller.number === null
            ? new URI('sip', 'anonymous', 'anonymous.invalid')
            : new URI('sip', caller.number, realm),
        fromDisplayName: caller.number === null ? 'Anonymous' : caller.displayName,
        toUri: new URI('sip', binding.extension, realm),
      },
      extraHeaders: [...identity, 'X-Practice: 1', ...headers],
    })
    leg.invite(inviter, binding.contactKey)
  }

  async close(): Promise<void> {
    this.#registrar.close()
    this.#flows.close()
    await this.#agent.stop()
  }

  #deliver(text: string, uri: string | null): void {
    // SIP.js answers 404 unless the Request-URI's user is its own (RFC 3261, 8.2.2.1); an exchange is whomever it is asked for.
    if (uri !== null) this.#agent.userAgentCore.configuration.aor.user = Grammar.URIParse(uri)?.user
    this.#agent.transport.onMessage?.(text)
  }

  /** A fault of ours is answered and logged as one; the SIP stack would take it for a malformed message. */
  #handle(request: { reject(options: { statusCode: number }): unknown }, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.log.error({ err: error }, 'SIP request failed')
      request.reject({ statusCode: 500 })
    }
  }

  #invited(invitation: Invitation, flow: Flow | null): void {
    const extension = flow?.extension ?? null
    const contact = invitation.request.parseHeader('contact') as NameAddrHeader | undefined
    if (!flow || !contact || extension === null || invitation.remoteIdentity.uri.user !== extension) {
      void invitation.reject({ statusCode: 403 })
      return
    }
    this.#flows.bind(contactKey(contact.uri), flow)
    this.#options.onInvite(invitation, extension)
  }
}
