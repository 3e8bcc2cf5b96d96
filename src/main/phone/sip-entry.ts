import { Core, type UserAgent, UserAgentState } from 'sip.js'
import { parseMessage } from './sip-plain.ts'

/**
 * A message's way into SIP.js in the place of its own `onTransportMessage`, which drops without a word what it cannot parse. False when the
 * parser does not take it; throws as the parser does.
 */
export function enter(agent: UserAgent, text: string): boolean {
  const message = parseMessage(text, agent.getLogger('sip.Parser'))
  if (!message) return false
  const core = agent.userAgentCore
  if (message instanceof Core.IncomingRequestMessage) {
    if (!isWhole(message) || !message.ruri) return false
    if (agent.state === UserAgentState.Stopped) return true
    // Our own request, come back.
    if (!message.toTag && message.callId.startsWith(agent.configuration.sipjsId)) {
      core.replyStateless(message, { statusCode: 482 })
    } else {
      if (message.method === 'INVITE' && !message.toTag) keepAsserted(message)
      core.receiveIncomingRequestFromTransport(message)
    }
    return true
  }
  if (!isWhole(message) || message.getHeaders('via').length > 1) return false
  // RFC 3261 18.1.2: an answer to somebody else's request.
  if (message.via.host !== agent.configuration.viaHost || message.via.port !== undefined) return false
  core.receiveIncomingResponseFromTransport(message)
  return true
}

/**
 * The library would take it apart by its grammar, half a millisecond before the call rings, for a property that nobody asks: who calls is
 * read from all its values (`getHeaders`, identity.ts).
 */
function keepAsserted(message: Core.IncomingRequestMessage): void {
  const getHeader = message.getHeader.bind(message)
  message.getHeader = (name) => (name === 'P-Asserted-Identity' ? undefined : getHeader(name))
}

/** Headers that do not parse are taken off the message by the parser. */
const isWhole = (message: Core.IncomingMessage): boolean =>
  ['from', 'to', 'call-id', 'cseq', 'via'].every((name) => message.hasHeader(name)) &&
  Boolean(message.from?.uri && message.to?.uri && message.via)

/** Whether a dialog or transaction with this Call-ID lives in the user agent. */
export function isOurs(agent: UserAgent, callId: string): boolean {
  const { dialogs, userAgentClients, userAgentServers } = agent.userAgentCore
  for (const dialog of dialogs.values()) if (dialog.callId === callId) return true
  for (const { transaction } of userAgentClients.values())
    if (transaction.request.callId === callId) return true
  // One that still rings; what was refused is nobody's any more.
  for (const { transaction } of userAgentServers.values()) {
    if (transaction.state === Core.TransactionState.Proceeding && transaction.request.callId === callId)
      return true
  }
  return false
}
