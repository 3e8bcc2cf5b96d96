import { type Call, type CallRemote, type EndReason, isLive, type TransferFailure } from './call.ts'
import type { Id, Instant } from './ids.ts'
import { isEmergencyNumber } from './phone-number.ts'

/** What the operator does, and what the line tells. */
export type CallEvent =
  | { type: 'ring'; call: Call }
  | { type: 'ignore'; callId: Id }
  /** It does not answer itself after all: it rings. */
  | { type: 'by-hand'; callId: Id }
  | { type: 'answer'; callId: Id; at: Instant }
  /** With `consultsFor` set it is a consultation. */
  | { type: 'dial'; call: Call }
  /** What a dialled call has come to. */
  | { type: 'progress'; callId: Id; progress: 'ringing' | 'audible' }
  | { type: 'established'; callId: Id; at: Instant }
  | { type: 'hold'; callId: Id }
  | { type: 'resume'; callId: Id }
  /** What the far end made of the offer that `hold` or `resume` asked for. */
  | { type: 'offered'; callId: Id; change: 'hold' | 'resume'; ok: boolean }
  | { type: 'mute'; callId: Id; on: boolean }
  | { type: 'join'; callId: Id }
  | { type: 'split'; callId: Id }
  /** `attended`: to the call that consults for this one. */
  | { type: 'transfer'; callId: Id; kind: 'blind' | 'attended'; to: string }
  | { type: 'transfer-ringing'; callId: Id }
  | { type: 'transfer-failed'; callId: Id; failure: TransferFailure }
  | { type: 'media'; callId: Id; media: Call['media'] }
  /** The exchange says that the far end is somebody else now. */
  | { type: 'remote'; callId: Id; remote: CallRemote; continues: Id | null }
  | { type: 'end'; callId: Id; at: Instant; reason: EndReason }

/** What has to be done, in this order, for the new state to be true. */
export type CallEffect =
  /** Nothing is said into this call, and nothing of it is heard. */
  | { do: 'silence'; callId: Id }
  | { do: 'speak'; callId: Id }
  | { do: 'mute'; callId: Id; on: boolean }
  /** A new offer in the dialog; its outcome comes back as `offered`. */
  | { do: 'offer'; callId: Id; change: 'hold' | 'resume' }
  | { do: 'refer'; callId: Id; to: string; consultationId: Id | null }
  /** Its dialog is ended from our side, if the far end has not done so. */
  | { do: 'leave'; callId: Id }
  /** `waiting`: another call is spoken on, so it rings softly. Null: nothing rings. */
  | { do: 'ring'; callId: Id | null; waiting: boolean }
  /** Whether the ring-back tone is heard here: the exchange sends nothing of the kind itself. */
  | { do: 'ring-back'; on: boolean }
  | { do: 'mix'; callIds: Id[] }

/** `gone`: no such call, or it is over. `busy`: another call is being set up, and such a one cannot be held. `too-many`: no more calls fit. */
export type CallRefusal = 'gone' | 'illegal' | 'busy' | 'too-many'

export type CallStep =
  | { ok: true; calls: readonly Call[]; effects: CallEffect[] }
  | { ok: false; refusal: CallRefusal }

/** Live calls of one desk; what comes beyond is told that it is busy. One place more is for what the operator dials; help is always called. */
export const maxCalls = 6

/** Spoken on, or about to be: such calls are alone, or together in one conference. */
export const hasVoice = (call: Call): boolean =>
  call.state === 'dialling' ||
  call.state === 'connecting' ||
  call.state === 'active' ||
  (call.state === 'held' && call.changing === 'resume')

/** The two of a consultation: the caller's call and the one with the colleague. Either is named. */
export function pairOf(calls: readonly Call[], callId: Id): { caller: Call; colleague: Call } | null {
  const colleague = calls.find(
    (call) =>
      isLive(call) && call.consultsFor !== null && (call.id === callId || call.consultsFor === callId),
  )
  const caller = colleague && calls.find((call) => call.id === colleague.consultsFor)
  return caller && isLive(caller) ? { caller, colleague } : null
}

/** What rings now: the first call that is not ignored and does not answer itself, softly while another is spoken on. */
export function ringing(calls: readonly Call[]): { callId: Id | null; waiting: boolean } {
  const call = calls.find(({ state, ignored, autoAnswer }) => state === 'ringing' && !ignored && !autoAnswer)
  return { callId: call?.id ?? null, waiting: call !== undefined && calls.some(hasVoice) }
}

