import { randomBytes } from 'node:crypto'
import type { BodyAndContentType, SessionDescriptionHandler } from 'sip.js'
import {
  CipherContext,
  HashAlgorithm,
  MediaStreamTrack,
  NamedCurveAlgorithm,
  RTCCertificate,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
  SignatureAlgorithm,
} from 'werift'
import { type Direction, directionOf, onlyTelephony, telephoneEventTypes, transportOf } from './sdp.ts'

const codecs = () => [
  new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
  new RTCRtpCodecParameters({
    mimeType: 'audio/telephone-event',
    clockRate: 8000,
    channels: 1,
    payloadType: 101,
  }),
]

/** werift would give all connections of a process the same one. */
async function newCertificate(): Promise<RTCCertificate> {
  const made = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  )
  return new RTCCertificate(made.keyPem, made.certPem, made.signatureHash)
}

const eventSigns = '0123456789*#ABCD'

export type DeskMediaListener = {
  /** 20 ms of u-law that the operator said. */
  sound(frame: Uint8Array): void
  /** What the desk's last description says of its side. */
  direction(direction: Direction): void
  digit(sign: string): void
}

/** The line's end of a desk's audio: PCMU and telephone-event over WebRTC, host candidates only. */
export class DeskMedia implements SessionDescriptionHandler {
  readonly #listener: DeskMediaListener
  readonly #deaf: boolean
  /** Answers an offer and never connects. */
  #dummy: RTCPeerConnection | null = null
  readonly #ssrc = randomBytes(4).readUInt32BE()
  #connection: RTCPeerConnection | null = null
  #track: MediaStreamTrack | null = null
  #remote = ''
  #events: ReadonlySet<number> = new Set([101])
  #lastEvent = -1
  #sequence = randomBytes(2).readUInt16BE()
  #timestamp = randomBytes(4).readUInt32BE()
  #sentAt = 0
  #closed = false
  direction: Direction = 'sendrecv'
  receivedPackets = 0
  sentPackets = 0

  /**
   * `deaf`: as an exchange that answers a new offer within the dialog and stays with the old connection's keys (Asterisk does); only a new
   * dialog brings sound again.
   */
  constructor(listener: DeskMediaListener, deaf = false) {
    this.#listener = listener
    this.#deaf = deaf
  }

  get connected(): boolean {
    return this.#connection?.connectionState === 'connected'
  }

  /** Sends 20 ms of u-law to the desk; dropped while there is no connection. */
  send(frame: Uint8Array): void {
    if (!this.connected || !this.#track) return
    const now = performance.now()
    const gap = now - this.#sentAt
    const fresh = this.#sentAt === 0 || gap > 100
    // RFC 3550, 5.1: time goes on while nothing is sent; the marker opens a new stretch of sound (RFC 3551, 4.1).
    this.#timestamp =
      (this.#timestamp + (fresh && this.#sentAt > 0 ? Math.round(gap * 8) : frame.length)) >>> 0
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#sentAt = now
    const header = new RtpHeader({
      payloadType: 0,
      sequenceNumber: this.#sequence,
      timestamp: this.#timestamp,
      ssrc: this.#ssrc,
      marker: fresh,
    })
    this.#track.writeRtp(new RtpPacket(header, Buffer.from(frame)))
    this.sentPackets++
  }

  async getDescription(): Promise<BodyAndContentType> {
    const connection = this.#dummy ?? this.#connection ?? (await this.#open())
    const answering = connection.signalingState === 'have-remote-offer'
    const description = answering ? await connection.createAnswer() : await connection.createOffer()
    await connection.setLocalDescription(description)
    if (connection.iceGatheringState !== 'complete')
      await connection.iceGatheringStateChange.watch((state) => state === 'complete', 2000)
    const sdp = connection.localDescription?.sdp
    if (connection === this.#dummy) {
      this.#dummy = null
      connection.close().catch(() => {})
    }
    if (!sdp) throw new Error('no local description')
    // A sender uses the numbers of the receiver's description, so ours count (RFC 3264, 5.1).
    this.#events = telephoneEventTypes(sdp)
    return { body: sdp, contentType: 'application/sdp' }
  }

  hasDescription(contentType: string): boolean {
    return contentType.toLowerCase().startsWith('application/sdp')
  }

  async setDescription(sdp: string): Promise<void> {
    const answer = this.#connection?.signalingState === 'have-local-offer'
    const remote = transportOf(sdp)
    const moved = !answer && this.#connection !== null && remote !== this.#remote
    if (moved && this.#deaf) this.#dummy = await this.#make(new MediaStreamTrack({ kind: 'audio' }))
    else if (moved) this.#drop()
    const connection = this.#dummy ?? this.#connection ?? (await this.#open())
    await connection.setRemoteDescription({
      type: answer ? 'answer' : 'offer',
      sdp: onlyTelephony(sdp),
    })
    if (connection === this.#connection) this.#remote = remote
    this.direction = directionOf(sdp)
    this.#listener.direction(this.direction)
  }

  async rollbackDescription(): Promise<void> {
    await this.#connection?.setLocalDescription({ type: 'rollback' })
  }

  /** The line itself has no keys to press. */
  sendDtmf(): boolean {
    return false
  }

  close(): void {
    this.#closed = true
    this.#drop()
  }

  async #open(): Promise<RTCPeerConnection> {
    const track = new MediaStreamTrack({ kind: 'audio' })
    const connection = await this.#make(track)
    this.#connection = connection
    this.#track = track
    connection.onTrack.subscribe((received) => {
      received.onReceiveRtp.subscribe((packet) => {
        if (this.#connection === connection) this.#receive(packet)
      })
    })
    return connection
  }

  async #make(track: MediaStreamTrack): Promise<RTCPeerConnection> {
    const certificate = await newCertificate()
    if (this.#closed) throw new Error('media is closed')
    const connection = new RTCPeerConnection({
      codecs: { audio: codecs() },
      certificates: [certificate],
      iceServers: [],
      iceUseIpv6: false,
      iceUseTcp: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    })
    connection.addTransceiver(track, { direction: 'sendrecv' })
    return connection
  }

  #drop(): void {
    const connection = this.#connection
    this.#connection = null
    this.#track = null
    // A connection that closes uncleanly is of no further interest.
    connection?.close().catch(() => {})
  }

  #receive(packet: RtpPacket): void {
    this.receivedPackets++
    const { payloadType, timestamp } = packet.header
    if (this.#events.has(payloadType)) this.#receiveEvent(packet.payload, timestamp)
    else if (payloadType === 0) this.#listener.sound(packet.payload)
  }

  /** RFC 4733, 2.5: the end of an event is sent three times with the event's one timestamp. */
  #receiveEvent(payload: Buffer, timestamp: number): void {
    const [event, flags] = payload
    if (event === undefined || flags === undefined || (flags & 0x80) === 0 || timestamp === this.#lastEvent)
      return
    this.#lastEvent = timestamp
    const sign = eventSigns[event]
    if (sign) this.#listener.digit(sign)
  }
}
