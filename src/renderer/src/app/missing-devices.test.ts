import { describe, expect, it } from 'vitest'
import type { AudioRoles, DeviceUse } from '#contract/media.ts'
import { isBack, isBare, isShut, missing } from './missing-devices.ts'

const use = (state: DeviceUse['state'], wanted: string | null = 'Headset'): DeviceUse => ({
  wanted,
  used: state === 'none' ? null : 'Box',
  state,
})
const all = (one: DeviceUse): AudioRoles => ({ microphone: one, speaker: one, ringer: one })
const states = (roles: AudioRoles) => missing(roles).map(({ name, state }) => `${name} ${state}`)

describe('what is missing of the audio', () => {
  it('is a device whose place another took, and one whose place nothing took', () => {
    const roles = { microphone: use('chosen'), speaker: use('fallback'), ringer: use('none') }
    expect(states(roles)).toEqual(['speaker fallback', 'ringer none'])
    expect(states(all(use('default', null)))).toEqual([])
    expect(states(all(use('none', null)))).toHaveLength(3)
    expect(missing(undefined)).toEqual([])
  })

  it('is one that is there and does not open', () => {
    const roles = { microphone: use('failed'), speaker: use('refused'), ringer: use('fallback') }
    expect(states(roles)).toEqual(['microphone failed', 'speaker refused', 'ringer fallback'])
    expect(missing(roles).map(isShut)).toEqual([true, true, false])
    expect(missing(roles).map(isBare)).toEqual([true, false, false])
    expect(isBack(missing(roles), all(use('refused')))).toBe(false)
    expect(isBack(missing(roles), all(use('chosen')))).toBe(true)
  })

  it('is not back when the last one goes, nor when another is chosen', () => {
    const gone = missing(all(use('fallback')))
    expect(isBack(gone, all(use('none')))).toBe(false)
    expect(isBack(gone, all(use('chosen', 'Box')))).toBe(false)
    expect(isBack(missing(all(use('none'))), all(use('fallback')))).toBe(false)
  })

  it('is back when it is used again, chosen or as the system has it', () => {
    expect(isBack(missing(all(use('none'))), all(use('chosen')))).toBe(true)
    expect(isBack(missing(all(use('none', null))), all(use('default', null)))).toBe(true)
    expect(isBack([], all(use('chosen')))).toBe(false)
  })
})
