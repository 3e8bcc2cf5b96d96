import { randomBytes } from 'node:crypto'
import type { BodyAndContentType, SessionDescriptionHandler, SessionDescriptionHandlerOptions } from 'sip.js'
import {
  MediaStreamTrack,
  type RTCCertificate,
  RTCDtlsTransport,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift'
import { frameBytes, level, silentFrame } from '../../src/practice/media/g711.ts'
import type { Ticker } from '../../src/practice/media/ticker.ts'

const codecs = () => [
  new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
  new RTCRtpCodecParameters({
    mimeType: 'audio/telephone-event',
    clockRate: 8000,
    channels: 1,
    payloadType: 101,
  }),
]

/** A loud square wave of 400 Hz. */
const toneFrame = () =>
  new Uint8Array(frameBytes).map((_, at) => (Math.floor(at / 10) % 2 === 0 ? 0x90 : 0x10))

/** The desk's end of a call's audio, as a page would have it: a microphone that is silent or a tone, and a loudspeaker. */
export class DeskEnd implements SessionDescriptionHandler {
  #connection = this.#open()
  #track = new MediaStreamTrack({ kind: 'audio' })
  readonly #stop: () => void
  #sequence = 0
  #timestamp = 0
  readonly #ssrc = randomBytes(4).readUInt32BE()
  readonly #tone = toneFrame()
  readonly #silence = silentFrame()
  /** Whether the operator speaks. */
  speaking = false
  receivedPackets = 0
  highestLevel = 0
  sentPackets = 0

  constructor(ticker: Ticker) {
    this.#connection.addTransceiver(this.#track, { direction: 'sendrecv' })
    this.#stop = ticker.add(() => this.#speak())
  }

  get connected(): boolean {
    return this.#connection.connectionState === 'connected'
  }

  /** A reloaded page: another certificate, another ICE session, counters from 0. The next description is an offer of it. */
  async renew(): Promise<void> {
    void this.#connection.close()
    // werift has one certificate a process unless it is made to forget it.
    delete RTCDtlsTransport.localCertificate
    delete RTCDtlsTransport.localCertificatePromise
    this.#connection = this.#open([await RTCDtlsTransport.SetupCertificate()])
    this.#track = new MediaStreamTrack({ kind: 'audio' })
    this.#connection.addTransceiver(this.#track, { direction: 'sendrecv' })
    this.receivedPackets = 0
    this.highestLevel = 0
  }

  /** RFC 4733, three packets of the end included. */
  press(sign: string): void {
    const event = '0123456789*#ABCD'.indexOf(sign)
    const timestamp = this.#timestamp
    const sender = this.#connection.getTransceivers()[0]?.sender
    if (!sender) return
    // werift gives every packet the payload type of the sender's one codec.
    const voice = sender.codec
    const [, events] = codecs()
    if (events) sender.codec = events
    for (const end of [0, 0, 0x80, 0x80, 0x80])
      this.#write(101, Buffer.from([event, end | 10, 0x03, 0x20]), timestamp)
    if (voice) sender.codec = voice
    this.#timestamp += 800
  }

  async getDescription(
    options?: SessionDescriptionHandlerOptions & { hold?: boolean },
  ): Promise<BodyAndContentType> {
    const connection = this.#connection
    const [transceiver] = connection.getTransceivers()
    if (transceiver) transceiver.setDirection(options?.hold ? 'sendonly' : 'sendrecv')
    const answering = connection.signalingState === 'have-remote-offer'
    await connection.setLocalDescription(
      answering ? await connection.createAnswer() : await connection.createOffer(),
    )
    if (connection.iceGatheringState !== 'complete')
      await connection.iceGatheringStateChange.watch((state) => state === 'complete', 2000)
    return { body: connection.localDescription?.sdp ?? '', contentType: 'application/sdp' }
  }

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp'
  }

  async setDescription(sdp: string): Promise<void> {
    const type = this.#connection.signalingState === 'have-local-offer' ? 'answer' : 'offer'
    await this.#connection.setRemoteDescription({ type, sdp })
  }

  sendDtmf(): boolean {
    return false
  }

  close(): void {
    this.#stop()
    void this.#connection.close()
  }

  #open(certificates: RTCCertificate[] = []): RTCPeerConnection {
    const connection = new RTCPeerConnection({
      codecs: { audio: codecs() },
      certificates,
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    })
    connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        if (connection !== this.#connection || packet.header.payloadType !== 0) return
        this.receivedPackets++
        this.highestLevel = Math.max(this.highestLevel, level(packet.payload))
      })
    })
    return connection
  }

  #speak(): void {
    if (!this.connected) return
    this.#timestamp += frameBytes
    this.#write(0, Buffer.from(this.speaking ? this.#tone : this.#silence), this.#timestamp)
    this.sentPackets++
  }

  #write(payloadType: number, payload: Buffer, timestamp: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    const header = new RtpHeader({ payloadType, sequenceNumber: this.#sequence, timestamp, ssrc: this.#ssrc })
    this.#track.writeRtp(new RtpPacket(header, payload))
  }
}
