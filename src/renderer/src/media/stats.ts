import type { MediaStats } from '#contract/media.ts'
import type { Arrivals } from './packet-watch.ts'

/** The numbers of one call's audio out of a `getStats` report. */
export function readStats(connection: string, report: Iterable<unknown>): MediaStats {
  const stats: MediaStats = { connection, inbound: null, outbound: null, sourceLevel: null }
  for (const entry of report) {
    const values = entry as Record<string, unknown>
    if (values.kind !== 'audio') continue
    if (values.type === 'inbound-rtp') {
      stats.inbound = {
        packets: number(values.packetsReceived),
        bytes: number(values.bytesReceived),
        level: typeof values.audioLevel === 'number' ? values.audioLevel : null,
        lost: number(values.packetsLost),
        jitter: number(values.jitter),
      }
    } else if (values.type === 'outbound-rtp') {
      stats.outbound = { packets: number(values.packetsSent), bytes: number(values.bytesSent) }
    } else if (values.type === 'media-source' && typeof values.audioLevel === 'number') {
      stats.sourceLevel = values.audioLevel
    }
  }
  return stats
}

/** What the far end has sent, out of a `getStats` report; each RTCP report of it moves the time of an entry (W3C webrtc-stats 8.6, 8.8). */
export function readArrivals(report: Iterable<unknown>): Arrivals {
  const arrivals: Arrivals = { packets: 0, lost: 0, reported: 0 }
  for (const entry of report) {
    const values = entry as Record<string, unknown>
    if (values.kind !== 'audio') continue
    if (values.type === 'inbound-rtp') {
      arrivals.packets = number(values.packetsReceived)
      arrivals.lost = number(values.packetsLost)
    } else if (values.type === 'remote-inbound-rtp' || values.type === 'remote-outbound-rtp') {
      arrivals.reported = Math.max(arrivals.reported, number(values.timestamp))
    }
  }
  return arrivals
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
