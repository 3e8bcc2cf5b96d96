import type { MediaPath } from '#contract/domain/line.ts'
import type { MediaNotice, MediaStats } from '#contract/media.ts'
import type { AudioDevice } from './audio-devices.ts'
import type { ChosenDevices, Microphone } from './chosen-devices.ts'
import { describeLocally } from './description.ts'
import type { LineState } from './line-reading.ts'
import type { DeviceSettings } from './link.ts'
import { MediaFailure, release } from './microphone.ts'
import { PacketWatch } from './packet-watch.ts'
import { configurationOf, type PreparedConnection, type Taken } from './prepared-connection.ts'
import { readArrivals, readStats } from './stats.ts'

/** One call's connection, microphone and loudspeaker. Its switches exist before the connection does. */
export class MediaCall {
  readonly #callId: string
  readonly #settings: () => DeviceSettings
  readonly #notify: (notice: MediaNotice) => void
  readonly #devices: ChosenDevices
  readonly #watch: PacketWatch
  readonly #changed: () => void
  /** From the time when it rang. */
  #prepared: PreparedConnection | null
  /** What is made for the coming answer. */
  #taken: Taken | null = null
  #connection: RTCPeerConnection | null = null
  #microphone: Microphone | null = null
  #opening: Promise<Microphone> | null = null
  #sender: RTCRtpSender | null = null
  #remote: MediaStream | null = null
  /** Goes to the far end in the place of the microphone: this call is in a conference. */
  #mixed: MediaStreamTrack | null = null
  #loudspeaker: HTMLAudioElement | null = null
  /** As the connection was told last; servers are asked with its next gathering. */
  #path = ''
  #muted = false
  #held = false
  /** Something is heard before the answer, and nobody there has agreed to hear us. */
  #early = false
  #closed = false

