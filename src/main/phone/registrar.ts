import type { UserAgent } from 'sip.js'

/** The registrar does not want this credential (RFC 3261 10.3: 401 or 407 once more after the challenge, 403, 404). */
export class RegistrationRefused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`registration refused: ${status}`)
    this.name = 'RegistrationRefused'
    this.status = status
  }
}

const refusals = new Set([401, 403, 404, 407])

/**
 * One REGISTER. Resolves with the seconds that the registrar grants our own binding, as its 200 lists it (0 after unregistering):
 * a 200 without it means that nobody reaches us, whatever it says. SIP.js's `Registerer` waits half a minute on a dead socket and
 * cannot be asked again meanwhile; so the request is sent by its core.
 */
export function register(
  agent: UserAgent,
  request: { callId: string; cseq: number; expires: number },
  timeoutMs: number,
): Promise<number> {
  const core = agent.userAgentCore
  const aor = agent.configuration.uri
  const registrar = aor.clone()
  registrar.user = undefined
  const message = core.makeOutgoingRequestMessage(
    'REGISTER',
    registrar,
    aor,
    aor,
    { callId: request.callId, cseq: request.cseq },
    [
      `Contact: ${agent.contact.toString({ register: true })};expires=${request.expires}`,
      `Expires: ${request.expires}`,
      'Allow: ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, UPDATE',
    ],
  )
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer to REGISTER')), timeoutMs)
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      finish()
    }
    core.register(message, {
      onAccept: ({ message: response }) =>
        settle(() => {
          if (request.expires === 0) return resolve(0)
          for (let index = 0; index < response.getHeaders('contact').length; index++) {
            const contact = response.parseHeader('contact', index)
            const ours = agent.contact.uri
            if (contact?.uri?.user !== ours.user || contact.uri.host !== ours.host) continue
            const granted = Number(
              contact.getParam('expires') ?? response.getHeader('expires') ?? request.expires,
            )
            if (granted > 0) return resolve(granted)
          }
          reject(new Error('our binding is not in the answer to REGISTER'))
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
