import type { MediaPath } from '#contract/domain/line.ts'

/** The candidates of this machine's networks come together, within a few milliseconds; TCP's, 130 ms later, lead nowhere that UDP does not. */
const quiet = 25
/** Those of a STUN or TURN server that answers come after a round trip or two. */
const patience = 400
/** For the first candidate at all, where only TURN may give one. */
const longest = 3000

/** Makes the offer, or the answer to the offer that is set, and finds its candidates. */
export async function describeLocally(
  connection: RTCPeerConnection,
  { hold, iceRestart, path }: { hold: boolean; iceRestart: boolean; path: MediaPath },
): Promise<void> {
  for (const transceiver of connection.getTransceivers()) {
    if (transceiver.currentDirection !== 'stopped') transceiver.direction = hold ? 'sendonly' : 'sendrecv'
    preferCodecs(transceiver, path.codecs)
  }
  const description =
    connection.signalingState === 'have-remote-offer'
      ? await connection.createAnswer()
      : await connection.createOffer({ iceRestart })
  await connection.setLocalDescription(description)
  await gathered(connection, path.iceServers.length > 0)
}

/**
 * Resolves when all candidates are there; where no server is asked (`asking`), when no more have come for a moment; else when `patience` is
 * over and there is one: a server that does not answer must not cost the caller more.
 */
function gathered(connection: RTCPeerConnection, asking: boolean): Promise<void> {
  return new Promise((resolve) => {
    let patient = true
    let pause: ReturnType<typeof setTimeout> | undefined
    const done = () => {
      clearTimeout(enough)
      clearTimeout(last)
      clearTimeout(pause)
      connection.removeEventListener('icegatheringstatechange', look)
      connection.removeEventListener('icecandidate', look)
      resolve()
    }
    const look = () => {
      const some = connection.localDescription?.sdp.includes('\na=candidate:') ?? false
      if (connection.iceGatheringState === 'complete' || (!patient && some)) return done()
      if (asking || !some) return
      clearTimeout(pause)
      pause = setTimeout(done, quiet)
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
function preferCodecs(transceiver: RTCRtpTransceiver, names: MediaPath['codecs']): void {
  if (names.length === 0) return
  const all = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []
  const named = (name: string) => all.filter(({ mimeType }) => mimeType.toLowerCase() === `audio/${name}`)
  const wanted = names.flatMap(named)
  if (wanted.length > 0) transceiver.setCodecPreferences([...wanted, ...named('telephone-event')])
}
