import type { Blame, LineCause, LineFinding, LineSample, LineVerdict } from './line-record.ts'
import { inboundBetween, lossBetween, roundTrip } from './line-score.ts'

/** From here on somebody hears it. One packet lost in a second is 2 %. */
const limits = {
  lossPercent: 4,
  jitterMs: 30,
  rttMs: 400,
  lateMs: 400,
  concealedPercent: 6,
  /** 16-bit audio's smallest step is 3·10⁻⁵; a room is never as still as a dead microphone. */
  silence: 2e-5,
} as const

const blameOf: Record<LineCause, Blame> = {
  'microphone-gone': 'microphone',
  'microphone-silenced': 'microphone',
  'microphone-silent': 'microphone',
  'pc-late': 'this-pc',
  'pc-concealed': 'this-pc',
  'path-lost': 'network',
  'loss-in': 'network',
  'loss-out': 'network',
  'jitter-in': 'network',
  'jitter-out': 'network',
  delay: 'network',
  'far-no-packets': 'far-end',
  'far-silent': 'far-end',
}

/** How long a stretch must be to be told (ms), and how grave a second of it is. */
const weights: Record<LineCause, { atLeast: number; gravity: number }> = {
  'microphone-gone': { atLeast: 2_000, gravity: 4 },
  'microphone-silenced': { atLeast: 3_000, gravity: 4 },
  'microphone-silent': { atLeast: 7_000, gravity: 4 },
  'pc-late': { atLeast: 0, gravity: 3 },
  'pc-concealed': { atLeast: 2_000, gravity: 2 },
  'path-lost': { atLeast: 2_000, gravity: 4 },
  'loss-in': { atLeast: 2_000, gravity: 2 },
  'loss-out': { atLeast: 2_000, gravity: 2 },
  'jitter-in': { atLeast: 3_000, gravity: 1 },
  'jitter-out': { atLeast: 3_000, gravity: 1 },
  delay: { atLeast: 4_000, gravity: 1 },
  'far-no-packets': { atLeast: 2_000, gravity: 4 },
  'far-silent': { atLeast: 5_000, gravity: 2 },
}
/** Seconds of the same trouble with no more than this between them are one finding. */
const joined = 3_500
/** After a connection or a hold the buffers fill. */
const settling = 3_000

type Second = { from: number; to: number; causes: Map<LineCause, number | null>; audible: boolean }

/**
 * Who lost what, from the samples of one call in order, about a second apart. A stretch without packets is the far end's if the path
 * answered connectivity checks in it (RFC 7675), whatever became of the path when the call was then offered anew; else the network's. What the page saw late is this PC's, and nobody
 * else is blamed for these moments.
 */
export function verdictOf(samples: readonly LineSample[]): LineVerdict {
  const all = seconds(samples)
  const findings = runs(all).filter(({ cause }) => cause !== 'far-silent' || neverHeard(all))
  const sums = new Map<Blame, number>()
  for (const finding of findings) {
    sums.set(finding.blame, (sums.get(finding.blame) ?? 0) + weightOf(finding))
  }
  const [gravest] = [...sums].toSorted((a, b) => b[1] - a[1])
  return {
    blame: gravest?.[0] ?? null,
    findings: findings.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, 24),
  }
}

/** Somebody who listens may send perfect silence for long; who was not heard for nearly all of a call has not listened. */
const silentShare = 0.8
const silentAtLeast = 20_000

function neverHeard(all: readonly Second[]): boolean {
  const lasting = (some: readonly Second[]) => some.reduce((sum, { from, to }) => sum + to - from, 0)
  const silent = lasting(all.filter(({ causes }) => causes.has('far-silent')))
  return silent >= silentAtLeast && silent >= silentShare * lasting(all.filter(({ audible }) => audible))
}

const weightOf = ({ cause, from, to }: LineFinding): number =>
  Math.max(1000, to - from) * weights[cause].gravity

function seconds(samples: readonly LineSample[]): Second[] {
  const found: Second[] = []
  let settledAt: number | null = null
  for (let at = 1; at < samples.length; at++) {
    const before = samples[at - 1]
    const after = samples[at]
    if (!before || !after) continue
    const idle =
      after.held ||
      before.held ||
      !before.inbound ||
      after.connection === 'new' ||
      (after.connection === 'connecting' && !after.path)
    if (idle) settledAt = null
    else settledAt ??= before.at
    const second: Second = { from: before.at, to: after.at, causes: new Map(), audible: !idle }
    if (!after.held && !before.held) blameMicrophone(before, after, second.causes)
    if (!idle) blameLine(samples, at, after.at - (settledAt ?? after.at) > settling, second.causes)
    found.push(second)
  }
  return withoutEchoes(found)
}

