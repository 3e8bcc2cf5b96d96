import type { MediaPath } from '#contract/domain/line.ts'
import { makeAnswer } from './description.ts'

/** Its candidates are looked for from the beginning, before there is a description. */
const ahead = 1

export const configurationOf = ({ iceServers, relayOnly }: MediaPath): RTCConfiguration => ({
  iceServers: iceServers.map(({ urls, username, credential }) => ({
    urls,
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  })),
  iceTransportPolicy: relayOnly ? 'relay' : 'all',
})

export type Taken = {
  connection: RTCPeerConnection
  path: MediaPath
  /** When servers were first asked for candidates. */
  askedAt: number
  /** The offer that is set, the answer to it, and what it promises to be heard; null when the offer is ours to make. */
  offer: string | null
  answer: RTCSessionDescriptionInit | null
  remote: MediaStream | null
}

/**
 * What of an answer can be made while its call rings: the connection with the offer set, the answer's text, and candidates. No microphone
 * is opened, and nothing goes to the far end: the answer is not set, for that would begin a handshake that nobody answers.
 */
export class PreparedConnection {
  readonly callId: string
  readonly #offer: string | null
  readonly #path: MediaPath
  readonly #connection: RTCPeerConnection
  readonly #askedAt = performance.now()
  readonly #made: Promise<boolean>
  #answer: RTCSessionDescriptionInit | null = null
  #remote: MediaStream | null = null

  constructor(callId: string, { offer, path }: { offer: string | null; path: MediaPath }) {
    this.callId = callId
    this.#offer = offer
    this.#path = path
    const connection = new RTCPeerConnection({ ...configurationOf(path), iceCandidatePoolSize: ahead })
    this.#connection = connection
    connection.ontrack = ({ track, streams }) => {
      this.#remote = streams[0] ?? new MediaStream([track])
    }
    this.#made = this.#make(connection).then(
      () => true,
      // Told by the answer, which tries again.
      () => false,
    )
  }

  /** For the answer to this offer; null, and closed, when it is another one or could not be set. */
  async take(offer: string | null): Promise<Taken | null> {
    if (offer === this.#offer && (await this.#made)) {
      this.#connection.ontrack = null
      return {
        connection: this.#connection,
        path: this.#path,
        askedAt: this.#askedAt,
        offer,
        answer: this.#answer,
        remote: this.#remote,
      }
    }
    this.close()
    return null
  }

  async #make(connection: RTCPeerConnection): Promise<void> {
    if (this.#offer === null) return
    await connection.setRemoteDescription({ type: 'offer', sdp: this.#offer })
    this.#answer = await makeAnswer(connection, { hold: false, codecs: this.#path.codecs })
  }

  close(): void {
    this.#connection.ontrack = null
    this.#connection.close()
  }
}
