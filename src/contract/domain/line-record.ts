import { z } from 'zod'
import { Id, Instant } from './ids.ts'

/** What is known of one call's line: counters as the browser's `getStats` gives them (cumulative), once a second, and what happened. */

const count = z.number().nonnegative()

export const LineSample = z.object({
  /** ms since the epoch; on the page's clock in a notice, on the host's in a record. */
  at: z.number(),
  /** How much later than planned the page took it. */
  lateMs: count,
  connection: z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']),
  codec: z.string().max(32).nullable(),
  /** `silenced`: by the system or the device itself. */
  microphone: z.enum(['live', 'silenced', 'ended', 'none']),
  /** By the operator. */
  muted: z.boolean(),
  /** By the operator or by the far end. */
  held: z.boolean(),
  inbound: z
    .object({
      packets: count,
      /** May fall: a packet that was taken for lost came late (RFC 3550 6.4.1). */
      lost: z.number(),
      /** Came too late to be played. */
      discarded: count,
      jitterMs: count,
      /** Root mean square since the sample before, 0 to 1. */
      level: count.nullable(),
      /** Audio samples played, and those of them that had to be made up. */
      played: count,
      concealed: count,
      /** Times that it began to make up. */
      concealments: count,
      /** Sum of ms that played samples waited, and how many these were. */
      bufferMs: count,
      buffered: count,
    })
    .nullable(),
  outbound: z.object({ packets: count, level: count.nullable() }).nullable(),
  /** What the far end's last RTCP report says of our packets. */
  remote: z.object({ lostShare: count, jitterMs: count, rttMs: count.nullable() }).nullable(),
  /** The chosen pair of ICE candidates, addresses truncated, and the connectivity checks over all pairs. */
  path: z
    .object({
      rttMs: count.nullable(),
      asked: count,
      answered: count,
      route: z.string().max(120),
    })
    .nullable(),
})
export type LineSample = z.infer<typeof LineSample>

export const lineEventKinds = [
  'call',
  'sip',
  'ice',
  'path',
  'device',
  'switch',
  'registration',
  'network',
  'sleep',
  'page',
] as const

export const LineEvent = z.object({
  at: z.number(),
  kind: z.enum(lineEventKinds),
  /** A code, or for SIP direction, method and status. */
  what: z.string().max(80),
  /** SIP headers of a short list. */
  headers: z.record(z.string().max(24), z.string().max(120)).optional(),
})
export type LineEvent = z.infer<typeof LineEvent>

const Direction = z.object({
  r: z.number(),
  mos: z.number(),
  delayMs: count,
  lossPercent: count,
  burstRatio: z.number(),
  jitterMs: count,
})
export type Direction = z.infer<typeof Direction>

/** Of a stretch of a call. `r` is the worse direction's; null where nothing could be rated. */
export const LineScore = z.object({
  r: z.number().nullable(),
  mos: z.number().nullable(),
  heard: Direction.nullable(),
  sent: Direction.nullable(),
})
export type LineScore = z.infer<typeof LineScore>

/** Of the whole call: the mean of its rated stretches of five seconds, and the worst of them. */
export const WholeScore = z.object({
  r: z.number().nullable(),
  mos: z.number().nullable(),
  worstR: z.number().nullable(),
  stretches: z.number().int().nonnegative(),
})
export type WholeScore = z.infer<typeof WholeScore>

export const blames = ['microphone', 'this-pc', 'network', 'far-end'] as const
export const Blame = z.enum(blames)
export type Blame = z.infer<typeof Blame>

export const lineCauses = [
  'microphone-gone',
  'microphone-silenced',
  'microphone-silent',
  'pc-late',
  'pc-concealed',
  'path-lost',
  'loss-in',
  'loss-out',
  'jitter-in',
  'jitter-out',
  'delay',
  'far-no-packets',
  'far-silent',
] as const
export const LineCause = z.enum(lineCauses)
export type LineCause = z.infer<typeof LineCause>

export const LineFinding = z.object({
  blame: Blame,
  cause: LineCause,
  from: z.number(),
  to: z.number(),
  /** Percent or ms, as the cause has it; null where there is nothing to measure. */
  worst: z.number().nullable(),
})
export type LineFinding = z.infer<typeof LineFinding>

/** Who lost what, the gravest first. */
export const LineVerdict = z.object({ blame: Blame.nullable(), findings: z.array(LineFinding).max(24) })
export type LineVerdict = z.infer<typeof LineVerdict>

/** A live or just ended call's line, for the screen. It is the line's; nobody keeps it as an operator's. */
export const LineView = z.object({
  callId: Id,
  ended: z.boolean(),
  /** Of the last seconds; of the whole call once it has ended. */
  r: z.number().nullable(),
  mos: z.number().nullable(),
  /** What is wrong now, or was wrong once it has ended. */
  verdict: LineVerdict,
})
export type LineView = z.infer<typeof LineView>

/**
 * What is written after a bad call: no number, name, operator, address or contact in it. Bounded: what did not fit is counted in
 * `left` and was the oldest.
 */
export const LineRecord = z.object({
  version: z.literal(1),
  id: Id,
  madeAt: Instant,
  startedAt: Instant,
  endedAt: Instant.nullable(),
  direction: z.enum(['inbound', 'outbound']),
  practice: z.boolean(),
  score: WholeScore,
  verdict: LineVerdict,
  samples: z.array(LineSample).max(1000),
  events: z.array(LineEvent).max(1000),
  left: z.object({ samples: count, events: count }),
})
export type LineRecord = z.infer<typeof LineRecord>

export const LineRecordSummary = LineRecord.pick({
  id: true,
  madeAt: true,
  startedAt: true,
  endedAt: true,
  practice: true,
  score: true,
}).extend({
  blame: Blame.nullable(),
})
export type LineRecordSummary = z.infer<typeof LineRecordSummary>
