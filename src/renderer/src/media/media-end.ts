import type { MediaAnswer, MediaNotice, MediaVerb } from '#contract/media.ts'
import { afterPaint } from '../ui/paint.ts'
import { type AudioDevice, type AudioDevices, browserDevices } from './audio-devices.ts'
import { ChosenDevices } from './chosen-devices.ts'
import { browserHid } from './headset/browser-hid.ts'
import { sideOf } from './headset/buttons.ts'
import { Headset, type HidPort } from './headset/headset.ts'
import { LineSampler } from './line-sampler.ts'
import type { DeviceSettings, MediaLink } from './link.ts'
import { MediaCall } from './media-call.ts'
import { MediaFailure, release, watchMicrophone } from './microphone.ts'
import { Mixer } from './mixer.ts'
import { PreparedConnection } from './prepared-connection.ts'
import { RingBack } from './ring-back.ts'
import { Ringer } from './ringer.ts'

export type MediaEndHandle = {
  /** Takes effect at once, also in a call. */
  setDevices(settings: DeviceSettings): void
  /** The link found its host again, perhaps another one: calls that it does not ask about are over. */
  reattached(): void
  close(): void
}

type DevicesNotice = Extract<MediaNotice, { type: 'devices' }>

/** A host that knows a call asks about it as soon as a media end attaches. */
const orphanAfter = 5000

/** What did not open is tried again while somebody listens: the other program lets go of it without a notice. */
const firstAgain = 500
const longestAgain = 8000

type Done = Omit<Extract<MediaAnswer, { ok: true }>, 'ok' | 'request'>

