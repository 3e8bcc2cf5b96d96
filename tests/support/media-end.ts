import {
  createSelfSignedCertificate,
  MediaStreamTrack,
  RTCCertificate,
  RTCPeerConnection,
  RTCRtpCodecParameters,
} from 'werift'
import type { DeviceUse, MediaAnswer, MediaRequest, MediaVerb } from '#contract/media.ts'
import { newId } from '../../src/contract/domain/ids.ts'
import type { DeskClient } from './host.ts'

export type MediaEnd = {
  /** Calls with a connection. */
  calls(): number
  /** As after a device was plugged in or out: what did not open before may open now. */
  plugged(): Promise<void>
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

/**
 * A media end without a browser: real connections (ICE, DTLS, SRTP) by werift, a microphone that says nothing; `failing`: that cannot be
 * opened; `opening`: that opens when this has resolved; `held`: whether another program has it, which is found out when it is tried.
 */
export async function attachMediaEnd(
  client: DeskClient,
  {
    failing,
    opening,
    held = () => false,
  }: {
    failing?: 'microphone-denied' | 'microphone-missing'
    opening?: Promise<void>
    held?: () => boolean
  } = {},
): Promise<MediaEnd> {
  const connections = new Map<string, RTCPeerConnection>()
  const leaving = new AbortController()
  // As each page has one of its own; left alone, werift uses one for the whole process (ECDSA, SHA-256: TLS 1.2's 3 and 4).
  const { keyPem, certPem, signatureHash } = await createSelfSignedCertificate({ signature: 3, hash: 4 })
  const certificates = [new RTCCertificate(keyPem, certPem, signatureHash)]

  const connectionOf = (callId: string): RTCPeerConnection => {
    const known = connections.get(callId)
    if (known) return known
    const connection = new RTCPeerConnection({
      codecs: { audio: codecs },
      certificates,
      iceServers: [],
      iceUseIpv6: false,
    })
    connection.addTransceiver(new MediaStreamTrack({ kind: 'audio' }), { direction: 'sendrecv' })
    connection.connectionStateChange.subscribe((state) => {
      if (!leaving.signal.aborted)
        void client.media.notify({ type: 'connection', callId, state }).catch(() => undefined)
    })
    connections.set(callId, connection)
    return connection
  }

  const heard = new WeakSet<object>()
  /** Tells of the first packet of each track that has come to be. */
  const listen = (callId: string, connection: RTCPeerConnection): void => {
    for (const track of connection.getTransceivers().flatMap(({ receiver }) => receiver.tracks)) {
      if (heard.has(track)) continue
      heard.add(track)
      track.onReceiveRtp.once(() => {
        void client.media.notify({ type: 'packets', callId, flowing: true }).catch(() => undefined)
      })
    }
  }

  /** What a page tells of the microphone that the system chooses. */
  const tell = async (state: 'default' | 'failed') => {
    const whole: DeviceUse = { wanted: null, used: 'Headset', state: 'default' }
    const microphone = { ...whole, state, used: state === 'failed' ? null : whole.used }
    const roles = { microphone, speaker: whole, ringer: whole }
    await client.media.notify({ type: 'devices', microphone: 'granted', roles })
  }
  const open = () => {
    if (!held()) return
    void tell('failed').catch(() => undefined)
    throw new Error('in use')
  }

  const obey = async (ask: MediaVerb): Promise<{ sdp?: string; stats?: null }> => {
    if (ask.verb === 'check-devices') open()
    if (ask.verb === 'get-description') {
      open()
      if (failing) throw new Error(failing)
      await opening
      const connection = connectionOf(ask.callId)
      if (ask.offer !== undefined) {
        await connection.setRemoteDescription({ type: 'offer', sdp: ask.offer })
        listen(ask.callId, connection)
      }
      const answering = connection.signalingState === 'have-remote-offer'
      await connection.setLocalDescription(
        answering ? await connection.createAnswer() : await connection.createOffer(),
      )
      if (connection.iceGatheringState !== 'complete')
        await connection.iceGatheringStateChange.watch((state) => state === 'complete', 2_000)
      return { sdp: connection.localDescription?.sdp ?? '' }
    }
    if (ask.verb === 'set-description') {
      const connection = connectionOf(ask.callId)
      await connection.setRemoteDescription({ type: ask.type, sdp: ask.sdp })
      listen(ask.callId, connection)
    }
    if (ask.verb === 'close') {
      const connection = connections.get(ask.callId)
      connections.delete(ask.callId)
      await connection?.close()
    }
    return ask.verb === 'stats' ? { stats: null } : {}
  }

  const requests = await client.media.attach(
    { windowId: newId(), takeOver: true },
    { signal: leaving.signal },
  )
  const answer = async ({ request, ask }: MediaRequest): Promise<void> => {
    const given: MediaAnswer = await obey(ask).then(
      (result) => ({ ok: true as const, request, ...result }),
      (error: unknown) => ({
        ok: false as const,
        request,
        fault: failing ?? (held() ? ('microphone-missing' as const) : ('failed' as const)),
        detail: String(error).slice(0, 400),
      }),
    )
    await client.media.answer(given)
  }
  const serve = async () => {
    for await (const request of requests) {
      // Whatever else is asked does not wait for the microphone.
      if (opening && request.ask.verb === 'get-description') void answer(request).catch(() => undefined)
      else await answer(request)
    }
  }
  const ended = serve().catch(() => undefined)
  await client.media.notify({ type: 'devices', microphone: 'granted' })
  return {
    calls: () => connections.size,
    plugged: () => tell('default'),
    ended,
    async leave() {
      leaving.abort()
      await ended
      for (const connection of connections.values()) await connection.close()
      connections.clear()
    },
  }
}
