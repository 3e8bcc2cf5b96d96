import type { Logger } from 'pino'
import { Fault, type FaultData } from '#contract/errors.ts'
import { portHandover, portRequest } from '#contract/port.ts'
import type { KeyStore } from '../host/host.ts'
import { startWords } from '../start-words.ts'
import { trayAtRest, watchForCalls } from './attention.ts'
import {
  appScheme,
  deviceDecision,
  headsetChoice,
  isOpenableExternally,
  isTrustedSender,
  permissionDecision,
} from './decisions.ts'
import { controlHost } from './host-control.ts'
import { openSafeStorage } from './key-store.ts'
import { serveApp } from './protocol.ts'
import type { Contents, ElectronShell, Tray } from './shell.ts'
import { confine, openDeskWindow, openMediaWindow, raise } from './windows.ts'

export type DeskOptions = {
  dataDir: string
  crmUrl: string
  /** Folder of the built page, absolute. */
  rendererDir: string
  preload: string
  hostModule: string
  icon: string
  trayIcon: string
  log: Logger
}

/** Runs the desk in Electron. Must be called before Electron is ready. Resolves when its windows are open, or another instance has been raised. */
export async function runDesk(electron: ElectronShell, options: DeskOptions): Promise<void> {
  const { app } = electron
  const { log } = options
  electron.protocol.registerSchemesAsPrivileged([
    { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
  if (!app.requestSingleInstanceLock()) return app.quit()
  app.on('web-contents-created', (_event, contents) => confine(contents))
  await app.whenReady()

  let keys: KeyStore
  try {
    keys = openSafeStorage(electron.safeStorage, options.dataDir)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return refuse(electron, error.toData())
  }
  electron.Menu.setApplicationMenu(null)
  electron.protocol.handle(appScheme, serveApp(options.rendererDir))
  grantOnlyOurNeeds(electron)

  const pages = new Set<Contents>()
  const handPort = (contents: Contents) => {
    const port = host.connect()
    if (port !== null) contents.mainFrame.postMessage(portHandover, null, [port])
  }
  const host = controlHost({
    electron,
    modulePath: options.hostModule,
    dataDir: options.dataDir,
    crmUrl: options.crmUrl,
    notifications: electron.Notification.isSupported(),
    keys,
    openExternal: async (url) => {
      if (!isOpenableExternally(url)) throw new Fault('forbidden', 'input-invalid')
      await electron.shell.openExternal(url)
    },
    onReady: () => {
      for (const contents of pages) if (isTrustedSender(contents.mainFrame)) handPort(contents)
      const port = host.connect()
      if (port !== null) watchForCalls(electron, port, window, tray, onLive, log)
    },
    onSignedIn: () => raise(window),
    onFailed: (fault) => refuse(electron, fault),
    log,
  })
  electron.ipcMain.on(portRequest, ({ sender, senderFrame }) => {
    if (!isTrustedSender(senderFrame)) return log.warn('a port was asked for by a stranger')
    if (!pages.has(sender)) {
      pages.add(sender)
      sender.on('destroyed', () => pages.delete(sender))
    }
    handPort(sender)
  })

  let live = 0
  const onLive = (calls: number) => {
    live = calls
  }
  const leave = leaving(electron, () => live > 0)
  const tray = openTray(electron, options.trayIcon, {
    open: () => raise(window),
    quit: () => leave(() => app.quit()),
  })
  const paths = { preload: options.preload, icon: options.icon }
  const window = openDeskWindow(electron, paths, log)
  const media = openMediaWindow(electron, paths, log)
  let closed = false
  window.on('close', (event) => {
    if (closed || live === 0) return
    event.preventDefault()
    leave(() => window.destroy())
  })
  window.on('closed', () => app.quit())
  app.on('second-instance', () => raise(window))

  app.on('before-quit', (event) => {
    if (closed) return
    event.preventDefault()
    host.close().finally(() => {
      closed = true
      if (!media.isDestroyed()) media.destroy()
      app.quit()
    })
  })
}

function grantOnlyOurNeeds(electron: ElectronShell): void {
  const { defaultSession } = electron.session
  defaultSession.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const { requestingUrl, isMainFrame, mediaTypes } = details
    callback(permissionDecision({ permission, url: requestingUrl, isMainFrame, media: mediaTypes }))
  })
  defaultSession.setPermissionCheckHandler((_contents, permission, origin, { isMainFrame, mediaType }) =>
    permissionDecision({
      permission,
      url: origin,
      isMainFrame,
      media: mediaType === undefined ? [] : [mediaType],
    }),
  )
  defaultSession.setDevicePermissionHandler(deviceDecision)
  defaultSession.on('select-hid-device', (event, { deviceList, frame }, callback) => {
    event.preventDefault()
    callback(headsetChoice(frame?.url ?? null, deviceList))
  })
}

/** Ends what the operator asks to end; while a call lives only after a second word, for the end of the desk hangs up on whoever is on the line. */
function leaving({ dialog }: Pick<ElectronShell, 'dialog'>, busy: () => boolean): (end: () => void) => void {
  let asked = false
  return (end) => {
    if (!busy()) return end()
    if (asked) return
    asked = true
    dialog
      .showMessageBox({
        type: 'warning',
        title: 'Ascolto',
        message:
          'Una chiamata è ancora aperta: chiudendo Ascolto cadrebbe.\nA call is still open: closing Ascolto would cut it off.',
        buttons: ['Torna alla chiamata / Back to the call', 'Chiudi lo stesso / Close anyway'],
        defaultId: 0,
        cancelId: 0,
        noLink: true,
      })
      .then(({ response }) => response === 1 && end())
      .finally(() => {
        asked = false
      })
  }
}

function openTray(electron: ElectronShell, icon: string, on: { open(): void; quit(): void }): Tray {
  const tray = new electron.Tray(icon)
  tray.setToolTip(trayAtRest)
  tray.setContextMenu(
    electron.Menu.buildFromTemplate([
      { label: 'Apri / Open', click: on.open },
      { label: 'Esci / Quit', click: on.quit },
    ]),
  )
  tray.on('click', on.open)
  return tray
}

/** Says in words why the desk cannot run, and ends. */
function refuse(electron: ElectronShell, fault: FaultData): void {
  electron.dialog.showErrorBox('Ascolto', startWords(fault))
  electron.app.exit(1)
}
