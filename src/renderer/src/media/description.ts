import type { MediaPath } from '#contract/domain/line.ts'

/** The candidates of this machine's networks come together, within a few milliseconds; TCP's, 130 ms later, lead nowhere that UDP does not. */
const quiet = 25
/** Those of a STUN or TURN server that answers come after a round trip or two. */
const patience = 400
/** For the first candidate at all, where only TURN may give one. */
const longest = 3000

type Wanted = { hold: boolean; codecs: MediaPath['codecs'] }
type LocalOptions = {
  hold: boolean
  iceRestart: boolean
  path: MediaPath
  /** When servers were first asked for candidates. */
  askedAt: number
  /** Made already. */
  answer: RTCSessionDescriptionInit | null
}

/** The answer to the offer that is set; nothing begins before it is set. */
export function makeAnswer(
  connection: RTCPeerConnection,
  wanted: Wanted,
): Promise<RTCSessionDescriptionInit> {
  direct(connection, wanted)
  return connection.createAnswer()
}

function direct(connection: RTCPeerConnection, { hold, codecs }: Wanted): void {
  for (const transceiver of connection.getTransceivers()) {
    if (transceiver.currentDirection !== 'stopped') transceiver.direction = hold ? 'sendonly' : 'sendrecv'
    preferCodecs(transceiver, codecs)
  }
}

/** Makes the offer, or the answer to the offer that is set, and finds its candidates. */
export async function describeLocally(
  connection: RTCPeerConnection,
  { hold, iceRestart, path, askedAt, answer }: LocalOptions,
): Promise<void> {
  const wanted = { hold, codecs: path.codecs }
  if (connection.signalingState === 'have-remote-offer')
    await connection.setLocalDescription(answer ?? (await makeAnswer(connection, wanted)))
  else {
    direct(connection, wanted)
    await connection.setLocalDescription(await connection.createOffer({ iceRestart }))
  }
  await gathered(connection, path.iceServers.length > 0, askedAt)
}

/**
 * Resolves when all candidates are there; where no server is asked (`asking`), or `patience` is over, when there are some and no more have
 * come for a moment: a server that does not answer must not cost the caller more.
 */
function gathered(connection: RTCPeerConnection, asking: boolean, askedAt: number): Promise<void> {
  return new Promise((resolve) => {
    let patient = asking
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
      if (connection.iceGatheringState === 'complete') return done()
      if (patient || !some) return
      clearTimeout(pause)
      pause = setTimeout(done, quiet)
    }
    const enough = setTimeout(
      () => {
        patient = false
        look()
      },
      Math.max(0, askedAt + patience - performance.now()),
    )
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
