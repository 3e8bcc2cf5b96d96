import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { ownerFile, sweepAttachments } from '../../src/crm/tickets/attachments.ts'
import { openNewStore } from '../support/store-templates.ts'

let folder: string
let ours: Store
let others: Store
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-sweep-'))
  ;[ours, others] = await Promise.all([openNewStore(join(folder, 'a')), openNewStore(join(folder, 'b'))])
})
afterAll(async () => {
  await Promise.all([ours.close(), others.close()])
  await rm(folder, { recursive: true, force: true })
})

const lines: string[] = []
const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
const files = () => join(folder, 'files')
const sweep = (store: Store) => sweepAttachments({ db: store.db, files: files(), log, now: () => new Date() })

async function unknownFile(age: number): Promise<string> {
  const id = newId()
  const place = join(files(), id.slice(-2))
  const name = `${id}.0123456789abcdef`
  await mkdir(place, { recursive: true })
  await writeFile(join(place, name), 'contents')
  const then = new Date(Date.now() - age)
  await utimes(join(place, name), then, then)
  return name
}
const here = async () => (await readdir(files(), { recursive: true })).map((path) => path.split('/').at(-1))

test('removes what its database does not know, after an hour', async () => {
  const [old, young] = [await unknownFile(2 * 3_600_000), await unknownFile(60_000)]
  expect(await sweep(ours)).toBe(1)
  expect(await here()).not.toContain(old)
  expect(await here()).toContain(young)
})

test('removes nothing from the folder of another database, says so, and does again once it was given the folder', async () => {
  const old = await unknownFile(2 * 3_600_000)
  expect(await sweep(others)).toBe(0)
  expect(await here()).toContain(old)
  expect(lines.join()).toContain('another database')
  const owner = join(files(), ownerFile)
  expect((await readFile(owner, 'utf8')).length).toBe(36)
  await rm(owner)
  expect(await sweep(others)).toBe(1)
  expect(await here()).not.toContain(old)
})
