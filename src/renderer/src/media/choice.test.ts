import { describe, expect, it } from 'vitest'
import type { AudioDevice } from './audio-devices.ts'
import { choose } from './choice.ts'
import type { DeviceSettings } from './link.ts'

const settings = (change: Partial<DeviceSettings> = {}): DeviceSettings => ({
  microphoneId: null,
  speakerId: null,
  ringerId: null,
  ringVolume: 0.5,
  ...change,
})
const input = (id: string, label: string, groupId = id): AudioDevice => ({
  id,
  kind: 'input',
  label,
  groupId,
})
const output = (id: string, label: string, groupId = id): AudioDevice => ({
  ...input(id, label, groupId),
  kind: 'output',
})
const desk = [
  input('default', 'Default - Webcam', 'w'),
  input('w', 'Webcam'),
  output('default', 'Default - Speakers', 's'),
  output('s', 'Speakers'),
]
const headset = [input('h', 'Headset'), output('ho', 'Headset')]
const chosen = settings({
  microphoneId: 'h',
  microphoneLabel: 'Headset',
  speakerId: 'ho',
  speakerLabel: 'Headset',
})

describe('the device of a role', () => {
  it('is the chosen one while it is there, the system’s while it is not, and the chosen one again', () => {
    expect(choose('microphone', chosen, [...desk, ...headset])).toMatchObject({
      id: 'h',
      use: { state: 'chosen' },
    })
    const gone = choose('microphone', chosen, desk)
    expect(gone).toMatchObject({ id: null, use: { wanted: 'Headset', used: 'Webcam', state: 'fallback' } })
    expect(choose('microphone', chosen, [...desk, ...headset]).key).not.toBe(gone.key)
  })
  it('is found by its name where ids are others now', () => {
    const again = [...desk, input('h2', 'Headset')]
    expect(choose('microphone', chosen, again)).toMatchObject({ id: 'h2', use: { state: 'chosen' } })
    expect(choose('microphone', chosen, [...again, input('h3', 'Headset')]).use.state).toBe('fallback')
  })
  it('is the system’s where nothing was chosen, and another when the system chooses another', () => {
    const before = choose('microphone', settings(), desk)
    expect(before).toMatchObject({ id: null, use: { wanted: null, state: 'default' } })
    const moved = [input('default', 'Default - Headset', 'h'), ...desk.slice(1), ...headset]
    expect(choose('microphone', settings(), moved).key).not.toBe(before.key)
  })
  it('is none on a machine without any, which is no fault', () => {
    const none = { wanted: null, used: null, state: 'none' }
    for (const role of ['microphone', 'speaker', 'ringer'] as const)
      expect(choose(role, settings(), []).use).toEqual(none)
    expect(choose('microphone', chosen, []).use).toEqual({ wanted: 'Headset', used: null, state: 'none' })
  })
  it('is tried as chosen while the browser hides what there is', () => {
    expect(choose('microphone', chosen, [input('', '')])).toMatchObject({ id: 'h', use: { state: 'chosen' } })
  })
  it('is the system’s while the chosen one does not open, and none where that does not open either', () => {
    const all = [...desk, ...headset]
    const instead = choose('microphone', chosen, all, new Set(['h']))
    expect(instead).toEqual({
      ...choose('microphone', chosen, desk),
      use: { wanted: 'Headset', used: 'Webcam', state: 'refused' },
    })
    expect(choose('microphone', chosen, all, new Set(['h', null])).use).toEqual({
      wanted: 'Headset',
      used: null,
      state: 'failed',
    })
    expect(choose('microphone', settings(), all, new Set([null])).use.state).toBe('failed')
    // What is hidden is not allowed yet.
    expect(choose('microphone', chosen, [input('', '')], new Set(['h'])).use.state).toBe('chosen')
    // Gone is another matter than not to open.
    expect(choose('microphone', chosen, desk, new Set(['h'])).use.state).toBe('fallback')
  })
  it('is opened anew when it is to be processed otherwise', () => {
    const quiet = { ...chosen, noiseSuppression: false }
    const all = [...desk, ...headset]
    expect(choose('microphone', quiet, all).key).not.toBe(choose('microphone', chosen, all).key)
    expect(choose('speaker', quiet, all).key).toBe(choose('speaker', chosen, all).key)
  })
})
