import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { startHost, type TestHost, until } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
let host: TestHost
beforeAll(async () => {
  city = await openTestCity()
})
afterAll(() => city.close())
afterEach(() => host.stop())

/** A desk with the CRM's rows and a command that waits, ended. */
async function deskWithRows(): Promise<string> {
  host = await startHost({ crmUrl: city.url })
  await host.signIn('elena')
  await until(await host.client.system.watch(), (now) => now.cache.state === 'ready')
  await host.stop({ keep: true })
  return join(host.dataDir, 'cache.db')
}

const restart = async () => {
  host = await startHost({ crmUrl: city.url, dataDir: host.dataDir })
  await until(await host.client.system.watch(), (now) => now.cache.state === 'blocked')
}

it('a damaged cache begins anew from the CRM when the operator says so, and the damaged file is kept', async () => {
  const file = await deskWithRows()
  const noise = Buffer.alloc(50_000, 'damaged ')
  writeFileSync(file, noise)
  rmSync(`${file}-wal`, { force: true })
  const outbox = readFileSync(join(host.dataDir, 'outbox.db'))
  await restart()
  expect((await host.client.reference.all()).topics).toEqual([])
  expect(readFileSync(file).equals(noise)).toBe(true)

  await host.client.system.rebuildCache()
  await until(await host.client.system.watch(), (now) => now.cache.state === 'ready')
  expect((await host.client.reference.all()).topics).not.toEqual([])
  const [aside, ...others] = readdirSync(host.dataDir).filter((name) => name.startsWith('cache.db.broken-'))
  expect(others).toEqual([])
  expect(readFileSync(join(host.dataDir, aside ?? '')).equals(noise)).toBe(true)
  expect(readFileSync(join(host.dataDir, 'outbox.db')).equals(outbox)).toBe(true)

  await expect(host.client.system.rebuildCache()).rejects.toMatchObject({
    data: { kind: 'conflict', code: 'cache-ready' },
  })
})

it('a cache of a newer program is never given up', async () => {
  const file = await deskWithRows()
  const db = new Database(file)
  db.pragma(`cipher='sqlcipher'`)
  db.pragma('legacy=4')
  db.pragma(`key="x'${await (await openKeyFile(host.dataDir)).databaseKey()}'"`)
  db.pragma('user_version=9990')
  db.close()
  const before = readFileSync(file)
  await restart()
  await expect(host.client.system.rebuildCache()).rejects.toMatchObject({
    data: { kind: 'unsupported', code: 'cache-newer' },
  })
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(readdirSync(host.dataDir).filter((name) => name.includes('broken'))).toEqual([])
})

it('nobody who is not signed in can have it made anew', async () => {
  host = await startHost({ crmUrl: city.url })
  await expect(host.client.system.rebuildCache()).rejects.toMatchObject({
    data: { kind: 'unauthenticated', code: 'signed-out' },
  })
})
