import type { URI, UserAgent } from 'sip.js'

/** The registrar does not want this credential (RFC 3261 10.3: 401 or 407 once more after the challenge, 403, 404). */
export class RegistrationRefused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`registration refused: ${status}`)
    this.name = 'RegistrationRefused'
    this.status = status
  }
}

/** The registrar answered 200 and does not list us: nobody reaches this desk, whatever the status says. */
export class NotBound extends Error {
  constructor() {
    super('our binding is not in the answer to REGISTER')
    this.name = 'NotBound'
  }
}

/** Over a connection that looks alive: it is not, or the registrar behind it is not. */
export class NoAnswer extends Error {
  constructor() {
    super('no answer to REGISTER')
    this.name = 'NoAnswer'
  }
}

/** What the registrar holds for our address of record. */
export type Bindings = {
  /** Seconds that our own binding still lasts; null when it is not there. */
  ours: number | null
  /** Contacts of other desks. */
  others: string[]
}

/**
 * A parameter of our own in the Contact's URI, by which we know our binding: its user part is the extension, as another desk's is, and host
 * and port are not always as we sent them. Asterisk's WebSocket transport puts the address there that the request came from.
 */
const mark = 'desk'
export const markContact = (contact: URI): void => contact.setParam(mark, crypto.randomUUID().slice(0, 8))

type Request = { callId: string; cseq: number }

const refusals = new Set([401, 403, 404, 407])

/** Binds this desk, or unbinds it with `expires` 0. Rejects with `NotBound` where the 200 does not list it. */
export async function register(
  agent: UserAgent,
  request: Request & { expires: number },
  timeoutMs: number,
): Promise<Bindings> {
  const contact = `Contact: ${agent.contact.toString({ register: true })};expires=${request.expires}`
  const bindings = await sendRegister(
    agent,
    request,
    [contact, `Expires: ${request.expires}`],
    request.expires,
    timeoutMs,
  )
  if (request.expires > 0 && bindings.ours === null) throw new NotBound()
  return bindings
}

/** Asks what the registrar holds and changes nothing (RFC 3261 10.2.3). */
export const fetchBindings = (agent: UserAgent, request: Request, timeoutMs: number): Promise<Bindings> =>
  sendRegister(agent, request, [], 0, timeoutMs)

/** Takes the bindings of other desks away (RFC 3261 10.2.2). */
export const unbind = (
  agent: UserAgent,
  request: Request,
  contacts: readonly string[],
  timeoutMs: number,
): Promise<Bindings> =>
  sendRegister(
    agent,
    request,
    contacts.map((contact) => `Contact: <${contact}>;expires=0`),
    0,
    timeoutMs,
  )

/**
 * One REGISTER. SIP.js's `Registerer` waits half a minute on a dead socket and cannot be asked again meanwhile; so the request is sent
 * by its core.
 */
function sendRegister(
  agent: UserAgent,
  { callId, cseq }: Request,
  headers: string[],
  requestedExpires: number,
  timeoutMs: number,
): Promise<Bindings> {
  const core = agent.userAgentCore
  const aor = agent.configuration.uri
  const registrar = aor.clone()
  registrar.user = undefined
  const message = core.makeOutgoingRequestMessage('REGISTER', registrar, aor, aor, { callId, cseq }, [
    ...headers,
    'Allow: ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, REFER, UPDATE',
  ])
  const ours = agent.contact.uri
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer()), timeoutMs)
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      finish()
    }
    core.register(message, {
      onAccept: ({ message: response }) =>
        settle(() => {
          const bindings: Bindings = { ours: null, others: [] }
          for (let index = 0; index < response.getHeaders('contact').length; index++) {
            const contact = response.parseHeader('contact', index)
            if (!contact?.uri) continue
            const granted = Number(
              contact.getParam('expires') ?? response.getHeader('expires') ?? requestedExpires,
            )
            if (!(granted > 0)) continue
            if (contact.uri.getParam(mark) === ours.getParam(mark)) bindings.ours = granted
            else bindings.others.push(contact.uri.toString())
          }
          resolve(bindings)
        }),
      onReject: ({ message: response }) =>
        settle(() => {
          const status = response.statusCode ?? 500
          reject(
            refusals.has(status) ? new RegistrationRefused(status) : new Error(`REGISTER failed: ${status}`),
          )
        }),
      onRedirect: () => settle(() => reject(new Error('REGISTER redirected'))),
    })
  })
}
