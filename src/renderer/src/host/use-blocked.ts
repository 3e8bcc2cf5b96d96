import { useSettled } from '../ui/use-settled.ts'
import { useLive } from './live-store.ts'

/** Why this window does not command the telephone: the voice is in another window, or the extension at another desk. */
export type Blocked = 'voice' | 'phone' | null

/** A window that is loaded anew and the one before may cross: that is no other window. */
const crossingMs = 600

export function useBlocked(): Blocked {
  const voice = useSettled(useLive((state) => state.voice) === 'elsewhere', crossingMs)
  const phone = useLive((state) => state.truth?.phone.state) === 'elsewhere'
  if (voice) return 'voice'
  return phone ? 'phone' : null
}
