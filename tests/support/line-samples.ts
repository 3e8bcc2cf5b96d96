import type { LineSample } from '../../src/contract/domain/line-record.ts'

export type Second = {
  /** Of 50 expected. */
  packets?: number
  lost?: number
  discarded?: number
  jitterMs?: number
  /** Null: nothing is played. */
  level?: number | null
  concealedShare?: number
  concealments?: number
  bufferMs?: number
  lateMs?: number
  spoken?: number | null
  sent?: number
  microphone?: LineSample['microphone']
  muted?: boolean
  held?: boolean
  connection?: LineSample['connection']
  remote?: LineSample['remote']
  rttMs?: number
  /** A connectivity check was answered in this second. */
  answered?: boolean
  codec?: string | null
}

/** Samples a second apart, as a browser's cumulative counters would stand. */
export function samplesOf(seconds: readonly Second[], startAt = 0): LineSample[] {
  const sums = {
    packets: 0,
    lost: 0,
    discarded: 0,
    played: 0,
    concealed: 0,
    concealments: 0,
    buffered: 0,
    bufferMs: 0,
  }
  let sent = 0
  let answered = 0
  return seconds.map((second, index) => {
    const packets = second.packets ?? 50
    sums.packets += packets
    sums.lost += second.lost ?? 0
    sums.discarded += second.discarded ?? 0
    sums.played += 8000
    sums.concealed += 8000 * (second.concealedShare ?? 0)
    sums.concealments += second.concealments ?? 0
    sums.buffered += 8000
    sums.bufferMs += 8000 * (second.bufferMs ?? 40)
    sent += second.sent ?? 50
    if (second.answered ?? index % 2 === 0) answered++
    return {
      at: startAt + 1000 * index,
      lateMs: second.lateMs ?? 3,
      connection: second.connection ?? 'connected',
      codec: second.codec === undefined ? 'audio/PCMU' : second.codec,
      microphone: second.microphone ?? 'live',
      muted: second.muted ?? false,
      held: second.held ?? false,
      inbound: {
        ...sums,
        jitterMs: second.jitterMs ?? 2,
        level: second.level === undefined ? 0.05 : second.level,
      },
      outbound: { packets: sent, level: second.spoken === undefined ? 0.02 : second.spoken },
      remote: second.remote ?? null,
      path: {
        rttMs: second.rttMs ?? 20,
        asked: index,
        answered,
        route: 'udp host 192.0.2.0 - host 192.0.2.0',
      },
    }
  })
}

/** The same second, so many times. */
export const times = (count: number, second: Second = {}): Second[] =>
  Array.from({ length: count }, () => second)
