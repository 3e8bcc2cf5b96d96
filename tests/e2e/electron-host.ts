import { _electron, type Browser, type ElectronApplication, type Page } from '@playwright/test'
import { deskPage, mediaPage } from '../../src/main/electron/decisions.ts'
import type { City } from '../support/city.ts'
import { deskArguments, windowAt } from '../support/electron-real.ts'
import { listenToAudio } from './audio.ts'
import type { DeskHost, DeskWindow } from './desk-host.ts'

declare global {
  var openedExternally: Promise<string>
}

const switches = ['--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection', '--lang=it-IT']

/** The built desk in Electron; the system's browser is a page of `browser`, opened with what the shell would hand it. */
export function electronHost(binary: string, city: City, browser: Browser): DeskHost {
  let app: ElectronApplication | null = null
  let issuerPage: Page | null = null

  const launch = (): Promise<ElectronApplication> =>
    _electron.launch({
      executablePath: binary,
      args: deskArguments({ crmUrl: city.crmUrl, dataDir: city.folder('desk') }, switches),
      env: { ...process.env, TZ: 'Europe/Rome' },
    })

  const show = async (): Promise<DeskWindow> => {
    app ??= await launch()
    const running = app
    const page = await windowAt(running, deskPage)
    const voice = await windowAt(running, mediaPage)
    await listenToAudio(voice)
    await voice.reload()
    await page.reload()
    return { page, voice, issuer: (ask) => systemBrowser(running, ask) }
  }

  const systemBrowser = async (running: ElectronApplication, ask: () => Promise<void>): Promise<Page> => {
    await running.evaluate(({ shell }) => {
      globalThis.openedExternally = new Promise((resolve) => {
        shell.openExternal = async (url) => resolve(url)
      })
    })
    await ask()
    const url = await running.evaluate(() => globalThis.openedExternally)
    await issuerPage?.close()
    issuerPage = await browser.newPage()
    await issuerPage.goto(url)
    return issuerPage
  }

  const end = async () => {
    await issuerPage?.close()
    issuerPage = null
    await app?.close()
    app = null
  }

  return {
    open: show,
    async openWithoutMicrophone() {
      app ??= await launch()
      await app.evaluate(({ session }) => {
        session.defaultSession.setPermissionRequestHandler((_contents, _permission, callback) =>
          callback(false),
        )
        session.defaultSession.setPermissionCheckHandler(() => false)
      })
      return show()
    },
    async restart() {
      await end()
      return show()
    },
    close: end,
  }
}
