import type { Logger } from 'pino'
import type { SipCredentials } from '#contract/crm.ts'
import type { AgentView, DesiredState } from '#contract/domain/agent.ts'
import type { Call } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { MediaAnswer, MediaNotice, MediaVerb } from '#contract/media.ts'
import type { QueueFigures } from '#contract/queue.ts'

/** The media end as the phone needs it; the host carries the asks to whichever page is attached. */
export interface MediaEnd {
  /** Rejects with a `Fault` (`no-media-end`, `microphone-denied`, …) or after `timeoutMs`. */
  ask(ask: MediaVerb, timeoutMs?: number): Promise<Extract<MediaAnswer, { ok: true }>>
  attached(): boolean
  /** A media end attached: live calls need new descriptions, for the one before is gone with its connections. */
  onAttached(listener: () => void): () => void
  onNotice(listener: (notice: MediaNotice) => void): () => void
}

export type Registration = {
  state: 'off' | 'connecting' | 'registered' | 'away' | 'refused'
  since: string
  line: string | null
  practice: boolean
  retryAt: string | null
}

export type PhoneEvents = {
  /** Every move of a call, the end included. */
  call: (call: Call) => void
  registration: (registration: Registration) => void
  agent: (agent: AgentView) => void
  figures: (figures: QueueFigures | null) => void
}

export type PhoneOptions = {
  media: MediaEnd
  /** A credential that is valid now; asked again before it expires. Rejects while none can be had. */
  credentials(): Promise<SipCredentials>
  log: Logger
  now(): Date
}

/**
 * The operator's telephone: registration, dialogs, recovery, and the agent's state at the queue engine.
 * Our own small port, so that the SIP library behind it can be replaced.
 */
export interface Phone {
  start(): void
  /** Ends live calls, unregisters, forgets the credential. */
  stop(): Promise<void>
  retryNow(): void
  calls(): Call[]
  registration(): Registration
  agent(): AgentView
  figures(): QueueFigures | null
  answer(callId: Id): Promise<void>
  reject(callId: Id): Promise<void>
  hangUp(callId: Id): Promise<void>
  hold(callId: Id, on: boolean): Promise<void>
  mute(callId: Id, on: boolean): Promise<void>
  dtmf(callId: Id, tones: string): Promise<void>
  dial(number: string): Promise<Id>
  setDesired(desired: DesiredState): Promise<void>
  /** The wrap-up of this contact is done: the engine is told what the operator wants next. */
  finishAfterCallWork(contactId: Id, next: DesiredState): Promise<void>
  on<E extends keyof PhoneEvents>(event: E, listener: PhoneEvents[E]): () => void
}

export function openPhone(_options: PhoneOptions): Phone {
  throw new Error('not built yet')
}
