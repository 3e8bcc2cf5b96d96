import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  Notification,
  protocol,
  safeStorage,
  session,
  shell,
  Tray,
  utilityProcess,
} from 'electron'
import { readArguments, usage } from './electron/arguments.ts'
import { runDesk } from './electron/desk.ts'
import { openLog } from './log.ts'

const log = openLog('desk-shell')
const here = import.meta.dirname
const { crmUrl, dataDir: asked } = readArguments(process.argv)
// A folder of our own: what this host seals, the loopback host on the same data cannot open, nor the other way round.
const dataDir = join(resolve(asked ?? app.getPath('userData')), 'electron')
mkdirSync(dataDir, { recursive: true, mode: 0o700 })
// One instance a data folder, and all that Chromium keeps inside it.
app.setPath('userData', join(dataDir, 'chromium'))

if (crmUrl !== null) {
  const resources = resolve(here, '../../resources/icons')
  runDesk(
    {
      app,
      BrowserWindow,
      dialog,
      ipcMain,
      Menu,
      MessageChannelMain,
      Notification,
      protocol,
      safeStorage,
      session,
      shell,
      Tray,
      utilityProcess,
    },
    {
      dataDir,
      crmUrl,
      rendererDir: resolve(here, '../renderer'),
      preload: resolve(here, '../preload/index.cjs'),
      hostModule: resolve(here, 'host-process.js'),
      icon: join(resources, 'ascolto.png'),
      trayIcon: join(resources, 'tray.png'),
      log,
    },
  ).catch((error: unknown) => {
    log.fatal({ err: error }, 'the desk could not start')
    app.exit(1)
  })
} else {
  dialog.showErrorBox('Ascolto', usage)
  app.exit(1)
}
