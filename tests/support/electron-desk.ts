import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { runDesk } from '../../src/main/electron/desk.ts'
import { serveHost } from '../../src/main/electron/host-service.ts'
import type { HostOptions } from '../../src/main/host/host.ts'
import { electronStandIn, type StandIn, type StandInBrowserWindow } from './electron-stand-in.ts'
import { type SmallHost, smallHost } from './small-host.ts'

export type StandInDesk = {
  dir: string
  electron: StandIn
  window: StandInBrowserWindow
  media: StandInBrowserWindow
  /** The newest host, and what the shell opened it with. */
  host(): SmallHost
  opened: HostOptions[]
  quit(): Promise<void>
}

/** The desk's Electron shell on the stand-in, with a small host in its utility process. */
export async function standInDesk(options: Parameters<typeof electronStandIn>[1] = {}): Promise<StandInDesk> {
  const dir = await mkdtemp(join(tmpdir(), 'ascolto-electron-'))
  const rendererDir = join(dir, 'renderer')
  await mkdir(join(rendererDir, 'assets'), { recursive: true })
  await writeFile(join(rendererDir, 'index.html'), '<!doctype html><title>desk</title>')
  await writeFile(join(rendererDir, 'assets', 'x.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(dir, 'package.json'), 'not to be served')
  const log = pino({ level: 'silent' })
  const hosts: SmallHost[] = []
  const opened: HostOptions[] = []
  const electron = electronStandIn(
    (parent, exit) =>
      serveHost(
        parent,
        async (hostOptions) => {
          const host = smallHost(hostOptions.capabilities)
          hosts.push(host)
          opened.push(hostOptions)
          return host
        },
        exit,
        log,
      ),
    options,
  )
  await runDesk(electron, {
    dataDir: dir,
    crmUrl: 'http://127.0.0.1:1',
    rendererDir,
    preload: 'preload.cjs',
    hostModule: 'host-process.js',
    icon: 'icon.png',
    trayIcon: 'tray.png',
    log,
  })
  return {
    dir,
    electron,
    opened,
    get window() {
      return electron.windows[0] as StandInBrowserWindow
    },
    get media() {
      return electron.windows[1] as StandInBrowserWindow
    },
    host: () => hosts.at(-1) as SmallHost,
    quit: async () => {
      electron.app.quit()
      await electron.ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}
