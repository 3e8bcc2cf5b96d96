import { z } from 'zod'
import { Id } from './domain/ids.ts'
import { MediaPath } from './domain/line.ts'
import { LineSample } from './domain/line-record.ts'

/** SDP, in characters. */
export const longestDescription = 64_000

/**
 * What the host may ask the media end. The end (the page on loopback, a hidden window in Electron) attaches, is handed requests one by
 * one, and answers each by its `request` number. One `RTCPeerConnection` a call; descriptions are SDP text.
 */
export const MediaVerb = z.discriminatedUnion('verb', [
  /** Offer, or answer when a remote offer is set; `offer` is set before. `path` without ICE servers: host candidates only. */
  z.object({
    verb: z.literal('get-description'),
    callId: Id,
    offer: z.string().max(longestDescription).optional(),
    hold: z.boolean(),
    iceRestart: z.boolean(),
    path: MediaPath,
  }),
  z.object({
    verb: z.literal('set-description'),
    callId: Id,
    /** `pranswer`: what is heard before the answer; nothing is said into it. The answer may be another's (RFC 8829 4.1.10.1). */
    type: z.enum(['offer', 'pranswer', 'answer']),
    sdp: z.string().max(longestDescription),
  }),
  z.object({ verb: z.literal('roll-back'), callId: Id }),
  z.object({ verb: z.literal('mute'), callId: Id, on: z.boolean() }),
  z.object({ verb: z.literal('hold'), callId: Id, on: z.boolean() }),
  z.object({ verb: z.literal('send-dtmf'), callId: Id, tones: z.string().regex(/^[0-9A-D*#]{1,32}$/) }),
  z.object({ verb: z.literal('stats'), callId: Id }),
  /**
   * Ring, or stop ringing (null). `waiting`: somebody is talked with already; one soft tick then, and nothing in the headset. `prepare`: what
   * the answer to this call will be made from (`offer` null: an offer of ours), for what can be done of it while it rings.
   */
  z.object({
    verb: z.literal('ring'),
    callId: Id.nullable(),
    waiting: z.boolean().optional(),
    prepare: z.object({ offer: z.string().max(longestDescription).nullable(), path: MediaPath }).optional(),
  }),
  /** The tone of a telephone that rings elsewhere, in the ear of who dialled. */
  z.object({ verb: z.literal('ring-back'), on: z.boolean() }),
  /** Who is in the conference: each of them hears the microphone and the others. Fewer than two: nobody is mixed any more. */
  z.object({ verb: z.literal('mix'), callIds: z.array(Id).max(4) }),
  /** One short sound on the loudspeaker: a call has answered itself. */
  z.object({ verb: z.literal('beep') }),
  z.object({ verb: z.literal('close'), callId: Id }),
  /** Open and release the microphone: said before the operator goes ready. */
  z.object({ verb: z.literal('check-devices') }),
])
export type MediaVerb = z.infer<typeof MediaVerb>

export const MediaRequest = z.object({ request: z.number().int().positive(), ask: MediaVerb })
export type MediaRequest = z.infer<typeof MediaRequest>

export const MediaStats = z.object({
  connection: z.string(),
  inbound: z
    .object({
      packets: z.number(),
      bytes: z.number(),
      level: z.number().nullable(),
      lost: z.number(),
      jitter: z.number(),
    })
    .nullable(),
  outbound: z.object({ packets: z.number(), bytes: z.number() }).nullable(),
  sourceLevel: z.number().nullable(),
})
export type MediaStats = z.infer<typeof MediaStats>

export const MediaFault = z.enum(['microphone-denied', 'microphone-missing', 'no-such-call', 'failed'])

export const MediaAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    request: z.number().int().positive(),
    /** For `get-description`. */
    sdp: z.string().max(longestDescription).optional(),
    /** For `stats`. */
    stats: MediaStats.nullable().optional(),
  }),
  z.object({
    ok: z.literal(false),
    request: z.number().int().positive(),
    fault: MediaFault,
    detail: z.string().max(400),
  }),
])
export type MediaAnswer = z.infer<typeof MediaAnswer>

/**
 * The device that a role of the audio has. `default`: the system's choice, none was made here. `fallback`: the system's, because the one
 * that was chosen is gone. `refused`: the system's, because the chosen one is there and does not open, as when another program holds it.
 * `failed`: the system's does not open either. `none`: there is no device at all. Labels are the device's own name; null where the browser
 * does not tell.
 */
export const DeviceUse = z.object({
  wanted: z.string().max(200).nullable(),
  used: z.string().max(200).nullable(),
  state: z.enum(['chosen', 'default', 'fallback', 'refused', 'failed', 'none']),
})
export type DeviceUse = z.infer<typeof DeviceUse>

export const AudioRoles = z.object({ microphone: DeviceUse, speaker: DeviceUse, ringer: DeviceUse })
export type AudioRoles = z.infer<typeof AudioRoles>

export const HeadsetPress = z.enum(['answer', 'hang-up', 'mute', 'unmute'])
export type HeadsetPress = z.infer<typeof HeadsetPress>

/** What the media end tells by itself. */
export const MediaNotice = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('connection'),
    callId: Id,
    state: z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']),
  }),
  /** `flowing` null: none come, and none are missing; the far end holds us, or it is alive and silent. */
  z.object({ type: z.literal('packets'), callId: Id, flowing: z.boolean().nullable() }),
  z.object({
    type: z.literal('devices'),
    microphone: z.enum(['granted', 'prompt', 'denied', 'missing']),
    roles: AudioRoles.optional(),
    /** It rings and the browser does not let it be heard before somebody touches the page. */
    ringSilenced: z.boolean().optional(),
    /** The headset whose buttons work; null: none. */
    headset: z.string().max(200).nullable().optional(),
  }),
  z.object({ type: z.literal('headset'), press: HeadsetPress }),
  /** The lines of all calls that have a connection, about once a second. Instants are of the page's clock; so is `sentAt`. */
  z.object({
    type: z.literal('line'),
    sentAt: z.number(),
    /** How often devices were plugged in or out since the page began. */
    deviceChanges: z.number().int().nonnegative(),
    calls: z.array(z.object({ callId: Id, sample: LineSample })).max(16),
  }),
])
export type MediaNotice = z.infer<typeof MediaNotice>
