import type { AudioRoles, DeviceUse } from '#contract/media.ts'

const names = ['microphone', 'speaker', 'ringer'] as const satisfies readonly (keyof AudioRoles)[]

export type Missing = DeviceUse & { name: (typeof names)[number] }

/** The roles whose device is gone or does not open: another has taken its place, or there is none at all. */
export const missing = (roles: AudioRoles | undefined): Missing[] =>
  roles
    ? names
        .map((name) => ({ name, ...roles[name] }))
        .filter(({ state }) => state !== 'chosen' && state !== 'default')
    : []

/** Whether it is there, and it is only that it does not open. */
export const isShut = ({ state }: DeviceUse): boolean => state === 'refused' || state === 'failed'

/** Whether nothing took its place. */
export const isBare = ({ state }: DeviceUse): boolean => state === 'none' || state === 'failed'

/** Whether one of those has again what it had: another choice in its place is no return. */
export const isBack = (before: readonly Missing[], roles: AudioRoles): boolean =>
  before.some(({ name, wanted }) => {
    const now = roles[name]
    return now.wanted === wanted && (now.state === 'chosen' || now.state === 'default')
  })
