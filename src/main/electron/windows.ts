import type { Logger } from 'pino'
import { deskPage, isAllowedNavigation, mediaPage } from './decisions.ts'
import type { Contents, DeskWindow, ElectronShell, WindowOptions } from './shell.ts'

const crashesAllowed = 5
const crashWindowMs = 60_000

export type PagePaths = { preload: string; icon: string }

/** Nothing that is shown may leave our pages, open a window or embed another. Holds for every contents that is ever made. */
export function confine(contents: Contents): void {
  const stay = (event: { preventDefault(): void; url: string }) => {
    if (!isAllowedNavigation(event.url)) event.preventDefault()
  }
  contents.on('will-frame-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}

export function openDeskWindow(electron: ElectronShell, paths: PagePaths, log: Logger): DeskWindow {
  const window = new electron.BrowserWindow({
    show: true,
    width: 1366,
    height: 768,
    minWidth: 1024,
    minHeight: 600,
    title: 'Ascolto',
    icon: paths.icon,
    webPreferences: preferences(paths, { throttled: true, autoplay: false }),
  })
  return show(window, deskPage, log)
}

/** The media end has a window of its own that nobody sees: it loses nothing when the desk's page reloads or crashes. */
export function openMediaWindow(electron: ElectronShell, paths: PagePaths, log: Logger): DeskWindow {
  const window = new electron.BrowserWindow({
    show: false,
    title: 'Ascolto media',
    icon: paths.icon,
    webPreferences: preferences(paths, { throttled: false, autoplay: true }),
  })
  return show(window, mediaPage, log)
}

export function raise(window: DeskWindow): void {
  if (window.isDestroyed()) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

function preferences(
  paths: PagePaths,
  { throttled, autoplay }: { throttled: boolean; autoplay: boolean },
): WindowOptions['webPreferences'] {
  return {
    preload: paths.preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
    spellcheck: false,
    backgroundThrottling: throttled,
    autoplayPolicy: autoplay ? 'no-user-gesture-required' : 'document-user-activation-required',
  }
}

function show(window: DeskWindow, url: string, log: Logger): DeskWindow {
  const crashes: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const now = Date.now()
    crashes.push(now)
    const recent = crashes.filter((at) => now - at < crashWindowMs).length
    log.error({ page: url, reason, recent }, 'a page crashed')
    // Reloading for ever would hide the fault and burn the machine.
    if (recent <= crashesAllowed) window.webContents.reload()
  })
  window.loadURL(url).catch((error: unknown) => log.error({ err: error, page: url }, 'a page did not load'))
  return window
}
