import type { LineSample } from '#contract/domain/line-record.ts'

export type LineState = Pick<LineSample, 'connection' | 'microphone' | 'muted' | 'held'>

/** Sums of audio energy (W3C webrtc-stats `totalAudioEnergy`) and of the time they were taken over. */
type Energy = { energy: number; seconds: number }
/** What the next reading of the same call needs of this one. */
export type Reading = { heard: Energy | null; spoken: Energy | null; inbound: LineSample['inbound'] }
export const noReading: Reading = { heard: null, spoken: null, inbound: null }

type Values = Record<string, unknown>

/**
 * One call's sample out of a `getStats` report. Levels are of the time since `before`. A browser forgets an inbound stream when it is
 * offered anew; what came before stays counted until packets come again.
 */
export function readLine(
  report: ReadonlyMap<string, unknown>,
  state: LineState,
  before: Reading,
): { sample: Omit<LineSample, 'at' | 'lateMs'>; reading: Reading } {
  const entries = [...report.values()] as Values[]
  const audio = (type: string) => entries.find((entry) => entry.type === type && entry.kind === 'audio')
  const inbound = audio('inbound-rtp')
  const outbound = audio('outbound-rtp')
  const remote = audio('remote-inbound-rtp')
  const source = audio('media-source')
  const codec = report.get(String((inbound ?? outbound)?.codecId)) as Values | undefined
  const heard = energyOf(inbound)
  const spoken = energyOf(source)
  const came = inbound
    ? inboundOf(inbound, levelSince(before.heard, heard))
    : before.inbound && { ...before.inbound, level: null }
  return {
    reading: { heard, spoken, inbound: came },
    sample: {
      ...state,
      codec: typeof codec?.mimeType === 'string' ? codec.mimeType.slice(0, 32) : null,
      inbound: came,
      outbound: outbound
        ? { packets: number(outbound.packetsSent), level: levelSince(before.spoken, spoken) }
        : null,
      remote: remote
        ? {
            lostShare: number(remote.fractionLost),
            jitterMs: 1000 * number(remote.jitter),
            rttMs: typeof remote.roundTripTime === 'number' ? 1000 * remote.roundTripTime : null,
          }
        : null,
      path: pathOf(report, entries),
    },
  }
}

const inboundOf = (entry: Values, level: number | null): LineSample['inbound'] => ({
  packets: number(entry.packetsReceived),
  lost: Number(entry.packetsLost ?? 0),
  discarded: number(entry.packetsDiscarded),
  jitterMs: 1000 * number(entry.jitter),
  level,
  played: number(entry.totalSamplesReceived),
  concealed: Math.max(0, number(entry.concealedSamples) - number(entry.silentConcealedSamples)),
  concealments: number(entry.concealmentEvents),
  bufferMs: 1000 * number(entry.jitterBufferDelay),
  buffered: number(entry.jitterBufferEmittedCount),
})

/** The selected pair may change every second while several work, so the checks are counted over all of them. */
function pathOf(report: ReadonlyMap<string, unknown>, entries: Values[]): LineSample['path'] {
  const transport = entries.find((entry) => entry.type === 'transport')
  const pair = report.get(String(transport?.selectedCandidatePairId)) as Values | undefined
  if (!pair) return null
  const side = (id: unknown) => {
    const candidate = report.get(String(id)) as Values | undefined
    return `${candidate?.candidateType ?? '?'} ${truncated(String(candidate?.address ?? ''))}`
  }
  const checks = (counter: string) =>
    entries
      .filter((entry) => entry.type === 'candidate-pair')
      .reduce((sum, entry) => sum + number(entry[counter]), 0)
  const local = report.get(String(pair.localCandidateId)) as Values | undefined
  return {
    rttMs: typeof pair.currentRoundTripTime === 'number' ? 1000 * pair.currentRoundTripTime : null,
    asked: checks('requestsSent'),
    answered: checks('responsesReceived'),
    route: `${local?.protocol ?? '?'} ${side(pair.localCandidateId)} - ${side(pair.remoteCandidateId)}`.slice(
      0,
      120,
    ),
  }
}

/** Enough to tell one network from another, not enough to find a machine: 24 bits of IPv4, 48 of IPv6. */
export function truncated(address: string): string {
  const four = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address)
  if (four) return `${four[1]}.0`
  if (!address.includes(':')) return address === '' ? '?' : 'named'
  const [head = ''] = address.split('::', 1)
  return `${head.split(':').slice(0, 3).join(':')}::`
}

function energyOf(entry: Values | undefined): Energy | null {
  if (typeof entry?.totalAudioEnergy !== 'number' || typeof entry.totalSamplesDuration !== 'number')
    return null
  return { energy: entry.totalAudioEnergy, seconds: entry.totalSamplesDuration }
}

function levelSince(before: Energy | null, now: Energy | null): number | null {
  if (!now) return null
  const anew = !before || before.seconds > now.seconds
  const seconds = now.seconds - (anew ? 0 : before.seconds)
  if (seconds <= 0) return null
  return Math.sqrt(Math.max(0, now.energy - (anew ? 0 : before.energy)) / seconds)
}

const number = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0
