import { burstRatioOf, type CodecImpairment, codecImpairment, opinionScore, rating } from './e-model.ts'
import type { Direction, LineSample, LineScore, WholeScore } from './line-record.ts'

/** A frame of 20 ms is sent when it is whole. */
const packetMs = 20
/** A far end keeps about two of its jitters in its buffer. */
const farBufferJitters = 2

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

/** The longer of what the connectivity checks and the far end's reports say: the reports know the whole way, but come late. */
export const roundTrip = ({ remote, path }: LineSample): number =>
  Math.max(remote?.rttMs ?? 0, path?.rttMs ?? 0)

type Losses = { expected: number; lost: number }

/** Who lost everything learns of no lost packet: a second without any counts as that many. */
function lossesBetween(before: LineSample, after: LineSample): Losses | null {
  const now = inboundBetween(before, after)
  if (!now) return null
  if (now.packets === 0) {
    const silent = Math.max(now.lost, Math.round((after.at - before.at) / packetMs))
    return { expected: silent, lost: silent }
  }
  return { expected: now.packets + now.lost, lost: now.lost + now.discarded }
}

const percentOf = ({ expected, lost }: Losses): number =>
  expected > 0 ? Math.min(100, (100 * lost) / expected) : 0

/** Percent of the packets between two samples that were not played: lost, or too late. 100 when none came. */
export function lossBetween(before: LineSample, after: LineSample): number | null {
  const losses = lossesBetween(before, after)
  return losses && percentOf(losses)
}

/**
 * Of a stretch of a call: samples in order, about a second apart and some seconds long, for one lost packet in a second is two percent.
 */
export function scoreOf(stretch: readonly LineSample[]): LineScore {
  const before = stretch[0]
  const after = stretch.at(-1)
  if (!before || !after || before === after) return { r: null, mos: null, heard: null, sent: null }
  const codec = after.codec === null ? null : codecImpairment(after.codec)
  const rttMs = roundTrip(after)
  const idle = stretch.some((sample) => sample.held) || !codec
  const heard = idle ? null : heardIn(stretch, codec, rttMs)
  const sent = idle || !after.remote ? null : sentOf(after.remote, codec, rttMs)
  const known = [heard, sent].filter((one) => one !== null)
  if (known.length === 0) return { r: null, mos: null, heard, sent }
  const r = Math.min(...known.map((one) => one.r))
  return { r, mos: opinionScore(r), heard, sent }
}

function heardIn(stretch: readonly LineSample[], codec: CodecImpairment, rttMs: number): Direction | null {
  const losses: Losses = { expected: 0, lost: 0 }
  const waited = { ms: 0, samples: 0 }
  let concealments = 0
  let jitterMs: number | null = null
  for (const [at, after] of stretch.entries()) {
    const before = stretch[at - 1]
    const now = before && inboundBetween(before, after)
    const lost = before && lossesBetween(before, after)
    if (!now || !lost || !after.inbound) continue
    losses.expected += lost.expected
    losses.lost += lost.lost
    waited.ms += now.bufferMs
    waited.samples += now.buffered
    concealments += now.concealments
    jitterMs = after.inbound.jitterMs
  }
  if (jitterMs === null) return null
  const lossPercent = percentOf(losses)
  return direction(codec, {
    delayMs: rttMs / 2 + (waited.samples > 0 ? waited.ms / waited.samples : 0) + packetMs,
    lossPercent,
    burstRatio: burstRatioOf(losses.lost, concealments, lossPercent),
    jitterMs,
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
