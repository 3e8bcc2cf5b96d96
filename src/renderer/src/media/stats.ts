import type { MediaStats } from '#contract/media.ts'

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

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
