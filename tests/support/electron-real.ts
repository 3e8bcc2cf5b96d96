import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { portHandover, portRequest } from '#contract/port.ts'
import { type DeskArguments, writeArguments } from '../../src/main/electron/arguments.ts'
import type { ElectronUnderTest } from '../system/electron-contract.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How Electron is started for the desk in `out/`. Chromium's sandbox does not run as root. */
export const deskArguments = (asked: DeskArguments, switches: readonly string[] = []): string[] =>
  writeArguments(root, asked, [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...switches])

/** How long a navigation that must not happen is given to happen. */
const patienceMs = 1_000

/** The built desk (`npm run build`) in the real Electron. On Linux a keyring must run: without one the desk refuses to start, by design. */
export async function realDesk(executablePath: string): Promise<ElectronUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'ascolto-electron-'))
  const args = deskArguments({ crmUrl: 'http://127.0.0.1:1', dataDir: dir })
  const app = await _electron.launch({ executablePath, args })
  const page = await windowAt(app, 'app://desk/index.html')
  await windowAt(app, 'app://desk/media.html')

  const port = (ask: boolean) =>
    page.evaluate(
      ({ ask, portHandover, portRequest }) =>
        new Promise<void>((done) => {
          window.addEventListener('message', (event) => event.data === portHandover && done())
          if (ask) window.postMessage(portRequest, window.location.origin)
        }),
      { ask, portHandover, portRequest },
    )

  return {
    windows: () =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .sort((a, b) => a.id - b.id)
          .map((window) => ({ url: window.webContents.getURL(), visible: window.isVisible() })),
      ),
    pagePowers: () =>
      page.evaluate(() => ({
        node: 'require' in window || 'process' in window || 'module' in window,
        preloadNames: Object.getOwnPropertyNames(window).filter((name) =>
          /electron|ipc|ascolto|desk/i.test(name),
        ),
      })),
    navigate: async (url) => {
      await page.evaluate((to) => {
        window.location.href = to
      }, url)
      await page.waitForURL(url, { timeout: patienceMs }).catch(() => {})
      return page.url()
    },
    openWindow: (url) => page.evaluate((to) => window.open(to) !== null, url),
    permissions: () =>
      page.evaluate(async () => {
        const granted = async (name: string) =>
          (await navigator.permissions.query({ name: name as PermissionName })).state === 'granted'
        return {
          microphone: await granted('microphone'),
          camera: await granted('camera'),
          geolocation: await granted('geolocation'),
          notifications: await granted('notifications'),
        }
      }),
    load: (url) =>
      app.evaluate(async ({ net }, address) => {
        const response = await net.fetch(address)
        const policy = response.headers.get('content-security-policy') ?? ''
        return { status: response.status, policy, body: await response.text() }
      }, url),
    askPort: async () => {
      await port(true)
      return true
    },
    nextPort: () => port(false),
    killHost: async () => {
      const pid = await app.evaluate(
        ({ app: { getAppMetrics } }) => getAppMetrics().find(({ name }) => name === 'Ascolto host')?.pid,
      )
      if (pid === undefined) throw new Error('no host process')
      process.kill(pid, 'SIGKILL')
    },
    crashMedia: () =>
      app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows().find((window) => !window.isVisible())?.webContents
        const loaded = new Promise<void>((done) => contents?.once('did-finish-load', () => done()))
        contents?.forcefullyCrashRenderer()
        return loaded
      }),
    startSecond: async () => {
      await app.evaluate(({ BrowserWindow }) => {
        for (const window of BrowserWindow.getAllWindows()) if (window.isVisible()) window.minimize()
      })
      await once(spawn(executablePath, args, { stdio: 'ignore' }), 'exit')
      return await app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().some((window) => window.isVisible() && !window.isMinimized()),
      )
    },
    quit: async () => {
      await app.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export async function windowAt(app: ElectronApplication, url: string): Promise<Page> {
  const here = () => app.windows().find((page) => page.url() === url)
  while (here() === undefined) await app.waitForEvent('window')
  const page = here()
  if (page === undefined) throw new Error(`${url} was closed`)
  await page.waitForLoadState('load')
  return page
}
