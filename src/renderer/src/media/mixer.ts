import type { MediaCall } from './media-call.ts'

/**
 * A conference in the page: each far end is sent the microphone and the other far ends, added up. The operator hears each call on its own
 * loudspeaker as always; mute silences the microphone's part alone.
 */
export class Mixer {
  readonly #find: (callId: string) => MediaCall | undefined
  #members: readonly string[] = []
  #context: AudioContext | null = null
  #nodes: AudioNode[] = []

  constructor(find: (callId: string) => MediaCall | undefined) {
    this.#find = find
  }

  /** Fewer than two: nobody is mixed. */
  set(callIds: readonly string[]): void {
    const leaving = this.#members.filter((callId) => !callIds.includes(callId))
    this.#members = callIds
    for (const callId of leaving) this.#send(callId, null)
    this.refresh()
  }

  /** A member has another microphone or another stream, came, or went. */
  refresh(): void {
    for (const node of this.#nodes.splice(0)) node.disconnect()
    const members = this.#members.flatMap((callId) => {
      const { microphone, remote } = this.#find(callId)?.tap() ?? { microphone: null, remote: null }
      return remote ? [{ callId, microphone, remote }] : []
    })
    if (members.length < 2) {
      for (const callId of this.#members) this.#send(callId, null)
      void this.#context?.close().catch(() => undefined)
      this.#context = null
      return
    }
    const context = this.#context ?? new AudioContext({ latencyHint: 'interactive' })
    this.#context = context
    // Refused before a gesture, but a microphone is open now.
    void context.resume().catch(() => undefined)
    for (const { callId, microphone } of members) {
      const output = context.createMediaStreamDestination()
      this.#nodes.push(output)
      const heard = members.filter((other) => other.callId !== callId).map(({ remote }) => remote)
      for (const stream of microphone ? [microphone, ...heard] : heard) {
        const source = context.createMediaStreamSource(stream)
        source.connect(output)
        this.#nodes.push(source)
      }
      this.#send(callId, output.stream.getAudioTracks()[0] ?? null)
    }
  }

  #send(callId: string, track: MediaStreamTrack | null): void {
    this.#find(callId)
      ?.send(track)
      .catch(() => undefined)
  }
}