  /** `changed`: another microphone, or another stream from the far end. */
  constructor(
    callId: string,
    settings: () => DeviceSettings,
    notify: (notice: MediaNotice) => void,
    devices: ChosenDevices,
    changed: () => void,
    prepared: PreparedConnection | null = null,
  ) {
    this.#prepared = prepared
    this.#devices = devices
    this.#changed = changed
    this.#callId = callId
    this.#settings = settings
    this.#notify = notify
    this.#watch = new PacketWatch(
      async () => readArrivals((await this.report())?.values() ?? []),
      (flow) => notify({ type: 'packets', callId, flowing: flow === 'quiet' ? null : flow === 'flowing' }),
    )
  }

  /** An offer, or the answer when a remote offer is set. */
  async describe(options: { hold: boolean; iceRestart: boolean; path: MediaPath }): Promise<string> {
    const connection = await this.#connect(null)
    this.#leadBy(connection, options.path)
    const taken = this.#taken
    this.#taken = null
    const { sender } = connection.getTransceivers()[0] ?? connection.addTransceiver('audio')
    this.#sender = sender
    // Both take as long as each other, and without a microphone the description is not told.
    await Promise.all([
      this.#ensureMicrophone(),
      describeLocally(connection, {
        ...options,
        askedAt: taken?.askedAt ?? performance.now(),
        answer: options.hold ? null : (taken?.answer ?? null),
      }),
    ])
    this.#throwIfClosed()
    if (connection.signalingState === 'stable') this.#expectPackets()
    return connection.localDescription?.sdp ?? ''
  }

  async setRemote(type: 'offer' | 'pranswer' | 'answer', sdp: string): Promise<void> {
    const state = this.#connection?.signalingState
    if (type !== 'offer' && state !== 'have-local-offer' && state !== 'have-remote-pranswer') {
      throw new MediaFailure('no-such-call', 'no offer of ours waits for this answer')
    }
    this.#throwIfClosed()
    this.#early = type === 'pranswer'
    this.#applySwitches()
    // Meanwhile. What goes wrong with it is told by the description that needs it.
    if (type === 'offer' && !this.#microphone) this.#open().catch(() => undefined)
    const connection = await this.#connect(sdp)
    if (type === 'offer' && sdp === this.#taken?.offer) return
    this.#taken = null
    await connection.setRemoteDescription({ type, sdp })
    if (type === 'answer') this.#expectPackets()
  }

  async rollBack(): Promise<void> {
    const connection = this.#connection
    if (!connection) throw new MediaFailure('no-such-call', 'no connection')
    if (connection.signalingState === 'have-local-offer') {
      await connection.setLocalDescription({ type: 'rollback' })
    } else if (connection.signalingState === 'have-remote-offer') {
      await connection.setRemoteDescription({ type: 'rollback' })
    }
  }

  get muted(): boolean {
    return this.#muted
  }

  get held(): boolean {
    return this.#held
  }

  mute(on: boolean): void {
    this.#muted = on
    this.#applySwitches()
  }

  hold(on: boolean): void {
    const changed = this.#held !== on
    this.#held = on
    this.#applySwitches()
    // Who comes back offers anew, and packets are waited for then.
    if (changed && this.#connection && (on || this.#spokenWith())) this.#expectPackets()
  }

  sendDtmf(tones: string): void {
    const dtmf = this.#sender?.dtmf
    if (!dtmf?.canInsertDTMF) throw new MediaFailure('failed', 'the far end takes no telephone events')
    // What is given takes the place of what was not sent yet (W3C webrtc 7.3).
    dtmf.insertDTMF(dtmf.toneBuffer + tones, 120, 70)
  }

  async stats(): Promise<MediaStats | null> {
    const connection = this.#connection
    if (!connection) return null
    return readStats(connection.connectionState, (await connection.getStats()).values())
  }

  /** For the record of the line; null while there is no connection. */
  lineState(): LineState | null {
    if (!this.#connection) return null
    const track = this.#track()
    const microphone = !track
      ? 'none'
      : track.readyState === 'ended'
        ? 'ended'
        : track.muted
          ? 'silenced'
          : 'live'
    return {
      connection: this.#connection.connectionState,
      microphone,
      muted: this.#muted,
      held: this.#held || !this.#spokenWith(),
    }
  }

  async report(): Promise<ReadonlyMap<string, unknown> | null> {
    return (await this.#connection?.getStats()) ?? null
  }

  /** What is said here and what comes from the far end, to be mixed with others. */
  tap(): { microphone: MediaStream | null; remote: MediaStream | null } {
    return { microphone: this.#microphone?.stream ?? null, remote: this.#remote }
  }

  /** From now on the far end hears this; null: the microphone. */
  async send(mixed: MediaStreamTrack | null): Promise<void> {
    if (mixed === this.#mixed) return
    this.#mixed = mixed
    await this.#sender?.replaceTrack(this.#outgoing())
  }

  /** The chosen devices, or what is plugged in, changed. */
  async applyDevices(present: readonly AudioDevice[]): Promise<void> {
    if (this.#loudspeaker) await this.#devices.route('speaker', this.#loudspeaker, present)
    const track = this.#track()
    if (!track) return
    const { key } = this.#devices.wanted('microphone', present)
    if (track.readyState === 'ended' || key !== this.#microphone?.key) await this.#reopenMicrophone()
  }

  close(): void {
    this.#closed = true
    this.#watch.stop()
    this.#prepared?.close()
    this.#prepared = null
    const connection = this.#connection
    this.#connection = null
    if (connection) {
      connection.ontrack = null
      connection.onconnectionstatechange = null
      connection.close()
    }
    release(this.#microphone?.stream ?? null)
    this.#opening?.then(
      ({ stream }) => release(stream),
      () => undefined,
    )
    this.#microphone = null
    this.#sender = null
    this.#remote = null
    this.#mixed = null
    if (this.#loudspeaker) {
      this.#loudspeaker.pause()
      this.#loudspeaker.srcObject = null
      this.#loudspeaker = null
    }
  }

  #outgoing(): MediaStreamTrack | null {
    return this.#mixed ?? this.#track() ?? null
  }

  #track(): MediaStreamTrack | undefined {
    return this.#microphone?.stream.getAudioTracks()[0]
  }

  /** `offer`: that will be set, null for one of ours. */
  async #connect(offer: string | null): Promise<RTCPeerConnection> {
    this.#throwIfClosed()
    if (this.#connection) return this.#connection
    const prepared = this.#prepared
    this.#prepared = null
    const taken = (await prepared?.take(offer)) ?? null
    if (this.#closed) taken?.connection.close()
    this.#throwIfClosed()
    const connection = taken?.connection ?? new RTCPeerConnection({ iceServers: [] })
    this.#connection = connection
    connection.onconnectionstatechange = () => {
      this.#notify({ type: 'connection', callId: this.#callId, state: connection.connectionState })
      this.#play()
    }
    connection.ontrack = ({ track, streams }) => this.#hear(streams[0] ?? new MediaStream([track]))
    if (taken) {
      this.#path = pathKey(taken.path)
      this.#taken = taken
      if (taken.remote) this.#hear(taken.remote)
    }
    return connection
  }

  #leadBy(connection: RTCPeerConnection, path: MediaPath): void {
    if (pathKey(path) === this.#path) return
    this.#path = pathKey(path)
    this.#taken = null
    const { iceCandidatePoolSize } = connection.getConfiguration()
    // Refused with another one once there is a description.
    connection.setConfiguration({
      ...configurationOf(path),
      ...(iceCandidatePoolSize !== undefined && { iceCandidatePoolSize }),
    })
  }

  #hear(stream: MediaStream): void {
    this.#remote = stream
    this.#changed()
    this.#play()
  }

  /** Opening a loudspeaker stops the page for some ten milliseconds: not while the description is made, for nothing is heard before. */
  #play(): void {
    const stream = this.#remote
    if (!stream || stream === this.#loudspeaker?.srcObject) return
    if (this.#connection?.connectionState !== 'connected') return
    const loudspeaker = this.#loudspeaker ?? new Audio()
    this.#loudspeaker = loudspeaker
    loudspeaker.srcObject = stream
    loudspeaker.muted = this.#held
    // The system's own output needs no looking for.
    if (this.#settings().speakerId === null) {
      this.#sound()
      return
    }
    this.#devices
      .list()
      .then((present) => this.#devices.route('speaker', loudspeaker, present))
      .then(
        () => this.#sound(),
        () => undefined,
      )
  }

  /** Nobody may have touched this page: it may make a sound once its microphone is open, and is refused before. */
  #sound(): void {
    if (this.#loudspeaker?.paused) this.#loudspeaker.play().catch(() => undefined)
  }

  #open(): Promise<Microphone> {
    this.#opening ??= this.#devices.microphone()
    return this.#opening
  }

  async #ensureMicrophone(): Promise<void> {
    if (this.#microphone) return
    const opened = await this.#open().finally(() => {
      if (!this.#closed) this.#opening = null
    })
    this.#throwIfClosed()
    this.#takeMicrophone(opened)
    await this.#sender?.replaceTrack(this.#outgoing())
    this.#changed()
    this.#sound()
  }

  async #reopenMicrophone(): Promise<void> {
    const open = this.#track()?.readyState === 'live' ? this.#microphone : null
    const opened = await this.#devices.microphone(open)
    if (open && opened === open) return
    const before = this.#microphone
    if (this.#closed || !this.#sender) {
      release(opened.stream)
      return
    }
    this.#takeMicrophone(opened)
    await this.#sender.replaceTrack(this.#outgoing())
    this.#changed()
    release(before?.stream ?? null)
  }

  #takeMicrophone(opened: Microphone): void {
    this.#microphone = opened
    this.#applySwitches()
    for (const track of opened.stream.getAudioTracks()) {
      track.onended = () => {
        if (this.#microphone === opened) this.#reopenMicrophone().catch(() => undefined)
      }
    }
  }

  #applySwitches(): void {
    for (const track of this.#microphone?.stream.getAudioTracks() ?? []) {
      track.enabled = !this.#muted && !this.#held && !this.#early
    }
    if (this.#loudspeaker) this.#loudspeaker.muted = this.#held
  }

  #expectPackets(): void {
    if (this.#held) this.#watch.pause()
    else this.#watch.restart({ expected: this.#spokenWith() })
  }

  /** False while the far end holds us, whether or not it says that it sends meanwhile (RFC 3264 8.4). */
  #spokenWith(): boolean {
    const direction = this.#connection?.getTransceivers()[0]?.currentDirection ?? 'sendrecv'
    return direction === 'sendrecv'
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new MediaFailure('no-such-call', 'closed')
  }
}

const pathKey = ({ iceServers, relayOnly, codecs }: MediaPath): string =>
  JSON.stringify({ iceServers, relayOnly, codecs })
