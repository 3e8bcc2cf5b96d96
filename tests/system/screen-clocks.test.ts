import { resolve } from 'node:path'
import { type Browser, chromium } from '@playwright/test'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { type readTurnedDay, turnedDays } from '../support/clock-zones.ts'
import { expectOfficeClock } from '../support/expect-turned-day.ts'

/**
 * The days on which clocks are turned, in the desk's own parts of the screen, on machines whose zone is another: under Node with TZ, and in a
 * real page with that zone.
 */
const zones = ['America/New_York', 'Asia/Tokyo', 'Pacific/Auckland', 'Europe/Rome']

describe.each(zones)('a program with TZ=%s', (zone) => {
  const before = process.env.TZ
  afterEach(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })

  test.each(turnedDays)('$date is said by the clock of the office', async (day) => {
    process.env.TZ = zone
    const { readTurnedDay } = await import('../support/clock-zones.ts')
    const read = readTurnedDay(day)
    expect(read.zone).toBe(zone)
    expectOfficeClock(day, read)
  })
})

describe('a page', () => {
  let browser: Browser
  let code: string
  beforeAll(async () => {
    const built = await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        minify: false,
        target: 'esnext',
        lib: { entry: resolve('tests/support/clock-zones.ts'), formats: ['iife'], name: 'clocks' },
      },
    })
    const [output] = Array.isArray(built) ? built : [built]
    if (!output || !('output' in output)) throw new Error('nothing was built')
    code = output.output[0].code
    browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs })
  })
  afterAll(() => browser.close())

  test.each(zones)('in %s says them by the clock of the office', async (timezoneId) => {
    const context = await browser.newContext({ timezoneId, locale: 'en-US' })
    const page = await context.newPage()
    await page.addScriptTag({ content: `${code}\nwindow.clocks = clocks` })
    for (const day of turnedDays) {
      const read = await page.evaluate(
        (asked) =>
          (window as unknown as { clocks: { readTurnedDay: typeof readTurnedDay } }).clocks.readTurnedDay(
            asked,
          ),
        day,
      )
      expect(read.zone).toBe(timezoneId)
      expectOfficeClock(day, read)
    }
    await context.close()
  })
})