/** Obeys the host: a connection a call, the microphone, the loudspeaker, the ringing. Knows nothing of the screen. */
export function mountMediaEnd(
  link: MediaLink,
  initial: DeviceSettings,
  machine: { devices: AudioDevices; hid: HidPort } = { devices: browserDevices, hid: browserHid },
): MediaEndHandle {
  const { devices } = machine
  let settings = initial
  let closed = false
  let microphone: DevicesNotice['microphone'] | null = null
  let roles: DevicesNotice['roles']
  let ringSilenced = false
  let headsetName: string | null = null
  let again: ReturnType<typeof setTimeout> | null = null
  let againAfter = firstAgain
  let orphans: ReturnType<typeof setTimeout> | null = null
  const calls = new Map<string, MediaCall>()
  const asked = new Set<string>()
  /** Descriptions of one call are made one after the other. */
  const turns = new Map<string, Promise<unknown>>()
  const chosen = new ChosenDevices(devices, () => settings, tried)
  const ringer = new Ringer(
    () => settings,
    chosen,
    (silenced) => {
      if (silenced === ringSilenced) return
      ringSilenced = silenced
      tellDevices()
    },
  )
  const ringBack = new RingBack(chosen)
  const headset = new Headset({
    port: machine.hid,
    onPress: (press) => link.notify({ type: 'headset', press }),
    onName: (name) => {
      headsetName = name
      tellDevices()
    },
  })
  const showHeadset = () => headset.show(sideOf(ringer.ringing, [...calls.values()]))
  const sampler = new LineSampler(() => calls, link.notify)
  const mixer = new Mixer((callId) => calls.get(callId))
  let ringSoon: (() => void) | null = null
  let prepared: PreparedConnection | null = null
  /** What rings, and may be prepared once the microphone is allowed: before, a browser hides addresses in the candidates that it finds. */
  let toPrepare: { callId: string; make(): PreparedConnection } | null = null
  const forget = () => {
    toPrepare = null
    prepared?.close()
    prepared = null
  }
  const prepareSoon = () => {
    if (microphone !== 'granted') return
    prepared = toPrepare?.make() ?? prepared
    toPrepare = null
  }
  const beQuiet = () => {
    ringSoon?.()
    ringSoon = null
    ringer.stop()
    forget()
  }
  const takePrepared = (callId: string): PreparedConnection | null => {
    if (toPrepare?.callId === callId) toPrepare = null
    if (prepared?.callId !== callId) return null
    const taken = prepared
    prepared = null
    return taken
  }

  const callOf = (callId: string): MediaCall => {
    const call =
      calls.get(callId) ??
      new MediaCall(
        callId,
        () => settings,
        link.notify,
        chosen,
        () => mixer.refresh(),
        takePrepared(callId),
      )
    calls.set(callId, call)
    showHeadset()
    return call
  }
  const known = (callId: string): MediaCall => {
    const call = calls.get(callId)
    if (!call) throw new MediaFailure('no-such-call', 'unknown here')
    return call
  }
  const drop = (callId: string) => {
    calls.get(callId)?.close()
    calls.delete(callId)
    turns.delete(callId)
    showHeadset()
    mixer.refresh()
  }
  const inTurn = <T>(callId: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(callId) ?? Promise.resolve()).then(work, work)
    turns.set(
      callId,
      turn.catch(() => undefined),
    )
    return turn
  }

  async function obey(ask: MediaVerb): Promise<Done> {
    if ('callId' in ask && ask.callId !== null) asked.add(ask.callId)
    switch (ask.verb) {
      case 'get-description': {
        const call = callOf(ask.callId)
        const sdp = await inTurn(ask.callId, async () => {
          if (ask.offer !== undefined) await call.setRemote('offer', ask.offer)
          return call.describe(ask)
        })
        sampler.wake()
        return { sdp }
      }
      case 'set-description': {
        const call = ask.type === 'offer' ? callOf(ask.callId) : known(ask.callId)
        await inTurn(ask.callId, () => call.setRemote(ask.type, ask.sdp))
        return {}
      }
      case 'roll-back': {
        const call = known(ask.callId)
        await inTurn(ask.callId, () => call.rollBack())
        return {}
      }
      case 'mute':
        callOf(ask.callId).mute(ask.on)
        showHeadset()
        return {}
      case 'hold':
        callOf(ask.callId).hold(ask.on)
        showHeadset()
        return {}
      case 'send-dtmf':
        known(ask.callId).sendDtmf(ask.tones)
        return {}
      case 'stats':
        return { stats: (await calls.get(ask.callId)?.stats()) ?? null }
      case 'ring':
        if (ask.callId === null) beQuiet()
        // Making the sound ready takes as long as painting who rings, which comes first.
        else {
          sampler.ringing()
          ringSoon?.()
          const { callId, prepare } = ask
          ringSoon = afterPaint(() => {
            ringer.start({ waiting: ask.waiting ?? false })
            showHeadset()
            forget()
            if (prepare && !calls.has(callId))
              toPrepare = { callId, make: () => new PreparedConnection(callId, prepare) }
            prepareSoon()
          })
        }
        showHeadset()
        return {}
      case 'close':
        drop(ask.callId)
        return {}
      case 'mix':
        mixer.set(ask.callIds)
        return {}
      case 'ring-back':
        if (ask.on) ringBack.start()
        else ringBack.stop()
        return {}
      case 'beep':
        ringer.beep()
        return {}
      case 'check-devices':
        release((await chosen.microphone()).stream)
        return {}
    }
  }

  async function serve(request: number, ask: MediaVerb): Promise<void> {
    let answer: MediaAnswer
    try {
      answer = { ok: true, request, ...(await obey(ask)) }
    } catch (error) {
      const fault = error instanceof MediaFailure ? error.fault : 'failed'
      const detail = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 400) : typeof error
      answer = { ok: false, request, fault, detail }
    }
    if (!closed) link.answer(answer)
  }

  async function run(): Promise<void> {
    for await (const { request, ask } of link.requests) {
      if (closed) return
      void serve(request, ask)
    }
  }

  const tellRoles = (present: readonly AudioDevice[]) => {
    const now = chosen.roles(present)
    if (JSON.stringify(now) === JSON.stringify(roles)) return
    roles = now
    tellDevices()
  }
  const sounding = () => ringer.ringing || calls.size > 0

  /** A device did not open, or opens again. */
  function tried(): void {
    devices.list().then(
      (present) => {
        tellRoles(present)
        if (
          Object.values(chosen.roles(present)).some(({ state }) => state === 'refused' || state === 'failed')
        )
          tryAgain()
        else againAfter = firstAgain
      },
      () => undefined,
    )
  }
  function tryAgain(): void {
    if (again !== null || closed || !sounding()) return
    again = setTimeout(() => {
      again = null
      if (closed) return
      if (sounding()) devicesChanged()
      else againAfter = firstAgain
    }, againAfter)
    againAfter = Math.min(againAfter * 2, longestAgain)
  }

  async function applyDevices(): Promise<void> {
    const present = await devices.list()
    // What the system chooses may be another one by now; while it is needed it is tried anyway.
    chosen.forget((id) => (id === null ? !sounding() : present.every((device) => device.id !== id)))
    tellRoles(present)
    await Promise.allSettled([
      ringer.reroute(present),
      ringBack.reroute(present),
      ...[...calls.values()].map((call) => call.applyDevices(present)),
    ])
  }
  const devicesChanged = () => void applyDevices().catch(() => undefined)
  const plugged = () => {
    sampler.devicesChanged()
    devicesChanged()
  }

  const tellDevices = () => {
    if (microphone === null || closed) return
    link.notify({ type: 'devices', microphone, ringSilenced, headset: headsetName, ...(roles && { roles }) })
  }
  const stopWatching = watchMicrophone(devices, (state) => {
    microphone = state
    prepareSoon()
    tellDevices()
    // A permission uncovers what the devices are called.
    devicesChanged()
  })
  const stopPlug = devices.onChange(plugged)
  headset.use(settings.headsetButtons ?? false)

  function close(): void {
    if (closed) return
    closed = true
    if (orphans !== null) clearTimeout(orphans)
    if (again !== null) clearTimeout(again)
    stopWatching()
    stopPlug()
    void headset.close()
    beQuiet()
    ringBack.stop()
    sampler.stop()
    mixer.set([])
    for (const callId of [...calls.keys()]) drop(callId)
  }
  void run().finally(close)

  return {
    setDevices(next) {
      settings = next
      headset.use(next.headsetButtons ?? false)
      devicesChanged()
    },
    reattached() {
      tellDevices()
      asked.clear()
      // A host that rings will say so again.
      beQuiet()
      ringBack.stop()
      if (orphans !== null) clearTimeout(orphans)
      orphans = setTimeout(() => {
        for (const callId of [...calls.keys()]) if (!asked.has(callId)) drop(callId)
      }, orphanAfter)
    },
    close,
  }
}
