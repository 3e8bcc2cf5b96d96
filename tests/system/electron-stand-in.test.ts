import { describe } from 'vitest'
import { portHandover, portRequest } from '#contract/port.ts'
import { standInDesk } from '../support/electron-desk.ts'
import { type ElectronUnderTest, electronContract } from './electron-contract.ts'

describe('the desk in Electron’s stand-in', () => {
  electronContract(async (): Promise<ElectronUnderTest> => {
    const { electron, window, media, quit } = await standInDesk()
    const contents = window.webContents
    const handedOver = () =>
      new Promise<void>((resolve) => {
        const listener = (event: MessageEvent) => {
          if (event.data !== portHandover || event.ports.length !== 1) return
          contents.page.removeEventListener('message', listener)
          event.ports[0]?.close()
          resolve()
        }
        contents.page.addEventListener('message', listener)
      })
    return {
      windows: async () =>
        electron.windows.map(({ webContents, visible }) => ({ url: webContents.mainFrame.url, visible })),
      // Which powers a page has follows from these preferences, as Electron documents them.
      pagePowers: async () => {
        const powers = { node: false, preloadNames: [] as string[] }
        for (const { options } of electron.windows) {
          const { sandbox, contextIsolation, nodeIntegration } = options.webPreferences
          powers.node ||= !sandbox || nodeIntegration
          if (!contextIsolation) powers.preloadNames.push('everything')
        }
        const own = Object.keys(contents.page).filter((name) => name !== 'location')
        powers.preloadNames.push(...own)
        return powers
      },
      navigate: async (url) => {
        let prevented = false
        contents.emit('will-frame-navigate', { url, preventDefault: () => (prevented = true) })
        if (!prevented) contents.load(url)
        return contents.mainFrame.url
      },
      openWindow: async () => contents.windowOpenHandler().action !== 'deny',
      permissions: async () => {
        const both = (permission: string, media?: string) =>
          electron.askPermission(permission, 'app://desk/index.html', media ? [media] : undefined) &&
          electron.checkPermission(permission, 'app://desk/', media)
        return {
          microphone: both('media', 'audio'),
          camera: both('media', 'video'),
          geolocation: both('geolocation'),
          notifications: both('notifications'),
        }
      },
      load: async (url) => {
        const response = await electron.fetchApp(url)
        const policy = response.headers.get('content-security-policy') ?? ''
        return { status: response.status, policy, body: await response.text() }
      },
      askPort: async () => {
        const arrived = handedOver()
        contents.page.postMessage(portRequest, contents.page.location.origin)
        await arrived
        return true
      },
      nextPort: handedOver,
      killHost: async () => electron.hosts.at(-1)?.end(137),
      crashMedia: async () => {
        const before = media.webContents.loads
        media.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
        if (media.webContents.loads !== before + 1) throw new Error('the media end was not loaded again')
      },
      startSecond: async () => {
        const before = window.raised
        electron.startSecond()
        return window.raised > before
      },
      quit,
    }
  })
})
