import { test as base } from '@playwright/test'
import { electronMissing, installedElectron } from '../../tools/electron-binary.ts'
import { City } from '../support/city.ts'
import type { DeskHost } from './desk-host.ts'
import { electronHost } from './electron-host.ts'
import { loopbackHost } from './loopback-host.ts'
import { Operator } from './operator.ts'

export { expect } from '@playwright/test'

export type Shell = 'loopback' | 'electron'

/** The desk of a test, in whichever host the project runs. */
export type Desks = {
  /** An operator at the desk that runs, or at one that is started now. */
  open(): Promise<Operator>
  /** The same desk after its host was ended and started again. */
  restart(): Promise<Operator>
  openWithoutMicrophone(): Promise<Operator>
}

type Place = { file: string; city: City; host: DeskHost }

/**
 * Every spec runs in both projects. A file has one city and one desk: what a test leaves there, the next one finds, as in an
 * operator's day.
 */
export const test = base.extend<
  { binary: undefined; place: Place; city: City; desks: Desks },
  { shell: Shell; ringSeconds: number; places: (file: string) => Promise<Place> }
>({
  shell: ['loopback', { option: true, scope: 'worker' }],

  /** How long a desk rings before the call goes back to the queue. */
  ringSeconds: [20, { option: true, scope: 'worker' }],

  binary: [
    async ({ shell }, use, testInfo) => {
      testInfo.skip(shell === 'electron' && installedElectron() === null, electronMissing)
      await use(undefined)
    },
    { auto: true },
  ],

  places: [
    async ({ browser, shell, ringSeconds }, use) => {
      let here: Place | null = null
      const leave = async () => {
        await here?.host.close()
        await here?.city.close()
        here = null
      }
      await use(async (file) => {
        if (here?.file === file) return here
        await leave()
        const city = await City.open(undefined, {}, ringSeconds)
        const binary = installedElectron()
        const host =
          shell === 'electron' && binary !== null
            ? electronHost(binary, city, browser)
            : loopbackHost(city, browser)
        here = { file, city, host }
        return here
      })
      await leave()
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  place: async ({ places }, use, testInfo) => use(await places(testInfo.file)),

  city: async ({ place }, use) => use(place.city),

  desks: async ({ place: { host } }, use) =>
    use({
      open: async () => new Operator(await host.open()),
      restart: async () => new Operator(await host.restart()),
      openWithoutMicrophone: async () => new Operator(await host.openWithoutMicrophone()),
    }),
})