/** It rings at the far end, and nothing is heard of it. */
export const ringsBack = (calls: readonly Call[]): boolean =>
  calls.some(({ state, progress }) => state === 'dialling' && progress === 'ringing')

/** Who is mixed now; nobody while a member of the conference is held. */
export function mixed(calls: readonly Call[]): Id[] {
  const members = calls.filter((call) => call.conference)
  const complete = members.length > 1 && members.every(({ state }) => state === 'active')
  return complete ? members.map(({ id }) => id) : []
}

/**
 * The call machine: all calls of one desk.
 *
 *     ring                                            dial (consult: consultsFor)
 *      │                                               │
 *      ▼                                               ▼
 *   ringing ──answer──▶ connecting ──established──▶ active ◀──established── dialling
 *    │   ▲                                          │    ▲
 *    └───┘ ignore, by-hand              hold, or    │    │ offered(resume) ok
 *                            another call speaks    ▼    │
 *                                                  held: changing resume ◀──resume── held
 *                                                   │
 *            transfer: held, changing transfer ─────┤ transfer-failed: changing resume (the caller is back), or held
 *                                                   └ transferred: ended, and so is the consultation
 *
 *   join:  the two of a consultation become active together (conference), and are mixed once both are
 *   split: the colleague stays active, the caller is held
 *   progress: dialling stays dialling; it rings there, or something is heard already
 *   end:   every state but ended ──▶ ended; ended stays ended, with its first reason
 *
 * One call has a voice (dialling, connecting, active, or being taken back), or the members of the one conference. Whoever gets the voice takes
 * it from the one that has it, who is held at once: silent here first, the far end told after. A call that is being set up cannot be held, so
 * nothing else gets the voice meanwhile (`busy`). A consultation that ends unanswered, or by the operator, gives the caller back.
 */
export function transition(calls: readonly Call[], event: CallEvent): CallStep {
  const desk = new Desk(calls)
  const refusal = step(desk, event)
  if (refusal) return { ok: false, refusal }
  const after = desk.calls
  const effects = desk.effects
  const [ringBefore, ringAfter] = [ringing(calls), ringing(after)]
  if (ringBefore.callId !== ringAfter.callId || ringBefore.waiting !== ringAfter.waiting)
    effects.push({ do: 'ring', ...ringAfter })
  if (ringsBack(calls) !== ringsBack(after)) effects.push({ do: 'ring-back', on: ringsBack(after) })
  const [mixBefore, mixAfter] = [mixed(calls), mixed(after)]
  if (mixBefore.join() !== mixAfter.join()) effects.push({ do: 'mix', callIds: mixAfter })
  return { ok: true, calls: after, effects }
}

/** A set of calls while one event changes it. */
class Desk {
  calls: readonly Call[]
  readonly effects: CallEffect[] = []

  constructor(calls: readonly Call[]) {
    this.calls = calls
  }

  find(callId: Id): Call | null {
    return this.calls.find((call) => call.id === callId && isLive(call)) ?? null
  }

  set(callId: Id, change: Partial<Call>): void {
    this.calls = this.calls.map((call) => (call.id === callId ? { ...call, ...change } : call))
  }

  /** Itself, or the members of its conference. */
  together({ id, conference }: Call): Call[] {
    return this.calls.filter((call) => (conference ? call.conference : call.id === id))
  }

  silence(call: Call): void {
    this.set(call.id, { state: 'held' })
    this.effects.push({ do: 'silence', callId: call.id })
  }

  hold(call: Call): void {
    this.silence(call)
    this.set(call.id, { changing: 'hold' })
    this.effects.push({ do: 'offer', callId: call.id, change: 'hold' })
  }

  resume(call: Call): void {
    this.set(call.id, { changing: 'resume' })
    this.effects.push({ do: 'offer', callId: call.id, change: 'resume' })
  }

  /** Holds every other call that is spoken on; false when one of them cannot be held now. */
  takeVoice(forCalls: readonly Call[]): boolean {
    const others = this.calls.filter((call) => hasVoice(call) && !forCalls.some(({ id }) => id === call.id))
    if (others.some(({ state }) => state !== 'active' && state !== 'held')) return false
    for (const other of others) {
      // The caller of a conference that is handed on: the far end is about to leave us, and is told nothing more.
      if (other.changing === 'transfer') this.silence(other)
      else this.hold(other)
    }
    return true
  }

  /** The caller is back after something came to nothing, unless the voice has gone elsewhere meanwhile. */
  giveBack(call: Call): void {
    if (call.state === 'held' && call.changing !== 'transfer' && !this.calls.some(hasVoice)) this.resume(call)
  }
}

