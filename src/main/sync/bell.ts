/** A bell that one waits for: a ring while nobody waits is kept, several are one. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, after `ms`, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Takes a kept ring back. */
  take(): boolean
}

export function openBell(): Bell {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring() {
      rung = true
      wake?.()
    },
    take() {
      const was = rung
      rung = false
      return was
    },
    async wait(ms, signal) {
      if (!rung && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
          signal.addEventListener('abort', wake, { once: true })
        })
      if (wake) signal.removeEventListener('abort', wake)
      wake = null
      rung = false
    },
  }
}
