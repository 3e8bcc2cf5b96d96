import { useLive } from './live-store.ts'

/** Why this window does not command the telephone: the voice is in another window, or the extension at another desk. */
export type Blocked = 'voice' | 'phone' | null

export function useBlocked(): Blocked {
  const voice = useLive((state) => state.voice) === 'elsewhere'
  const phone = useLive((state) => state.truth?.phone.state) === 'elsewhere'
  if (voice) return 'voice'
  return phone ? 'phone' : null
}
