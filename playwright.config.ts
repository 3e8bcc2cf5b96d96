import { defineConfig } from '@playwright/test'
import type { Shell } from './tests/e2e/desk.ts'
import { shellArgs, shellPath } from './tests/support/chromium.ts'

export default defineConfig<object, { shell: Shell }>({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/global-setup.ts',
  // More than cores: a call waits for the citizen, and the desk for the operator.
  workers: 3,
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
    // Whose frames nobody sees: what moves costs a twentieth of what the pages compute.
    contextOptions: { reducedMotion: 'reduce' },
    // Of what failed once, for a copy of the page at each step costs a tenth of what it computes; a film would cost half.
    trace: { mode: 'on-first-retry', screenshots: false, snapshots: true, sources: true },
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: shellPath(), args: shellArgs },
  },
  // Both always, so that where no Electron is its specs are skipped by name and not absent.
  projects: [
    { name: 'loopback', use: { shell: 'loopback' } },
    { name: 'electron', use: { shell: 'electron' } },
  ],
})
