import type { Browser, BrowserContext, BrowserContextOptions } from '@playwright/test'
import type { City } from '../support/city.ts'
import { listenToAudio } from './audio.ts'
import type { DeskHost, DeskWindow } from './desk-host.ts'

/** The loopback host in a process of its own, its page in Chromium. */
export function loopbackHost(city: City, browser: Browser): DeskHost {
  let context: BrowserContext | null = null
  let running = false

  const show = async (options: BrowserContextOptions = {}): Promise<DeskWindow> => {
    const url = running ? await city.deskUrl() : await city.startDesk()
    running = true
    await context?.close()
    context = await browser.newContext(options)
    const page = await context.newPage()
    await listenToAudio(page)
    await page.goto(url)
    return {
      page,
      voice: page,
      issuer: async (ask) => {
        await ask()
        return page
      },
    }
  }

  return {
    open: () => show(),
    openWithoutMicrophone: () => show({ permissions: [] }),
    async restart() {
      await city.stopDesk()
      running = false
      return show()
    },
    close: async () => context?.close(),
  }
}
