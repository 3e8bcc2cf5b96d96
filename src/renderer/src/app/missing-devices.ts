import type { AudioRoles, DeviceUse } from '#contract/media.ts'

const names = ['microphone', 'speaker', 'ringer'] as const satisfies readonly (keyof AudioRoles)[]

export type Missing = DeviceUse & { name: (typeof names)[number] }

/** The roles whose device is gone: another has taken its place, or there is none at all. */
export const missing = (roles: AudioRoles | undefined): Missing[] =>
  roles
    ? names
        .map((name) => ({ name, ...roles[name] }))
        .filter(({ state }) => state === 'fallback' || state === 'none')
    : []

/** Whether one of those has again what it had: another choice in its place is no return. */
export const isBack = (before: readonly Missing[], roles: AudioRoles): boolean =>
  before.some(({ name, wanted }) => {
    const now = roles[name]
    return now.wanted === wanted && (now.state === 'chosen' || now.state === 'default')
  })