function step(desk: Desk, event: CallEvent): CallRefusal | null {
  if (event.type === 'ring' || event.type === 'dial') return begin(desk, event)
  const call = desk.find(event.callId)
  if (!call) return 'gone'
  switch (event.type) {
    case 'ignore':
      if (call.state !== 'ringing') return 'illegal'
      desk.set(call.id, { ignored: true })
      return null
    case 'by-hand':
      if (call.state !== 'ringing') return 'illegal'
      desk.set(call.id, { autoAnswer: false })
      return null
    case 'answer':
      if (call.state !== 'ringing') return 'illegal'
      if (!desk.takeVoice([])) return 'busy'
      desk.set(call.id, { state: 'connecting', answeredAt: event.at, ignored: false })
      return null
    case 'established':
      if (call.state !== 'connecting' && call.state !== 'dialling') return 'illegal'
      desk.set(call.id, { state: 'active', progress: null, answeredAt: call.answeredAt ?? event.at })
      return null
    case 'progress':
      if (call.state !== 'dialling') return 'illegal'
      // What is heard goes before what is only said (RFC 3960 3.2).
      if (call.progress === null || event.progress === 'audible')
        desk.set(call.id, { progress: event.progress })
      return null
    case 'hold':
      return hold(desk, call)
    case 'resume':
      return resume(desk, call)
    case 'offered':
      return offered(desk, call, event.change, event.ok)
    case 'mute':
      for (const { id } of desk.together(call)) {
        desk.set(id, { muted: event.on })
        desk.effects.push({ do: 'mute', callId: id, on: event.on })
      }
      return null
    case 'join':
      return join(desk, call)
    case 'split':
      return split(desk, call)
    case 'transfer':
      return transfer(desk, call, event)
    case 'transfer-ringing':
      if (call.changing !== 'transfer' || !call.transfer) return 'illegal'
      desk.set(call.id, { transfer: { ...call.transfer, state: 'ringing' } })
      return null
    case 'transfer-failed':
      return transferFailed(desk, call, event.failure)
    case 'media':
      desk.set(call.id, { media: event.media })
      return null
    case 'remote':
      desk.set(call.id, { remote: event.remote, continues: event.continues ?? call.continues })
      return null
    case 'end':
      return end(desk, call, event)
  }
}

function begin(desk: Desk, { type, call }: Extract<CallEvent, { call: Call }>): CallRefusal | null {
  if (desk.calls.some(({ id }) => id === call.id)) return 'illegal'
  const helps = type === 'dial' && isEmergencyNumber(call.remote.number ?? '')
  if (!helps && desk.calls.filter(isLive).length >= (type === 'ring' ? maxCalls : maxCalls + 1))
    return 'too-many'
  if (type === 'dial') {
    if (call.consultsFor !== null) {
      const caller = desk.find(call.consultsFor)
      if (!caller) return 'gone'
      if (caller.state !== 'active' && caller.state !== 'held') return 'illegal'
      if (caller.changing === 'transfer' || desk.calls.some((one) => isLive(one) && one.consultsFor !== null))
        return 'illegal'
      desk.set(caller.id, { transfer: null })
    }
    if (!desk.takeVoice([])) return 'busy'
  }
  desk.calls = [...desk.calls, { ...call, state: type === 'ring' ? 'ringing' : 'dialling' }]
  return null
}

const handedOn = (calls: readonly Call[]): boolean => calls.some(({ changing }) => changing === 'transfer')

function hold(desk: Desk, call: Call): CallRefusal | null {
  if (handedOn(desk.together(call))) return 'illegal'
  if (call.state === 'held' && call.changing !== 'resume') return null
  if (call.state !== 'active' && call.state !== 'held') return 'illegal'
  for (const member of desk.together(call)) if (hasVoice(member)) desk.hold(member)
  return null
}

function resume(desk: Desk, call: Call): CallRefusal | null {
  if (handedOn(desk.together(call))) return 'illegal'
  if (call.state === 'active' || call.changing === 'resume') return null
  if (call.state !== 'held') return 'illegal'
  const members = desk.together(call)
  if (!desk.takeVoice(members)) return 'busy'
  for (const member of members) if (!hasVoice(member)) desk.resume(member)
  return null
}

