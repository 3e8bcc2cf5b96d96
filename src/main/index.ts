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
import { runDesk } from './electron/desk.ts'
import { openLog } from './log.ts'

// electron . --crm=URL [--data=DIR]
const log = openLog('desk-shell')
const here = import.meta.dirname
const dataDir = resolve(app.commandLine.getSwitchValue('data') || join(app.getPath('userData'), 'desk'))
const crmUrl = app.commandLine.getSwitchValue('crm')
mkdirSync(dataDir, { recursive: true, mode: 0o700 })
// One instance a data folder, and all that Chromium keeps inside it.
app.setPath('userData', join(dataDir, 'electron'))

if (URL.canParse(crmUrl)) {
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
  dialog.showErrorBox('Ascolto', 'electron . --crm=URL [--data=DIR]')
  app.exit(1)
}
