import type { Invitation } from 'sip.js'
import { isShortNumber, toE164 } from '#contract/domain/phone-number.ts'
import type { Library } from '../citizens/library.ts'
import type { QueueEngine } from '../queue/engine.ts'
import type { Exchange } from '../sip/exchange.ts'
import { Call, type CallContext, type Person } from './call.ts'
import { ExtensionCall } from './extension-call.ts'

export type DiallingOptions = {
  exchange: Exchange
  engine: QueueEngine
  library: Library
  calls: CallContext
  /** How long a citizen's phone rings. */
  answerAfterMs: number
  live(): Call[]
  add(call: Call): void
}

/** INVITEs of desks: to a colleague, a citizen, an emergency number, or taking over one of their own dialogs. */
export class Dialling {
  readonly #options: DiallingOptions
  readonly #extensionCalls = new Set<ExtensionCall>()

  constructor(options: DiallingOptions) {
    this.#options = options
  }

  invited(invitation: Invitation, extension: string): void {
    const replaces = invitation.request.getHeader('replaces')
    const dialled = safeDecode(invitation.request.ruri?.user ?? '')
    const { exchange, engine } = this.#options
    const colleague = exchange.binding(dialled) !== null || engine.knows(dialled)
    const refusal =
      replaces !== undefined
        ? this.#takeOver(invitation, extension, replaces)
        : colleague
          ? this.#colleague(invitation, extension, dialled)
          : this.#citizen(invitation, extension, dialled)
    if (refusal !== null) void invitation.reject({ statusCode: refusal })
  }

  /** A desk's socket is gone. */
  connectionLost(): void {
    for (const call of [...this.#extensionCalls]) call.connectionLost()
  }

  close(): void {
    for (const call of [...this.#extensionCalls]) call.close()
  }

  /** Only the one who has a dialog may replace it. These three return the status of a refusal, or null. */
  #takeOver(invitation: Invitation, extension: string, replaces: string): number | null {
    const dialogId = replacedDialog(replaces)
    const call = this.#options.live().find((one) => dialogId !== null && one.owns(dialogId, extension))
    call?.takeOver(invitation)
    return call ? null : 481
  }

  #colleague(invitation: Invitation, extension: string, dialled: string): number | null {
    const { exchange, engine, calls } = this.#options
    const binding = exchange.binding(dialled)
    if (!binding) return 480
    if (dialled === extension || engine.busy(dialled)) return 486
    const { ringTimeoutMs, agent } = calls
    const ended = (call: ExtensionCall) => this.#extensionCalls.delete(call)
    const call = new ExtensionCall({ exchange, ringTimeoutMs, agent, ended }, invitation, extension, binding)
    this.#extensionCalls.add(call)
    return null
  }

  #citizen(invitation: Invitation, extension: string, dialled: string): number | null {
    const { library, calls, answerAfterMs, live, add } = this.#options
    const person = callee(dialled, library)
    if (!person) return 404
    if (!isShortNumber(dialled) && live().some((call) => call.person.number === person.number)) return 486
    const call = new Call(calls, person, null)
    add(call)
    call.dialled(invitation, extension, answerAfterMs).catch(() => call.hangUp('lost'))
    return null
  }
}

function callee(dialled: string, library: Library): Person | null {
  if (isShortNumber(dialled))
    return {
      number: dialled,
      displayName: dialled,
      scenarioId: null,
      lines: library.emergency,
      hangsUp: true,
    }
  const number = toE164(dialled)
  const answers = number === null ? null : library.answers(number)
  return answers && { ...answers, number, hangsUp: true }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** RFC 3891, 6.1: `call-id;to-tag=…;from-tag=…`, seen from the one who is asked; as the id of a dialog in SIP.js. */
function replacedDialog(value: string): string | null {
  const [callId, ...parameters] = value.split(';').map((part) => part.trim())
  const tag = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
  const [toTag, fromTag] = [tag('to-tag'), tag('from-tag')]
  return callId && toTag && fromTag ? callId + toTag + fromTag : null
}
