import type { LineSample } from '#contract/domain/line-record.ts'

export type LineState = Pick<LineSample, 'connection' | 'microphone' | 'muted' | 'held'>

/** Sums of audio energy (W3C webrtc-stats `totalAudioEnergy`) and of the time they were taken over. */
type Energy = { energy: number; seconds: number }
export type Energies = { heard: Energy | null; spoken: Energy | null }

type Values = Record<string, unknown>

/** One call's sample out of a `getStats` report. Levels are of the time since `before`. */
export function readLine(
  report: ReadonlyMap<string, unknown>,
  state: LineState,
  before: Energies,
): { sample: Omit<LineSample, 'at' | 'lateMs'>; energies: Energies } {
  const entries = [...report.values()] as Values[]
  const audio = (type: string) => entries.find((entry) => entry.type === type && entry.kind === 'audio')
  const inbound = audio('inbound-rtp')
  const outbound = audio('outbound-rtp')
  const remote = audio('remote-inbound-rtp')
  const source = audio('media-source')
  const codec = report.get(String((inbound ?? outbound)?.codecId)) as Values | undefined
  const energies = { heard: energyOf(inbound), spoken: energyOf(source) }
  return {
    energies,
    sample: {
      ...state,
      codec: typeof codec?.mimeType === 'string' ? codec.mimeType.slice(0, 32) : null,
      inbound: inbound
        ? {
            packets: number(inbound.packetsReceived),
            lost: Number(inbound.packetsLost ?? 0),
            discarded: number(inbound.packetsDiscarded),
            jitterMs: 1000 * number(inbound.jitter),
            level: levelSince(before.heard, energies.heard),
            played: number(inbound.totalSamplesReceived),
            concealed: Math.max(0, number(inbound.concealedSamples) - number(inbound.silentConcealedSamples)),
            concealments: number(inbound.concealmentEvents),
            bufferMs: 1000 * number(inbound.jitterBufferDelay),
            buffered: number(inbound.jitterBufferEmittedCount),
          }
        : null,
      outbound: outbound
        ? { packets: number(outbound.packetsSent), level: levelSince(before.spoken, energies.spoken) }
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

function pathOf(report: ReadonlyMap<string, unknown>, entries: Values[]): LineSample['path'] {
  const transport = entries.find((entry) => entry.type === 'transport')
  const pair = report.get(String(transport?.selectedCandidatePairId)) as Values | undefined
  if (!pair) return null
  const side = (id: unknown) => {
    const candidate = report.get(String(id)) as Values | undefined
    return `${candidate?.candidateType ?? '?'} ${truncated(String(candidate?.address ?? ''))}`
  }
  const local = report.get(String(pair.localCandidateId)) as Values | undefined
  return {
    rttMs: typeof pair.currentRoundTripTime === 'number' ? 1000 * pair.currentRoundTripTime : null,
    asked: number(pair.requestsSent),
    answered: number(pair.responsesReceived),
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
