import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKeyFile } from './key-file.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ascolto-key-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const secret = new TextEncoder().encode('a refresh token')

test('the key is made once, readable by its owner only, and opens what an earlier start sealed', async () => {
  const first = await openKeyFile(dir)
  const sealed = await first.seal(secret)
  expect((await stat(join(dir, 'desk.key'))).mode & 0o777).toBe(0o600)
  expect(await readdir(dir)).toEqual(['desk.key'])

  const second = await openKeyFile(dir)
  expect(Buffer.from(await second.unseal(sealed)).toString()).toBe('a refresh token')
  expect(await second.databaseKey()).toMatch(/^[0-9a-f]{64}$/)
  expect(await second.databaseKey()).toBe(await first.databaseKey())
  expect(Buffer.from(sealed).includes('refresh')).toBe(false)
  expect(await readFile(join(dir, 'desk.key'), 'utf8')).not.toContain(await first.databaseKey())
})

test.each([0o640, 0o604, 0o660])('a key file of mode %o is refused', async (mode) => {
  await openKeyFile(dir)
  await chmod(join(dir, 'desk.key'), mode)
  await expect(openKeyFile(dir)).rejects.toMatchObject({ kind: 'forbidden', code: 'configuration-invalid' })
})

test('a key file that holds no key is refused, not overwritten', async () => {
  const path = join(dir, 'desk.key')
  await writeFile(path, 'zz', { mode: 0o600 })
  await expect(openKeyFile(dir)).rejects.toMatchObject({ code: 'key-missing' })
  expect(await readFile(path, 'utf8')).toBe('zz')
})

test('what another key sealed, or somebody changed, is key-missing', async () => {
  const store = await openKeyFile(dir)
  const sealed = Buffer.from(await store.seal(secret))
  for (const at of [0, 1, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    await expect(store.unseal(changed)).rejects.toMatchObject({ kind: 'invalid', code: 'key-missing' })
  }
  await expect(store.unseal(sealed.subarray(0, 10))).rejects.toMatchObject({ code: 'key-missing' })
  await rm(join(dir, 'desk.key'))
  const other = await openKeyFile(dir)
  await expect(other.unseal(sealed)).rejects.toMatchObject({ kind: 'invalid', code: 'key-missing' })
})
