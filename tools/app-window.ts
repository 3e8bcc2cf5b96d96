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

/** Opens the address as a window of its own where there is a display and a Chromium-like browser; says which, or null. */
export function openAppWindow(url: string, profile: string): string | null {
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (!display) return null
  for (const name of browsers[process.platform] ?? []) {
    const path = find(name)
    if (!path) continue
    // Without the loopback flag a computer whose only network is `lo` gets no audio from a line on the same computer.
    const args = [
      `--app=${url}`,
      `--user-data-dir=${profile}`,
      '--no-first-run',
      '--allow-loopback-in-peer-connection',
    ]
    const child = spawn(path, args, { stdio: 'ignore', detached: true })
    child.on('error', () => {})
    child.unref()
    return name
  }
  return null
}
