import type { AudioRoles, DeviceUse } from '#contract/media.ts'
import type { AudioDevice, Processing } from './audio-devices.ts'
import type { DeviceSettings } from './link.ts'

export type Role = keyof AudioRoles

/** Chromium's own entries for the system's choice. */
const systems = ['default', 'communications']

export type Choice = {
  /** What to open; null: the system's choice. */
  id: string | null
  /** Another device, or the same one processed otherwise, has another key. */
  key: string
  use: DeviceUse
}

const wantedOf = (role: Role, s: DeviceSettings): { id: string | null; label: string | null } => {
  switch (role) {
    case 'microphone':
      return { id: s.microphoneId, label: s.microphoneLabel ?? null }
    case 'speaker':
      return { id: s.speakerId, label: s.speakerLabel ?? null }
    case 'ringer':
      return { id: s.ringerId, label: s.ringerLabel ?? null }
  }
}

export const processingOf = (s: DeviceSettings): Processing => ({
  echoCancellation: s.echoCancellation ?? true,
  noiseSuppression: s.noiseSuppression ?? true,
  autoGainControl: s.autoGainControl ?? true,
})

/**
 * Which device a role has now: the chosen one by its id, else by its name (ids change with the page's address and after some updates),
 * else the system's, until the chosen one is back. `refused` did not open when they were tried; null among them: the system's.
 */
export function choose(
  role: Role,
  settings: DeviceSettings,
  present: readonly AudioDevice[],
  refused: ReadonlySet<string | null> = new Set(),
): Choice {
  const kind = role === 'microphone' ? 'input' : 'output'
  const all = present.filter((device) => device.kind === kind)
  const real = all.filter(({ id }) => id !== '' && !systems.includes(id))
  const wanted = wantedOf(role, settings)
  const processed = role === 'microphone' ? JSON.stringify(processingOf(settings)) : ''
  const system = all.find(({ id }) => id === 'default')
  const none = all.length === 0
  const fallback = (state: DeviceUse['state'], name = wanted.label): Choice => {
    const used = system?.label.replace(/^[^-]* - /, '') || real[0]?.label || null
    const now = none ? 'none' : refused.has(null) ? 'failed' : state
    return {
      id: null,
      key: `${system?.groupId ?? ''} ${processed}`,
      use: { wanted: name, used: now === 'failed' ? null : used, state: now },
    }
  }
  if (wanted.id === null) return fallback('default')
  // Before the microphone was allowed no device has an id: what was chosen is tried as it is.
  const hidden = !none && real.length === 0
  const named = real.filter(({ label }) => label !== '' && label === wanted.label)
  const found = real.find(({ id }) => id === wanted.id) ?? (named.length === 1 ? named[0] : undefined)
  const id = found?.id ?? (hidden ? wanted.id : null)
  if (id === null) return fallback('fallback')
  const label = found?.label || wanted.label
  if (found && refused.has(id)) return fallback('refused', label)
  return { id, key: `${id} ${processed}`, use: { wanted: label, used: label, state: 'chosen' } }
}
