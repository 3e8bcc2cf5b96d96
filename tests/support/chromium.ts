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
