import type { Page } from '@playwright/test'

/**
 * `performance.timeOrigin + performance.now()` begins at the wall clock and then goes on by itself, in every process a little
 * differently. The wall clock is one for the whole machine: how far it is ahead is read at the moment when it turns to its next millisecond.
 */
function aheadNow(): number {
  const readings: number[] = []
  for (let reading = 0; reading < 9; reading++) {
    const before = Date.now()
    let wall = before
    while (wall === before) wall = Date.now()
    readings.push(wall - (performance.timeOrigin + performance.now()))
  }
  readings.sort((a, b) => a - b)
  return readings[4] ?? 0
}

/** Milliseconds to add to this process's, or the page's, high resolution time to get wall-clock time. */
export const aheadHere = aheadNow
export const aheadIn = (page: Page): Promise<number> => page.evaluate(aheadNow)

export const highResolutionNow = (): number => performance.timeOrigin + performance.now()
