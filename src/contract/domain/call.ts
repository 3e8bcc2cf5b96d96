import { z } from 'zod'
import { Id, Instant } from './ids.ts'

export const CallState = z.enum(['ringing', 'dialling', 'connecting', 'active', 'held', 'ended'])
export type CallState = z.infer<typeof CallState>

export const EndReason = z.enum([
  'far-end', // the other side hung up
  'operator', // we hung up or refused
  'cancelled', // the caller gave up while it rang
  'elsewhere', // RFC 3326 "Call completed elsewhere": not a missed call
  'busy',
  'refused',
  'unreachable',
  'media-failed',
  'signalling-lost', // the line died under the call
  'desk-stopped', // the host was closed under the call, or died: then the next one says so
  'transferred', // handed on: the far end goes on with somebody else
])
export type EndReason = z.infer<typeof EndReason>

export const CallRemote = z.object({
  /** As the exchange sent it; null when withheld. */
  number: z.string().max(64).nullable(),
  /** E.164 when it can be one. */
  e164: z.string().nullable(),
  /** A header's text: untrusted, never markup. */
  displayName: z.string().max(120).nullable(),
})
export type CallRemote = z.infer<typeof CallRemote>

export const CallQueue = z.object({
  name: z.string().max(80),
  /** The key or reason the caller chose in the menu. */
  reason: z.string().max(120).nullable(),
  waitedSeconds: z.number().int().nonnegative(),
})
export type CallQueue = z.infer<typeof CallQueue>

/** Whom the call was for before it came here (RFC 5806, RFC 7044), as the exchange says; untrusted text. */
export const CallDiversion = z.object({
  number: z.string().max(64).nullable(),
  displayName: z.string().max(120).nullable(),
  /** `no-answer`, `user-busy`, `unconditional` …; null when not said. */
  reason: z.string().max(40).nullable(),
})
export type CallDiversion = z.infer<typeof CallDiversion>

export const TransferFailure = z.enum(['busy', 'refused', 'unreachable', 'unsupported', 'signalling-lost'])
export type TransferFailure = z.infer<typeof TransferFailure>

/** The handing on of a call. A success ends the call with `transferred`; after a failure the caller is back, and this says why. */
export const CallTransfer = z.object({
  kind: z.enum(['blind', 'attended']),
  /** Whom to, as shown: a team's address or the number. */
  to: z.string().max(120),
  /** `asked`: REFER is out. `ringing`: the far end has taken it and tries. */
  state: z.enum(['asked', 'ringing', 'failed']),
  failure: TransferFailure.nullable(),
})
export type CallTransfer = z.infer<typeof CallTransfer>

export const Call = z.object({
  /** Also the id of the contact that this call is. */
  id: Id,
  direction: z.enum(['inbound', 'outbound']),
  state: CallState,
  remote: CallRemote,
  queue: CallQueue.nullable(),
  practice: z.boolean(),
  muted: z.boolean(),
  /** What was asked of the far end and is not answered yet: a `held` call that is being taken back has `resume`. */
  changing: z.enum(['hold', 'resume', 'transfer']).nullable(),
  /** Rings, but silently: the operator leaves it to the others. It can still be answered. */
  ignored: z.boolean(),
  /** The exchange asked for it and the site allows it: answers itself, with a beep. */
  autoAnswer: z.boolean(),
  /** The call that this one consults a colleague about. */
  consultsFor: Id.nullable(),
  /** Mixed with the other calls that are so. */
  conference: z.boolean(),
  transfer: CallTransfer.nullable(),
  /**
   * The contact that a colleague's desk handed on with this call (User-to-User, RFC 7433). Another machine's word: it is looked up and shown,
   * never believed.
   */
  continues: Id.nullable(),
  /** The nearest first. */
  diversions: z.array(CallDiversion).max(8),
  /** Of a call that is dialled: the far end rings (180), or the exchange lets one hear what it says before the answer (SDP in a 18x). */
  progress: z.enum(['ringing', 'audible']).nullable(),
  /** `none`: no packets, and none are missing. `lost`: no media end or no packets; being recovered while the signalling lives. */
  media: z.enum(['none', 'flowing', 'lost']),
  startedAt: Instant,
  answeredAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  endReason: EndReason.nullable(),
})
export type Call = z.infer<typeof Call>

/** What a call is that has nothing to do with another. */
export const plainCall = {
  changing: null,
  ignored: false,
  autoAnswer: false,
  consultsFor: null,
  conference: false,
  transfer: null,
  continues: null,
  diversions: [],
  progress: null,
} satisfies Partial<Call>

export const isLive = (call: Call): boolean => call.state !== 'ended'
/** Both sides may hear each other, or did and will again. */
export const isTalking = (call: Call): boolean =>
  call.state === 'connecting' || call.state === 'active' || call.state === 'held'
