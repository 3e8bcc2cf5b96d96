import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openStore } from './store.ts'

// Making a PGlite folder takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let made: string
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'ascolto-store-'))
  await (await openStore({ dataDir: made })).close()
})
afterAll(() => rm(made, { recursive: true, force: true }))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-store-'))
  await cp(made, folder, { recursive: true })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('a folder that is open is refused by name, and opens again with its data once it is closed', async () => {
  const first = await openStore({ dataDir: folder })
  await expect(openStore({ dataDir: folder })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'data-locked',
    params: { folder },
  })
  const epoch = await first.db.selectFrom('feed_epoch').select('id').executeTakeFirstOrThrow()
  await first.close()
  const second = await openStore({ dataDir: folder })
  expect(await second.db.selectFrom('feed_epoch').select('id').executeTakeFirstOrThrow()).toEqual(epoch)
  await second.close()
})

test('the lock of a process that was killed does not block, and its rows are there', async () => {
  const program = `
    const { openStore } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'store.ts')).href)})
    const { db } = await openStore({ dataDir: ${JSON.stringify(folder)} })
    await db.insertInto('topics').values({ id: 'tax', body: '{}' }).execute()
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(openStore({ dataDir: folder })).rejects.toMatchObject({ code: 'data-locked' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'))).toEqual({ pid: child.pid })

  const store = await openStore({ dataDir: folder })
  expect(await store.db.selectFrom('topics').select('id').execute()).toEqual([{ id: 'tax' }])
  await store.close()
})

test('another cluster, or another timeline of it, begins a log of its own', async () => {
  const first = await openStore({ dataDir: folder })
  const before = await first.db.selectFrom('feed_epoch').select('id').executeTakeFirstOrThrow()
  await first.db.insertInto('change_log').values({ entity: 'topic', id: 'tax', version: 1 }).execute()
  await sql`update feed_epoch set cluster = 'restored from elsewhere'`.execute(first.db)
  await first.close()

  const second = await openStore({ dataDir: folder })
  expect(await second.db.selectFrom('feed_epoch').select('id').executeTakeFirstOrThrow()).not.toEqual(before)
  expect(await second.db.selectFrom('change_log').select('id').execute()).toEqual([])
  await second.close()
})
