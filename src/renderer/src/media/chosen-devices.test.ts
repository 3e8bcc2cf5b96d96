import { describe, expect, it, vi } from 'vitest'
import type { AudioDevice, AudioDevices, Sink } from './audio-devices.ts'
import { ChosenDevices } from './chosen-devices.ts'
import type { DeviceSettings } from './link.ts'
import { MediaFailure } from './microphone-failure.ts'

const settings: DeviceSettings = {
  microphoneId: 'h',
  microphoneLabel: 'Headset',
  speakerId: 'ho',
  speakerLabel: 'Headset',
  ringerId: null,
  ringVolume: 0.5,
}
const device = (id: string, kind: AudioDevice['kind'], label: string): AudioDevice => ({
  id,
  kind,
  label,
  groupId: id,
})
const all = [
  device('default', 'input', 'Default - Webcam'),
  device('w', 'input', 'Webcam'),
  device('h', 'input', 'Headset'),
  device('default', 'output', 'Default - Speakers'),
  device('s', 'output', 'Speakers'),
  device('ho', 'output', 'Headset'),
]

function machine() {
  const held = new Map<string | null, Error>()
  const opened: (string | null)[] = []
  const take = async (id: string | null): Promise<void> => {
    const failure = held.get(id)
    if (failure) throw failure
    opened.push(id)
  }
  const devices: AudioDevices = {
    list: async () => all,
    onChange: () => () => undefined,
    open: async (id) => {
      await take(id)
      return {} as MediaStream
    },
    route: (_sink, id) => take(id),
  }
  const tried = vi.fn()
  return { held, opened, tried, chosen: new ChosenDevices(devices, () => settings, tried) }
}
const busy = new MediaFailure('microphone-missing', 'NotReadableError')
const states = (chosen: ChosenDevices) =>
  Object.values(chosen.roles(all)).map(({ state, used }) => `${state} ${used}`)

describe('the chosen devices', () => {
  it('give way to the system’s while they do not open, which is told, and are taken again when they do', async () => {
    const { held, opened, tried, chosen } = machine()
    held.set('h', busy)
    const instead = await chosen.microphone()
    expect(opened).toEqual([null])
    expect(states(chosen)[0]).toBe('refused Webcam')
    expect(tried).toHaveBeenCalledOnce()
    expect(instead.key).not.toBe(chosen.wanted('microphone', all).key)

    expect(await chosen.microphone(instead)).toBe(instead)
    expect(opened).toEqual([null])
    expect(tried).toHaveBeenCalledTimes(2)

    held.clear()
    const again = await chosen.microphone(instead)
    expect(opened).toEqual([null, 'h'])
    expect(again.key).toBe(chosen.wanted('microphone', all).key)
    expect(states(chosen)[0]).toBe('chosen Headset')
    expect(tried).toHaveBeenCalledTimes(3)
  })

  it('are told as failed while the system’s does not open either', async () => {
    const { held, chosen } = machine()
    held.set('h', busy).set(null, busy)
    await expect(chosen.microphone()).rejects.toBe(busy)
    expect(states(chosen)[0]).toBe('failed null')
    held.delete(null)
    await chosen.microphone()
    expect(states(chosen)[0]).toBe('refused Webcam')
  })

  it('are not replaced where no microphone is allowed', async () => {
    const { held, tried, chosen } = machine()
    const denied = new MediaFailure('microphone-denied', 'NotAllowedError')
    held.set('h', denied)
    await expect(chosen.microphone()).rejects.toBe(denied)
    expect(states(chosen)[0]).toBe('chosen Headset')
    expect(tried).not.toHaveBeenCalled()
  })

  it('sound on the system’s while they do not open, role by role', async () => {
    const { held, opened, chosen } = machine()
    const sink = {} as Sink
    held.set('ho', busy)
    await chosen.route('speaker', sink, all)
    await chosen.route('ringer', sink, all)
    expect(opened).toEqual([null, null])
    expect(states(chosen).slice(1)).toEqual(['refused Speakers', 'default Speakers'])
    held.clear()
    await chosen.route('speaker', sink, all)
    expect(states(chosen)[1]).toBe('chosen Headset')
  })

  it('are not blamed for a sound that has ended', async () => {
    const { held, tried, chosen } = machine()
    held.set('ho', busy).set(null, busy)
    await chosen.route('speaker', { state: 'closed' } as Sink, all)
    held.set('ho', new DOMException('closing', 'InvalidStateError')).delete(null)
    await chosen.route('speaker', { state: 'running' } as Sink, all)
    expect(states(chosen)[1]).toBe('chosen Headset')
    expect(tried).not.toHaveBeenCalled()
  })
})
