import type { Logger } from 'pino'
import type { Core, NameAddrHeader, URI } from 'sip.js'
import { Grammar } from 'sip.js'
import { credentialFor } from './credentials.ts'
import { challenge, digestMatches, NonceStore, parseDigest } from './digest.ts'
import type { Flow, Flows } from './flows.ts'

/** Where an extension can be reached now. One desk an extension: the last to register has it. */
export type Binding = { extension: string; contact: URI; contactKey: string; flow: Flow; until: number }

export type RegistrarOptions = {
  realm: string
  secret: string
  staticUsers: ReadonlyMap<string, string>
  log: Logger
  onRegistered(binding: Binding): void
  onUnregistered(extension: string, why: 'asked' | 'expired' | 'connection-lost'): void
}

const defaultExpires = 600
const longestExpires = 3600

export const contactKey = (uri: Pick<URI, 'user' | 'host'>): string =>
  `${uri.user ?? ''}@${uri.host}`.toLowerCase()

type Refusal = { statusCode: number; extraHeaders?: string[]; why: string }

/** RFC 3261, 10.3, with digest authentication. */
export class Registrar {
  readonly #options: RegistrarOptions
  readonly #flows: Flows
  readonly #nonces = new NonceStore()
  readonly #bindings = new Map<string, { binding: Binding; timer: NodeJS.Timeout }>()

  constructor(flows: Flows, options: RegistrarOptions) {
    this.#flows = flows
    this.#options = options
  }

  binding(extension: string): Binding | null {
    return this.#bindings.get(extension)?.binding ?? null
  }

  handle(request: Core.IncomingRegisterRequest, flow: Flow): void {
    const { message } = request
    const granted = this.#authenticate(message)
    if ('why' in granted) {
      this.#options.log.info({ flow: flow.id, why: granted.why }, 'registration not granted')
      request.reject(granted)
      return
    }
    const { extension, longest } = granted
    const header = message.getHeader('contact')
    if (header === undefined) {
      const bound = this.binding(extension)
      request.accept(
        bound ? { statusCode: 200, extraHeaders: [this.#contactHeader(bound)] } : { statusCode: 200 },
      )
      return
    }
    const asked =
      header.trim() === '*' ? null : (message.parseHeader('contact') as NameAddrHeader | undefined)
    const seconds = Number(asked?.getParam('expires') ?? message.getHeader('expires') ?? defaultExpires)
    if (
      asked === undefined ||
      !Number.isInteger(seconds) ||
      seconds < 0 ||
      (asked === null && seconds !== 0)
    ) {
      request.reject({ statusCode: 400 })
      return
    }
    if (asked === null || seconds === 0) {
      request.accept({ statusCode: 200 })
      this.#remove(extension, 'asked')
      return
    }
    const expires = Math.max(1, Math.min(seconds, longest, longestExpires))
    const binding = this.#bind(extension, asked.uri, flow, expires)
    request.accept({ statusCode: 200, extraHeaders: [this.#contactHeader(binding)] })
    this.#options.onRegistered(binding)
  }

  /** The socket is gone, and with it what was bound over it. */
  connectionLost(flow: Flow): void {
    for (const [extension, { binding }] of this.#bindings)
      if (binding.flow === flow) this.#remove(extension, 'connection-lost')
  }

  close(): void {
    for (const { timer } of this.#bindings.values()) clearTimeout(timer)
    this.#bindings.clear()
  }

  #authenticate(message: Core.IncomingRequestMessage): { extension: string; longest: number } | Refusal {
    const { realm, secret, staticUsers } = this.#options
    const now = Date.now()
    const ask = (stale: boolean, why: string): Refusal => ({
      statusCode: 401,
      extraHeaders: [`WWW-Authenticate: ${challenge(realm, this.#nonces.issue(now), stale)}`],
      why,
    })
    const forbidden = (why: string): Refusal => ({ statusCode: 403, why })

    const header = message.getHeader('authorization')
    if (header === undefined) return ask(false, 'challenged')
    const answer = parseDigest(header)
    if (!answer || answer.realm !== realm) return forbidden('malformed answer')
    const credential = credentialFor(answer.username, { secret, nowSeconds: now / 1000, staticUsers })
    if ('refused' in credential) return forbidden(credential.refused)
    const target = Grammar.URIParse(answer.uri)
    if (target?.toString() !== message.ruri?.toString()) return forbidden('uri of another request')
    if (!digestMatches(answer, message.method, credential.password)) return forbidden('wrong password')
    if (this.#nonces.use(answer.nonce, answer.nc, now) !== 'ok') return ask(true, 'stale nonce')
    if (message.to.uri.user !== credential.extension) return forbidden('extension of another user')
    const expiry = Number(/^(\d+):/.exec(answer.username)?.[1] ?? Number.POSITIVE_INFINITY)
    return { extension: credential.extension, longest: Math.floor(expiry - now / 1000) }
  }

  #bind(extension: string, contact: URI, flow: Flow, expires: number): Binding {
    const before = this.#bindings.get(extension)
    if (before) clearTimeout(before.timer)
    const binding: Binding = {
      extension,
      contact,
      contactKey: contactKey(contact),
      flow,
      until: Date.now() + expires * 1000,
    }
    const timer = setTimeout(() => this.#remove(extension, 'expired'), expires * 1000)
    this.#bindings.set(extension, { binding, timer })
    flow.extension = extension
    this.#flows.bind(binding.contactKey, flow)
    return binding
  }

  #remove(extension: string, why: 'asked' | 'expired' | 'connection-lost'): void {
    const bound = this.#bindings.get(extension)
    if (!bound) return
    clearTimeout(bound.timer)
    this.#bindings.delete(extension)
    this.#options.onUnregistered(extension, why)
  }

  #contactHeader(binding: Binding): string {
    const seconds = Math.max(1, Math.round((binding.until - Date.now()) / 1000))
    return `Contact: <${binding.contact.toString()}>;expires=${seconds}`
  }
}
