import { defineConfig } from '@playwright/test'
import type { Shell } from './tests/e2e/desk.ts'
import { chromiumArgs, chromiumPath, withoutPrompts } from './tests/support/chromium.ts'

export default defineConfig<object, { shell: Shell }>({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/global-setup.ts',
  workers: 2,
  fullyParallel: false,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  outputDir: 'test-results',
  use: {
    browserName: 'chromium',
    locale: 'it-IT',
    timezoneId: 'Europe/Rome',
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
    // Without the film of the page: it makes the browser draw every frame for the recorder, half of a spec's time.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: true, sources: true },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromiumPath(),
      args: [...chromiumArgs, withoutPrompts],
    },
  },
  // Both always, so that where no Electron is its specs are skipped by name and not absent.
  projects: [
    { name: 'loopback', use: { shell: 'loopback' } },
    { name: 'electron', use: { shell: 'electron' } },
  ],
})
