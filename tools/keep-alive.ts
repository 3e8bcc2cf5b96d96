import { setTimeout as delay } from 'node:timers/promises'

export type KeepAlive<Kept> = {
  /** Another one. Rejects when it does not start, which counts as a death. */
  start(): Promise<Kept>
  isStopping(): boolean
  runs(now: Kept): void
  /** `again`: it is started anew after a pause; otherwise nobody does, and nothing more is told. */
  died(was: Kept, code: number | null, again: boolean): void
  failed(error: unknown, again: boolean): void
}

const firstPauseMs = 200
const longestPauseMs = 5_000
/** One that lived this long is not in a loop of crashes. */
const steadyMs = 30_000

/** Whatever dies by itself is started anew, after pauses that grow, unless it dies again and again. Resolves when it is watched no more. */
export async function keepAlive<Kept extends { ended: Promise<number | null> }>(
  first: Kept,
  { start, isStopping, runs, died, failed }: KeepAlive<Kept>,
  { pause, now } = { pause: (ms: number): Promise<unknown> => delay(ms), now: () => performance.now() },
): Promise<void> {
  let pauseMs = firstPauseMs
  const goesOn = () => pauseMs <= longestPauseMs
  const next = async (): Promise<Kept | null> => {
    while (goesOn()) {
      await pause(pauseMs)
      pauseMs *= 2
      if (isStopping()) return null
      try {
        return await start()
      } catch (error) {
        if (isStopping()) return null
        failed(error, goesOn())
      }
    }
    return null
  }
  for (let kept: Kept | null = first; kept; ) {
    const since = now()
    const code = await kept.ended
    if (isStopping()) return
    if (now() - since > steadyMs) pauseMs = firstPauseMs
    died(kept, code, goesOn())
    kept = await next()
    if (kept) runs(kept)
  }
}
