import type { MediaPath } from '#contract/domain/line.ts'

/** Candidates of this machine are there in a few milliseconds, those of a STUN or TURN server that answers after a round trip or two. */
const patience = 400
/** For the first candidate at all, where only TURN may give one. */
const longest = 3000

/** Resolves when all candidates are there, or `patience` is over and there is one: a server that does not answer must not cost the caller more. */
export function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    let patient = true
    const done = () => {
      clearTimeout(enough)
      clearTimeout(last)
      connection.removeEventListener('icegatheringstatechange', look)
      connection.removeEventListener('icecandidate', look)
      resolve()
    }
    const look = () => {
      const some = connection.localDescription?.sdp.includes('\na=candidate:') ?? false
      if (connection.iceGatheringState === 'complete' || (!patient && some)) done()
    }
    const enough = setTimeout(() => {
      patient = false
      look()
    }, patience)
    const last = setTimeout(done, longest)
    connection.addEventListener('icegatheringstatechange', look)
    connection.addEventListener('icecandidate', look)
    look()
  })
}

/** These and telephone events, in this order; what a browser does not have is passed over. */
export function preferCodecs(transceiver: RTCRtpTransceiver, names: MediaPath['codecs']): void {
  if (names.length === 0) return
  const all = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []
  const named = (name: string) => all.filter(({ mimeType }) => mimeType.toLowerCase() === `audio/${name}`)
  const wanted = names.flatMap(named)
  if (wanted.length > 0) transceiver.setCodecPreferences([...wanted, ...named('telephone-event')])
}