function blameMicrophone(before: LineSample, after: LineSample, causes: Second['causes']): void {
  if (after.muted || before.muted || !after.outbound) return
  if (after.microphone === 'ended' || after.microphone === 'none') causes.set('microphone-gone', null)
  else if (after.microphone === 'silenced') causes.set('microphone-silenced', null)
  else if (
    after.outbound.packets > (before.outbound?.packets ?? 0) &&
    (after.outbound.level ?? 1) < limits.silence
  ) {
    causes.set('microphone-silent', null)
  }
}

function blameLine(
  samples: readonly LineSample[],
  at: number,
  settled: boolean,
  causes: Second['causes'],
): void {
  const before = samples[at - 1]
  const after = samples[at]
  const inbound = before && after ? inboundBetween(before, after) : null
  if (!before || !after?.inbound || !inbound) return
  if (after.lateMs > limits.lateMs) {
    causes.set('pc-late', after.lateMs)
    return
  }
  if (inbound.packets === 0) {
    causes.set(answersAround(samples, at) ? 'far-no-packets' : 'path-lost', null)
    return
  }
  if (!settled) return
  const loss = lossBetween(before, after) ?? 0
  if (loss > limits.lossPercent) causes.set('loss-in', loss)
  if (after.inbound.jitterMs > limits.jitterMs) causes.set('jitter-in', after.inbound.jitterMs)
  const rtt = roundTrip(after)
  if (rtt > limits.rttMs) causes.set('delay', rtt)
  if (after.remote && after.remote.lostShare * 100 > limits.lossPercent) {
    causes.set('loss-out', after.remote.lostShare * 100)
  }
  if (after.remote && after.remote.jitterMs > limits.jitterMs) causes.set('jitter-out', after.remote.jitterMs)
  const concealed = inbound.played > 0 ? (100 * inbound.concealed) / inbound.played : 0
  if (concealed > limits.concealedPercent && loss < 1 && after.inbound.jitterMs < limits.jitterMs) {
    causes.set('pc-concealed', concealed)
  }
  if ((after.inbound.level ?? 1) < limits.silence) causes.set('far-silent', null)
}

const checksAnswered = ({ path }: LineSample): number => path?.answered ?? 0

/** Whether a connectivity check was answered since the packets stopped or, in its first seconds, will be. Checks come every 2 to 3 s. */
function answersAround(samples: readonly LineSample[], at: number): boolean {
  let first = at - 1
  const packets = samples[at]?.inbound?.packets
  while (first > 0 && samples[first - 1]?.inbound?.packets === packets) first--
  let last = at
  while (last + 1 < samples.length && samples[last + 1]?.inbound?.packets === packets) last++
  return samples
    .slice(first, last + 1)
    .some((sample, index, stretch) => checksAnswered(sample) > checksAnswered(stretch[index - 1] ?? sample))
}

/** The buffer makes up audio for a while after the network, or a page that stood still, has upset it: that is no trouble of its own. */
function withoutEchoes(found: Second[]): Second[] {
  const upsetting = new Set<LineCause>(['loss-in', 'jitter-in', 'path-lost', 'far-no-packets', 'pc-late'])
  const upset = found.filter(({ causes }) => [...causes.keys()].some((cause) => upsetting.has(cause)))
  for (const second of found) {
    const near = upset.some(({ from, to }) => from <= second.to + joined && to >= second.from - joined)
    if (near) second.causes.delete('pc-concealed')
  }
  return found
}

/** Stretches of one cause, long enough to be told, in order of time. */
function runs(found: readonly Second[]): LineFinding[] {
  const findings: LineFinding[] = []
  const open = new Map<LineCause, { finding: LineFinding; troubled: number }>()
  const close = (cause: LineCause) => {
    const run = open.get(cause)
    open.delete(cause)
    if (run && run.troubled >= weights[cause].atLeast) findings.push(run.finding)
  }
  for (const { from, to, causes } of found) {
    for (const [cause, run] of [...open]) if (from - run.finding.to > joined) close(cause)
    for (const [cause, measured] of causes) {
      const run = open.get(cause) ?? {
        finding: { blame: blameOf[cause], cause, from, to, worst: measured },
        troubled: 0,
      }
      run.finding.to = to
      run.troubled += to - from
      if (measured !== null) run.finding.worst = Math.max(run.finding.worst ?? measured, measured)
      open.set(cause, run)
    }
  }
  for (const cause of [...open.keys()]) close(cause)
  return findings.toSorted((a, b) => a.from - b.from)
}