function offered(desk: Desk, call: Call, change: 'hold' | 'resume', ok: boolean): CallRefusal | null {
  // Something else was asked meanwhile, and its own outcome will come.
  if (call.changing !== change) return 'illegal'
  const speaks = change === 'resume' ? ok : !ok && !desk.calls.some(hasVoice)
  desk.set(call.id, { changing: null, state: speaks ? 'active' : 'held' })
  if (speaks) desk.effects.push({ do: 'speak', callId: call.id })
  // A conference whose member cannot be taken back is none.
  else if (change === 'resume' && call.conference) leaveConference(desk)
  return null
}

function join(desk: Desk, named: Call): CallRefusal | null {
  const pair = pairOf(desk.calls, named.id)
  if (!pair) return 'illegal'
  const both = [pair.caller, pair.colleague]
  if (both.some(({ state, changing }) => (state !== 'active' && state !== 'held') || changing === 'transfer'))
    return 'illegal'
  if (!desk.takeVoice(both)) return 'busy'
  const muted = both.some((call) => hasVoice(call) && call.muted)
  for (const call of both) {
    desk.set(call.id, { conference: true, muted })
    if (call.muted !== muted) desk.effects.push({ do: 'mute', callId: call.id, on: muted })
    if (!hasVoice(call)) desk.resume(call)
  }
  return null
}

function split(desk: Desk, named: Call): CallRefusal | null {
  const pair = pairOf(desk.calls, named.id)
  if (!pair?.caller.conference || pair.caller.changing === 'transfer') return 'illegal'
  leaveConference(desk)
  if (hasVoice(pair.caller)) desk.hold(pair.caller)
  return null
}

function leaveConference(desk: Desk): void {
  for (const { id, conference } of desk.calls) if (conference) desk.set(id, { conference: false })
}

function transfer(
  desk: Desk,
  call: Call,
  { kind, to }: Extract<CallEvent, { type: 'transfer' }>,
): CallRefusal | null {
  if ((call.state !== 'active' && call.state !== 'held') || call.changing === 'transfer') return 'illegal'
  const pair = pairOf(desk.calls, call.id)
  if (kind === 'blind' ? pair !== null : pair?.caller.id !== call.id) return 'illegal'
  const colleague = pair?.colleague ?? null
  if (colleague && colleague.state !== 'active' && colleague.state !== 'held') return 'busy'
  if (call.state === 'active' && !call.conference) desk.hold(call)
  desk.set(call.id, { changing: 'transfer', transfer: { kind, to, state: 'asked', failure: null } })
  desk.effects.push({ do: 'refer', callId: call.id, to, consultationId: colleague?.id ?? null })
  return null
}

function transferFailed(desk: Desk, call: Call, failure: TransferFailure): CallRefusal | null {
  if (call.changing !== 'transfer' || !call.transfer) return 'illegal'
  desk.set(call.id, { changing: null, transfer: { ...call.transfer, state: 'failed', failure } })
  if (call.state !== 'held') return null
  const ours = [call.id, pairOf(desk.calls, call.id)?.colleague.id]
  // Nobody who has been turned to meanwhile, 112 before all, is held for this.
  const spokenWith = desk.calls.some((one) => hasVoice(one) && !ours.includes(one.id))
  if (!spokenWith && desk.takeVoice(desk.together(call)))
    for (const member of desk.together(call)) if (!hasVoice(member)) desk.resume(member)
  // Of a conference that was interrupted the far end knows nothing so far.
  if (spokenWith && call.conference) desk.hold(call)
  return null
}

function end(desk: Desk, call: Call, { at, reason }: Extract<CallEvent, { type: 'end' }>): null {
  const caller = call.consultsFor === null ? null : desk.find(call.consultsFor)
  const connected = caller?.changing === 'transfer' && (reason === 'far-end' || reason === 'signalling-lost')
  over(desk, call, at, connected ? 'transferred' : reason)
  for (const other of desk.calls) {
    if (!isLive(other) || other.consultsFor !== call.id) continue
    // It was connected to the caller, and goes with them.
    if (reason === 'transferred') {
      over(desk, other, at, 'transferred')
      desk.effects.push({ do: 'leave', callId: other.id })
    } else desk.set(other.id, { consultsFor: null })
  }
  const members = desk.calls.filter(({ conference }) => conference)
  if (members.length === 1) leaveConference(desk)
  if (caller && (call.answeredAt === null || reason === 'operator')) {
    const waiting = desk.find(caller.id)
    if (waiting) desk.giveBack(waiting)
  }
  return null
}

function over(desk: Desk, call: Call, at: Instant, reason: EndReason): void {
  desk.set(call.id, {
    state: 'ended',
    changing: null,
    progress: null,
    conference: false,
    consultsFor: null,
    endedAt: at,
    endReason: reason,
  })
}
