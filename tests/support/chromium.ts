import { existsSync } from 'node:fs'
import { chromium } from '@playwright/test'

/** Playwright's own Chromium where it was downloaded, else the system's. */
export function chromiumPath(): string {
  const candidates = [
    chromium.executablePath(),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ]
  const found = candidates.find((path) => existsSync(path))
  if (!found) throw new Error(`No Chromium found. Looked at: ${candidates.join(', ')}`)
  return found
}

/**
 * Chromium without windows, whose pages cost a third of the processor time; where it is not installed, the whole one. It has nobody whom it
 * could ask for the microphone, so it is to be started with `shellArgs`.
 */
export function shellPath(): string {
  const ofPlaywright = chromium
    .executablePath()
    .replace(
      /\bchromium-(\d+)\/chrome-([^/]+)\/.*$/,
      'chromium_headless_shell-$1/chrome-headless-shell-$2/chrome-headless-shell',
    )
  const candidates = [ofPlaywright, '/usr/lib/chromium/chromium-headless-shell']
  return candidates.find((path) => existsSync(path)) ?? chromiumPath()
}

/** What Playwright turns off; of several lists Chromium reads the last. */
const withoutByPlaywright = [
  ...[
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'DestroyProfileOnBrowserClose',
    'HttpsUpgrades',
    'MediaRouter',
  ],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'PaintHolding', 'ThirdPartyStoragePartitioning'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled'],
  'PreconnectToSearch',
]
/** Two pages behind every window's address bar, which nobody sees and which cost most of a second of processor each time. */
const withoutAddressBar = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup']

/** How tests start Chromium: with a fake microphone that beeps, and calls between two pages of this machine. */
export const chromiumArgs = [
  '--use-fake-device-for-media-stream',
  '--allow-loopback-in-peer-connection',
  `--disable-features=${[...withoutByPlaywright, ...withoutAddressBar].join(',')}`,
]

/**
 * How the shell is started. It lets everybody have the microphone, whatever the context's permissions say; so does the whole Chromium with
 * this, whose question has the mark of a recording in the window's frame with it: its animation costs a tenth of what a page computes.
 */
export const shellArgs = [...chromiumArgs, '--use-fake-ui-for-media-stream']
