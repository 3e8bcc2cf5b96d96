import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift'
import type { MediaAnswer, MediaVerb } from '#contract/media.ts'
import type { DeskClient } from './host.ts'

export type MediaEnd = {
  /** Calls with a connection. */
  calls(): number
  /** Resolves once the host has ended the attachment. */
  ended: Promise<void>
  leave(): Promise<void>
}

const codecs = [
  new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
  new RTCRtpCodecParameters({
    mimeType: 'audio/telephone-event',
    clockRate: 8000,
    channels: 1,
    payloadType: 101,
  }),
]

/** A media end without a browser: real connections (ICE, DTLS, SRTP) by werift, a microphone that says nothing. */
export async function attachMediaEnd(client: DeskClient): Promise<MediaEnd> {
  const connections = new Map<string, RTCPeerConnection>()
  const leaving = new AbortController()

  const connectionOf = (callId: string): RTCPeerConnection => {
    const known = connections.get(callId)
    if (known) return known
    const connection = new RTCPeerConnection({ codecs: { audio: codecs }, iceServers: [], iceUseIpv6: false })
    connection.addTransceiver(new MediaStreamTrack({ kind: 'audio' }), { direction: 'sendrecv' })
    connection.connectionStateChange.subscribe((state) => {
      if (!leaving.signal.aborted)
        void client.media.notify({ type: 'connection', callId, state }).catch(() => undefined)
    })
    connection.onRemoteTransceiverAdded.once((transceiver) => {
      transceiver.receiver.tracks[0]?.onReceiveRtp.once(() => {
        void client.media.notify({ type: 'packets', callId, flowing: true }).catch(() => undefined)
      })
    })
    connections.set(callId, connection)
    return connection
  }

  const obey = async (ask: MediaVerb): Promise<{ sdp?: string; stats?: null }> => {
    if (ask.verb === 'get-description') {
      const connection = connectionOf(ask.callId)
      const answering = connection.signalingState === 'have-remote-offer'
      await connection.setLocalDescription(
        answering ? await connection.createAnswer() : await connection.createOffer(),
      )
      if (connection.iceGatheringState !== 'complete')
        await connection.iceGatheringStateChange.watch((state) => state === 'complete', 2_000)
      return { sdp: connection.localDescription?.sdp ?? '' }
    }
    if (ask.verb === 'set-description') {
      await connectionOf(ask.callId).setRemoteDescription({ type: ask.type, sdp: ask.sdp })
    }
    if (ask.verb === 'close') {
      const connection = connections.get(ask.callId)
      connections.delete(ask.callId)
      await connection?.close()
    }
    return ask.verb === 'stats' ? { stats: null } : {}
  }

  const requests = await client.media.attach(undefined, { signal: leaving.signal })
  const serve = async () => {
    for await (const { request, ask } of requests) {
      const answer: MediaAnswer = await obey(ask).then(
        (result) => ({ ok: true as const, request, ...result }),
        (error: unknown) => ({
          ok: false as const,
          request,
          fault: 'failed' as const,
          detail: String(error).slice(0, 400),
        }),
      )
      await client.media.answer(answer)
    }
  }
  const ended = serve().catch(() => undefined)
  await client.media.notify({ type: 'devices', microphone: 'granted' })
  return {
    calls: () => connections.size,
    ended,
    async leave() {
      leaving.abort()
      await ended
      for (const connection of connections.values()) await connection.close()
      connections.clear()
    },
  }
}
