import type { Page } from '@playwright/test'

declare global {
  var peerConnections: RTCPeerConnection[]
}

/** What `getStats` of the page's open connections says about audio; levels from 0 to 1. */
export type Audio = {
  inbound: { packets: number; level: number }
  outbound: { packets: number }
  microphone: { level: number }
}

/** Before the first page is opened: the product is not told, its connections are only remembered. */
export async function listenToAudio(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.peerConnections = []
    const Native = globalThis.RTCPeerConnection
    globalThis.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        globalThis.peerConnections.push(this)
      }
    }
  })
}

export const audio = (page: Page): Promise<Audio> =>
  page.evaluate(async () => {
    const found: Audio = {
      inbound: { packets: 0, level: 0 },
      outbound: { packets: 0 },
      microphone: { level: 0 },
    }
    for (const connection of globalThis.peerConnections) {
      if (connection.connectionState !== 'connected') continue
      for (const report of (await connection.getStats()).values()) {
        if (report.kind !== 'audio') continue
        if (report.type === 'inbound-rtp') {
          found.inbound.packets += report.packetsReceived
          found.inbound.level = Math.max(found.inbound.level, report.audioLevel ?? 0)
        } else if (report.type === 'outbound-rtp') found.outbound.packets += report.packetsSent
        else if (report.type === 'media-source')
          found.microphone.level = Math.max(found.microphone.level, report.audioLevel ?? 0)
      }
    }
    return found
  })
