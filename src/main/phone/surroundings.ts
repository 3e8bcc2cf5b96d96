import { networkInterfaces } from 'node:os'

export type Surroundings = { close(): void }

export type SurroundingsOptions = {
  /** The machine slept, or this process was stopped: every timer is late and every connection is a guess. */
  onWake(sleptMs: number): void
  /** An address of this machine went or came. `gone`: one that a connection may have used. */
  onNetwork(change: { gone: boolean }): void
  /** Milliseconds of the wall clock; the monotonic one stands still while the machine sleeps. */
  now?: () => number
  /** The machine's addresses but the loopback's. */
  addresses?: () => Set<string>
  intervalMs?: number
}

/** A tick that comes this much too late was no busy moment. */
const sleepMs = 3000

const machineAddresses = (): Set<string> =>
  new Set(
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address),
  )

/**
 * Notices within a second what no socket tells: that the machine slept, and that it is on another network. One look a second works in
 * both hosts, where an event of the operating system exists in Electron's main process alone.
 */
export function watchSurroundings({
  onWake,
  onNetwork,
  now = Date.now,
  addresses = machineAddresses,
  intervalMs = 1000,
}: SurroundingsOptions): Surroundings {
  let last = now()
  let known = addresses()
  const timer = setInterval(() => {
    const at = now()
    const late = at - last - intervalMs
    last = at
    if (late > sleepMs) onWake(late)
    const present = addresses()
    const gone = [...known].some((address) => !present.has(address))
    const come = [...present].some((address) => !known.has(address))
    known = present
    if (gone || come) onNetwork({ gone })
  }, intervalMs)
  return { close: () => clearInterval(timer) }
}
