import { burstRatioOf, type CodecImpairment, codecImpairment, opinionScore, rating } from './e-model.ts'
import type { Direction, LineSample, LineScore, WholeScore } from './line-record.ts'

/** A frame of 20 ms is sent when it is whole. */
const packetMs = 20
/** A far end keeps about two of its jitters in its buffer. */
const farBufferJitters = 2

type Inbound = NonNullable<LineSample['inbound']>
const counters = [
  'packets',
  'lost',
  'discarded',
  'played',
  'concealed',
  'concealments',
  'bufferMs',
  'buffered',
] as const

/** What came in between two samples. A new stream counts from 0 again. */
export function inboundBetween(
  before: LineSample,
  after: LineSample,
): Record<(typeof counters)[number], number> | null {
  const now = after.inbound
  if (!now) return null
  const anew = !before.inbound || before.inbound.packets > now.packets
  const since = anew ? null : before.inbound
  return Object.fromEntries(
    counters.map((name) => [name, Math.max(0, now[name] - (since?.[name] ?? 0))]),
  ) as Record<(typeof counters)[number], number>
}

/** Percent of the packets between two samples that were not played: lost, or too late. 100 when none came. */
export function lossBetween(before: LineSample, after: LineSample): number | null {
  const now = inboundBetween(before, after)
  if (!now) return null
  const expected = now.packets + now.lost
  if (expected === 0 || now.packets === 0) return 100
  return Math.min(100, (100 * (now.lost + now.discarded)) / expected)
}

/** Of the stretch between two samples of a call, which should be some seconds apart: one lost packet in a second is two percent. */
export function scoreBetween(before: LineSample, after: LineSample): LineScore {
  const codec = after.codec === null ? null : codecImpairment(after.codec)
  const rttMs = after.remote?.rttMs ?? after.path?.rttMs ?? 0
  const idle = after.held || before.held || !codec
  const heard = idle ? null : heardBetween(before, after, codec, rttMs)
  const sent = idle || !after.remote ? null : sentOf(after.remote, codec, rttMs)
  const known = [heard, sent].filter((one) => one !== null)
  if (known.length === 0) return { r: null, mos: null, heard, sent }
  const r = Math.min(...known.map((one) => one.r))
  return { r, mos: opinionScore(r), heard, sent }
}

function heardBetween(
  before: LineSample,
  after: LineSample,
  codec: CodecImpairment,
  rttMs: number,
): Direction | null {
  const now = inboundBetween(before, after)
  const lossPercent = lossBetween(before, after)
  if (!now || lossPercent === null) return null
  const waited = now.buffered > 0 ? now.bufferMs / now.buffered : 0
  return direction(codec, {
    delayMs: rttMs / 2 + waited + packetMs,
    lossPercent,
    burstRatio: burstRatioOf(now.lost + now.discarded, now.concealments, lossPercent),
    jitterMs: (after.inbound as Inbound).jitterMs,
  })
}

const sentOf = (
  remote: NonNullable<LineSample['remote']>,
  codec: CodecImpairment,
  rttMs: number,
): Direction =>
  direction(codec, {
    delayMs: rttMs / 2 + farBufferJitters * remote.jitterMs + packetMs,
    lossPercent: Math.min(100, remote.lostShare * 100),
    burstRatio: 1,
    jitterMs: remote.jitterMs,
  })

function direction(codec: CodecImpairment, path: Omit<Direction, 'r' | 'mos'>): Direction {
  const r = rating({ codec, ...path })
  return { r, mos: opinionScore(r), ...path }
}

export const noScore: WholeScore = { r: null, mos: null, worstR: null, stretches: 0 }

/** The score of the whole call with one more stretch. */
export function withStretch(whole: WholeScore, { r }: LineScore): WholeScore {
  if (r === null) return whole
  const stretches = whole.stretches + 1
  const mean = ((whole.r ?? 0) * whole.stretches + r) / stretches
  return { r: mean, mos: opinionScore(mean), worstR: Math.min(whole.worstR ?? r, r), stretches }
}
