import { startTransition, useEffect, useState } from 'react'
import { afterPaint } from './paint.ts'

/**
 * The value as it was when the last frame was painted: for what may follow a frame later, so that the rest is painted first. `soon`: in one go
 * and before all that is not.
 */
export function useAfterPaint<T>(value: T, soon = false): T {
  const [painted, setPainted] = useState(() => value)
  useEffect(() => {
    const show = () => setPainted(() => value)
    return afterPaint(soon ? show : () => startTransition(show))
  }, [value, soon])
  return painted
}
