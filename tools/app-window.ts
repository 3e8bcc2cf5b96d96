import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const browsers: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['chromium', 'chromium-browser', 'google-chrome', 'microsoft-edge'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
}

function find(name: string): string | null {
  if (existsSync(name)) return name
  const folder = (process.env.PATH ?? '').split(delimiter).find((path) => existsSync(join(path, name)))
  return folder ? join(folder, name) : null
}

export type AppWindow = { browser: string; stop(): Promise<void> }

/** Opens the address as a window of its own where there is a display and a Chromium-like browser, else null. */
export function openAppWindow(url: string, profile: string): AppWindow | null {
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (!display) return null
  for (const browser of browsers[process.platform] ?? []) {
    const path = find(browser)
    if (!path) continue
    // Without the loopback flag a computer whose only network is `lo` gets no audio from a line on the same computer.
    const args = [
      `--app=${url}`,
      `--user-data-dir=${profile}`,
      '--no-first-run',
      '--allow-loopback-in-peer-connection',
    ]
    const child = spawn(path, args, { stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => {
      child.once('error', () => resolve())
      child.once('close', () => resolve())
    })
    return {
      browser,
      async stop() {
        child.kill()
        await ended
      },
    }
  }
  return null
}
