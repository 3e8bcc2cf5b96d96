import type { MediaRequest } from '#contract/media.ts'
import { browserDevices } from '../../../src/renderer/src/media/audio-devices.ts'
import { browserHid } from '../../../src/renderer/src/media/headset/browser-hid.ts'
import type { DeviceSettings } from '../../../src/renderer/src/media/link.ts'
import { type MediaEndHandle, mountMediaEnd } from '../../../src/renderer/src/media/media-end.ts'
import { devicesContract } from './devices-contract.ts'
import { FakeDevices } from './fake-devices.ts'

/** What a test may look at in its own page: the browser's connections, counted from outside of the media end. */
declare global {
  interface Window {
    openConnections(): number
    /** Of each of them: whose description is set, and whether the far end is looked for. */
    connectionStates(): string[]
    /** As a headset's button would; returns `performance.timeOrigin + performance.now()`. */
    pressAnswer(): number
    mediaEnd: MediaEndHandle
    /** As a page whose link to its host broke and was made again. */
    relink(): void
    /** What sounds where, and what is plugged in, where the page was opened with `?devices=fake`. */
    fakeDevices: FakeDevices
    devicesContract(which: 'browser' | 'fake'): Promise<string[]>
    /**
     * What audio contexts gave to a device of `fakeDevices`: the loudest sample of each stretch that was no silence. `at`: ms by the clock of
     * that context, which stands still while the machine has no time for its sound.
     */
    heard: { context: number; at: number; on: string; peak: number }[]
  }
}

const asked = new URLSearchParams(location.search)
const fake = asked.get('devices') === 'fake'
/** From the beginning: to tell the page of them later would count as a gesture. */
const chosen = JSON.parse(asked.get('chosen') ?? '{}') as Partial<DeviceSettings>
window.fakeDevices = new FakeDevices()
window.devicesContract = (which) => devicesContract(which === 'fake' ? new FakeDevices() : browserDevices)

// The shell lets everybody have the microphone: without the permission it is refused here, as Chromium does (tests/e2e/microphone-denied).
const openMicrophone = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
  if (state !== 'granted') throw new DOMException('Permission denied', 'NotAllowedError')
  return openMicrophone(constraints)
}

// What is closed is forgotten, so that nothing lives on because of its test.
const connections = new Set<RTCPeerConnection>()
const contexts = new Set<AudioContext>()
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.add(this)
  }
  override close(): void {
    super.close()
    connections.delete(this)
  }
}
window.AudioContext = class extends AudioContext {
  constructor(options?: AudioContextOptions) {
    super(options)
    contexts.add(this)
    this.addEventListener('statechange', tellSound)
    listenAt(this)
  }
}
const listenEvery = 40
window.heard = []
let listenedAt = 0
/** Between the context and its device. What is looked at is a third of a second long, so that a late look misses nothing. */
function listenAt(context: AudioContext): void {
  const { destination } = context
  const which = ++listenedAt
  const analyser = new AnalyserNode(context, { fftSize: 16_384 })
  analyser.connect(destination)
  Object.defineProperty(context, 'destination', { value: analyser })
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    if (context.state === 'closed') clearInterval(timer)
    if (context.state !== 'running') return
    analyser.getFloatTimeDomainData(samples)
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    if (peak > 0.0005)
      window.heard.push({
        context: which,
        at: context.currentTime * 1000,
        on: window.fakeDevices.deviceOf(context),
        peak,
      })
  }, listenEvery)
}
window.openConnections = () => connections.size
window.connectionStates = () =>
  [...connections].map(({ signalingState, iceConnectionState }) => `${signalingState} ${iceConnectionState}`)

const socket = new WebSocket(`ws://${location.host}/media`)
const say = (message: unknown) => {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

window.relink = () => {
  window.mediaEnd.reattached()
  say({ ready: true })
}

window.pressAnswer = () => {
  const at = performance.timeOrigin + performance.now()
  say({ notice: { type: 'headset', press: 'answer' } })
  return at
}

/** Told by the page itself: to ask it from a test would count as a gesture and allow sound. */
function tellSound(): void {
  for (const one of contexts) if (one.state === 'closed') contexts.delete(one)
  say({ sounding: [...contexts].filter((one) => one.state === 'running').length })
}

async function* requests(): AsyncGenerator<MediaRequest> {
  const waiting: MediaRequest[] = []
  let wake = () => {}
  socket.addEventListener('message', (event) => {
    waiting.push(JSON.parse(String(event.data)) as MediaRequest)
    wake()
  })
  while (true) {
    const next = waiting.shift()
    if (next) yield next
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
}

socket.addEventListener('open', () => {
  window.mediaEnd = mountMediaEnd(
    { requests: requests(), answer: (answer) => say({ answer }), notify: (notice) => say({ notice }) },
    { microphoneId: null, speakerId: null, ringerId: null, ringVolume: 0.2, ...chosen },
    { devices: fake ? window.fakeDevices : browserDevices, hid: browserHid },
  )
  say({ ready: true })
})
