import type { Invitation, Referral } from 'sip.js'
import { isShortNumber, toE164 } from '#contract/domain/phone-number.ts'
import type { Library } from '../citizens/library.ts'
import type { QueueEngine } from '../queue/engine.ts'
import type { Exchange } from '../sip/exchange.ts'
import { Call, type CallContext, type Person } from './call.ts'
import type { DeskLeg } from './desk-leg.ts'
import { EchoCall, echoExtension } from './echo-call.ts'
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

/**
 * What desks ask for: INVITEs to a colleague, a team, a citizen or an emergency number, or taking over one of their own dialogs; and REFERs,
 * by which they hand a citizen on.
 */
export class Dialling {
  readonly #options: DiallingOptions
  readonly #extensionCalls = new Set<ExtensionCall>()
  readonly #echoes = new Set<EchoCall>()

  constructor(options: DiallingOptions) {
    this.#options = options
  }

  invited(invitation: Invitation, extension: string): void {
    const replaces = invitation.request.getHeader('replaces')
    const dialled = safeDecode(invitation.request.ruri?.user ?? '')
    if (replaces === undefined && dialled === echoExtension) {
      this.#echoes.add(new EchoCall(invitation, extension, (echo) => this.#echoes.delete(echo)))
      return
    }
    const desk = this.#deskOf(dialled, extension)
    const refusal =
      replaces !== undefined
        ? this.#takeOver(invitation, extension, replaces)
        : desk !== null
          ? this.#colleague(invitation, extension, desk)
          : this.#citizen(invitation, extension, dialled)
    if (refusal !== null) void invitation.reject({ statusCode: refusal })
  }

  /** A desk hands the citizen of this call on. */
  referred(call: Call, leg: DeskLeg, referral: Referral): void {
    const target = referralTarget(referral)
    if (!target) {
      void referral.reject({ statusCode: 400 })
      return
    }
    const { user, replaces, userToUser } = target
    if (replaces !== undefined) {
      const take = this.#consulted(replaces, leg.extension)
      void (take ? referral.accept() : referral.reject({ statusCode: 481 }))
      take?.(call)
      return
    }
    const desk = this.#deskOf(user, leg.extension)
    const binding = desk === null ? null : this.#options.exchange.binding(desk)
    if (desk === null ? !callee(user, this.#options.library) : !binding || desk === leg.extension) {
      void referral.reject({ statusCode: desk === null ? 404 : 480 })
      return
    }
    void referral.accept()
    leg.notify(100)
    if (binding)
      call.handOn(
        binding,
        userToUser.map((value) => `User-to-User: ${value}`),
      )
    else setTimeout(() => call.state !== 'ended' && call.leave(), this.#options.answerAfterMs)
  }

  /** What becomes of a citizen who is handed to the one that this dialog was made with: a colleague's desk, or a simulated person. */
  #consulted(replaces: string, extension: string): ((call: Call) => void) | null {
    const dialogId = replacedDialog(replaces)
    if (dialogId === null) return null
    for (const consultation of this.#extensionCalls) {
      const leg = consultation.opposite(dialogId, extension)
      if (leg)
        return (call) => {
          call.adopt(leg)
          consultation.surrender(leg)
        }
    }
    const asked = this.#options.live().find((one) => one.owns(dialogId, extension))
    if (!asked) return null
    return (call) => {
      call.leave()
      asked.hangUp('handed-on')
    }
  }

  /** The extension that answers there; null when no desk does. A team is whoever is ready beside the one who asks. */
  #deskOf(user: string, extension: string): string | null {
    const { exchange, engine } = this.#options
    if (isTeam(user)) return engine.readyBeside(extension)
    return exchange.binding(user) !== null || engine.knows(user) ? user : null
  }

  /** A desk's socket is gone. */
  connectionLost(): void {
    for (const call of [...this.#extensionCalls]) call.connectionLost()
  }

  close(): void {
    for (const echo of this.#echoes) echo.close()
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
    // In a call is no reason: whether a second one may wait is the desk's to say.
    if (dialled === extension || engine.rung(dialled)) return 486
    const { ringTimeoutMs, parkMs, agent } = calls
    const ended = (call: ExtensionCall) => this.#extensionCalls.delete(call)
    const call = new ExtensionCall(
      { exchange, ringTimeoutMs, parkMs, agent, ended },
      invitation,
      extension,
      binding,
    )
    this.#extensionCalls.add(call)
    return null
  }

  #citizen(invitation: Invitation, extension: string, dialled: string): number | null {
    const { library, calls, answerAfterMs, live, add } = this.#options
    const person = callee(dialled, library)
    if (!person) return 404
    if (
      !isShortNumber(dialled) &&
      !isTeam(dialled) &&
      live().some((call) => call.person.number === person.number)
    )
      return 486
    const call = new Call(calls, person, null)
    add(call)
    call.dialled(invitation, extension, answerAfterMs).catch(() => call.hangUp('lost'))
    return null
  }
}

const isTeam = (user: string): boolean => /^team-[a-z0-9-]{1,60}$/.test(user)

function callee(dialled: string, library: Library): Person | null {
  if (isTeam(dialled))
    return {
      number: dialled,
      displayName: 'Collega simulato',
      scenarioId: null,
      lines: library.colleague,
      hangsUp: false,
    }
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

/** Refer-To with its URI's headers (RFC 3515, RFC 3891, RFC 7433); null when it names nobody. */
function referralTarget(
  referral: Referral,
): { user: string; replaces: string | undefined; userToUser: string[] } | null {
  try {
    const { uri } = referral.referTo
    const headers = (name: string): string[] => [uri.getHeader(name) ?? []].flat().map(safeDecode)
    const [replaces] = headers('Replaces')
    const userToUser = [...headers('User-to-User'), ...referral.request.getHeaders('user-to-user')]
    // What goes into another message must be one line of it.
    const whole = userToUser.filter((value) => /^[\x21-\x7e ]{1,300}$/.test(value))
    return { user: safeDecode(uri.user ?? ''), replaces, userToUser: whole.slice(0, 1) }
  } catch {
    return null
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
