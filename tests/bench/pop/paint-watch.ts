import type { Page } from '@playwright/test'

/** What the page must show: this heading in `main`, and all of these words somewhere in it. */
export type Shown = { heading: string; words: readonly string[] }

declare global {
  interface Window {
    paintWatch: { arm(shown: readonly Shown[]): void; painted: Promise<(number | null)[]> }
  }
}

/**
 * Runs in the page before anything of its own. Times are the page's `performance.timeOrigin + performance.now()`, taken in a message task
 * behind the animation frame that follows the change of the document: by then the frame has been handed over to be painted.
 */
function watchPaint(): void {
  let stop = () => {}
  const matches = ({ heading, words }: Shown): boolean => {
    const main = document.querySelector('main')
    if (!main || main.querySelector('h1')?.textContent?.trim() !== heading) return false
    const text = words.length > 0 ? main.textContent : ''
    return words.every((word) => text.includes(word))
  }
  const afterPaint = (done: (at: number) => void): void => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        done(performance.timeOrigin + performance.now())
      }
      port2.postMessage(null)
    })
  }
  window.paintWatch = {
    painted: Promise.resolve([]),
    arm(shown) {
      stop()
      const times: (number | null)[] = shown.map(() => null)
      const seen = new Set<number>()
      this.painted = new Promise((resolve) => {
        const look = () => {
          for (const [index, one] of shown.entries()) {
            if (seen.has(index) || !matches(one)) continue
            seen.add(index)
            afterPaint((at) => {
              times[index] = at
              if (index !== shown.length - 1) return
              stop()
              resolve(times)
            })
          }
        }
        const observer = new MutationObserver(look)
        stop = () => observer.disconnect()
        observer.observe(document, { subtree: true, childList: true, characterData: true })
        look()
      })
    },
  }
}

const patienceMs = 15_000

/** Watches when a page paints what is expected, without the page's knowing. */
export class PaintWatch {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  /** Before the page is opened. */
  static async over(page: Page): Promise<PaintWatch> {
    await page.addInitScript(watchPaint)
    return new PaintWatch(page)
  }

  /** `painted` asks for when each of these was painted, and resolves with the last; null: was not seen before the last. */
  async arm(shown: readonly Shown[]): Promise<void> {
    await this.#page.evaluate((expected) => window.paintWatch.arm(expected), shown)
  }

  async painted(what: string): Promise<(number | null)[]> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(async () => {
        const main = await this.#page
          .locator('main')
          .textContent()
          .catch(() => '')
        reject(
          new Error(`not painted within ${patienceMs} ms: ${what}; the page shows: ${main?.slice(0, 300)}`),
        )
      }, patienceMs)
    })
    try {
      return await Promise.race([this.#page.evaluate(() => window.paintWatch.painted), late])
    } finally {
      clearTimeout(timer)
    }
  }
}
