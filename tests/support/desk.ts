import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { User } from '#contract/domain/agent.ts'
import { Fault } from '#contract/errors.ts'
import { type Cache, openCache } from '../../src/main/cache/cache.ts'
import {
  type DeviceCredential,
  openCrmClient,
  openCrmHome,
  openSync,
  type Sync,
} from '../../src/main/sync/sync.ts'

/** The back half of a desk without its host: the two files and their sync. */
export type TestDesk = {
  /** From now on this credential. */
  useDevice(credential: DeviceCredential): void
  cache: Cache
  sync: Sync
  dir: string
  /** Cannot be wiped now. */
  busy: boolean
  /** How many commands were destroyed when the center had it emptied, and knows. */
  wiped: number | null
  /** Who is signed in; null rejects `unauthenticated`. */
  token: string | null
  /** Resolves when `holds` answers true, asked after every change of the cache or of the sync's state. */
  until(holds: () => boolean): Promise<void>
  stop(): Promise<void>
  close(): Promise<void>
}

export const testKey = 'c3'.repeat(32)

export function openDesk(options: {
  url: string
  device: DeviceCredential
  user: User | null
  token?: string
  dir?: string
  now?: () => Date
}): TestDesk {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'ascolto-desk-'))
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const { now = () => new Date() } = options
  const cache = openCache({ dir, key: testKey, log, now })
  const accessToken = async () => {
    if (desk.token === null) throw new Fault('unauthenticated', 'signed-out')
    return desk.token
  }
  let credential = options.device
  const home = openCrmHome({ url: options.url, home: cache.home })
  const client = openCrmClient({ url: options.url, accessToken, log, now })
  const sync = openSync({
    url: options.url,
    accessToken,
    log,
    cache,
    client,
    home,
    device: async () => credential,
    renewDevice: async (unknown) => {
      if (credential.deviceId === unknown) credential = await client.registerDevice('Postazione')
    },
    now,
    wipe: {
      async empty() {
        if (desk.busy) return null
        sync.start(null)
        desk.token = null
        destroyed = cache.wipe()
        return destroyed
      },
      async done() {
        desk.wiped = destroyed
        for (const look of looks) look()
      },
    },
  })
  const looks = new Set<() => void>()
  let destroyed = 0
  const desk: TestDesk = {
    cache,
    sync,
    dir,
    busy: false,
    wiped: null,
    token: options.token ?? options.user?.id ?? null,
    useDevice: (other) => {
      credential = other
    },
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds()) return
          looks.delete(look)
          for (const stop of stops) stop()
          resolve()
        }
        const stops = [cache.onChange(look), sync.onState(look)]
        looks.add(look)
        look()
      }),
    async stop() {
      await sync.stop()
      cache.close()
    },
    async close() {
      await desk.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  if (options.user) sync.start(options.user)
  return desk
}
