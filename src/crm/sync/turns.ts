/** So many in so many ms. */
export type TurnPace = { atOnce: number; everyMs: number }

export type Turns<One> = {
  /** Each is told once, at once or when its turn comes; who waits already keeps their place. */
  add(all: Iterable<One>): void
  drop(one: One): void
  close(): void
}

/** Tells many that something happened, never more at once than what they do then can bear. */
export function openTurns<One>({ atOnce, everyMs }: TurnPace, tell: (one: One) => void): Turns<One> {
  const waiting = new Set<One>()
  let told = 0
  let timer: NodeJS.Timeout | undefined

  const next = () => {
    for (const one of [...waiting].slice(0, atOnce - told)) {
      waiting.delete(one)
      told += 1
      tell(one)
    }
    if (told === 0) return
    timer ??= setTimeout(() => {
      timer = undefined
      told = 0
      next()
    }, everyMs)
  }

  return {
    add(all) {
      for (const one of all) waiting.add(one)
      next()
    },
    drop: (one) => waiting.delete(one),
    close() {
      clearTimeout(timer)
      waiting.clear()
    },
  }
}
