import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { defaultLine } from '#contract/domain/line.ts'
import { type Crm, openCrm } from '../../src/crm/crm.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { type CrmUnderTest, startCrm, testSipSecret } from '../support/crm.ts'
import { contactArgs } from '../support/crm-city.ts'
import { freePort } from '../support/free-port.ts'
import { startHost, type TestHost, until } from '../support/host.ts'
import { elena, leaveDesk } from '../support/left-desk.ts'

let ours: CrmUnderTest
let other: CrmUnderTest
let dataDir: string
let host: TestHost | null = null
let moved: Crm | null = null

beforeAll(async () => {
  ours = await startCrm()
  other = await startCrm()
})
afterAll(async () => {
  await ours.stop()
  await other.stop()
})
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-home-'))
})
afterEach(async () => {
  await host?.stop({ keep: true })
  await moved?.close()
  host = null
  moved = null
  await rm(dataDir, { recursive: true, force: true })
})

/** One more server on a CRM's database, as when it has moved. */
const serve = (crm: CrmUnderTest, port: number) =>
  openCrm({
    store: crm.store,
    log: pino({ level: 'silent' }),
    host: '127.0.0.1',
    port,
    directory: 'working-set',
    phone: {
      sipSecret: testSipSecret,
      realm: 'ascolto',
      sipUrl: 'ws://127.0.0.1:1',
      queueUrl: null,
      line: defaultLine,
    },
  })

const waiting = async ({ client }: TestHost) =>
  (await until(await client.system.watch(), (now) => now.outbox.others + now.outbox.pending > 0)).outbox

/** A desk that has met `ours`, with a contact that waits for it. */
async function deskOfOurs(): Promise<void> {
  const first = await startHost({ crmUrl: ours.url, dataDir })
  await until(await first.client.system.watch(), (now) => now.crm.state === 'reachable')
  await first.stop({ keep: true })
  await leaveDesk({ dataDir, crmUrl: ours.url, user: elena })
  const key = await (await openKeyFile(dataDir)).databaseKey()
  const cache = openCache({ dir: dataDir, key, log: pino({ level: 'silent' }), now: () => new Date() })
  cache.accept({ user: elena, at: new Date().toISOString() }, [{ name: 'contact.open', args: contactArgs() }])
  cache.close()
}

const knowsNothing = async (crm: CrmUnderTest) => {
  for (const table of ['devices', 'streams', 'contacts'] as const) {
    const rows = await crm.store.db.selectFrom(table).select('id').execute()
    expect(rows, table).toEqual([])
  }
}

it('a desk that is started with another CRM is refused, with the address of its own, and nothing is lost', async () => {
  await deskOfOurs()
  await expect(startHost({ crmUrl: other.url, dataDir })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'other-crm',
    params: { address: ours.url },
  })
  await knowsNothing(other)
  host = await startHost({ crmUrl: ours.url, dataDir })
  await until(await host.client.session.watch(), (now) => now.phase === 'signed-in')
  expect(await waiting(host)).toEqual({ pending: 1, refused: 0, others: 0, othersRefused: 0 })
})

it('one that could not ask at its start says so as soon as the other CRM answers, and lets nobody sign in', async () => {
  await deskOfOurs()
  const port = await freePort()
  host = await startHost({ crmUrl: `http://127.0.0.1:${port}`, dataDir })
  const { client } = host
  expect((await until(await client.session.watch(), () => true)).phase).toBe('signed-out')
  await until(await client.system.watch(), (now) => now.crm.state === 'away')
  moved = await serve(other, port)
  await client.system.retry()
  const truth = await until(await client.system.watch(), (now) => now.crm.fault !== null)
  expect(truth.crm).toMatchObject({
    state: 'away',
    fault: { kind: 'conflict', code: 'other-crm', params: { address: ours.url } },
  })
  await expect(client.session.begin()).rejects.toMatchObject({ data: { code: 'other-crm' } })
  await knowsNothing(other)
  await host.stop({ keep: true })
  host = await startHost({ crmUrl: ours.url, dataDir })
  expect(await waiting(host)).toEqual({ pending: 1, refused: 0, others: 0, othersRefused: 0 })
})

it('a CRM that has moved is still the desk’s, and the new address is remembered', async () => {
  await deskOfOurs()
  moved = await serve(ours, 0)
  host = await startHost({ crmUrl: moved.url, dataDir })
  const truth = await until(await host.client.system.watch(), (now) => now.crm.state === 'reachable')
  expect(truth.outbox.others).toBe(1)
  await host.stop({ keep: true })
  host = null
  await expect(startHost({ crmUrl: other.url, dataDir })).rejects.toMatchObject({
    params: { address: moved.url },
  })
})
