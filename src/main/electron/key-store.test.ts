import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StandInSafeStorage } from '../../../tests/support/electron-stand-in.ts'
import { openSafeStorage } from './key-store.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ascolto-keys-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test.each(['basic_text', 'unknown'])('the backend %s is refused by name', (backend) => {
  expect(() => openSafeStorage(new StandInSafeStorage(backend), dir)).toThrow(
    expect.objectContaining({ kind: 'unsupported', code: 'key-missing', params: { backend } }),
  )
})

test('no encryption at all is refused', () => {
  expect(() => openSafeStorage(new StandInSafeStorage('kwallet6', false), dir)).toThrow('key-missing')
})

test('the database key is made once and lies sealed on disk', async () => {
  const storage = new StandInSafeStorage('gnome_libsecret')
  const key = await openSafeStorage(storage, dir).databaseKey()
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(await openSafeStorage(storage, dir).databaseKey()).toBe(key)
  expect((await stat(join(dir, 'desk.key.sealed'))).mode & 0o777).toBe(0o600)
  const other = openSafeStorage(new StandInSafeStorage('gnome_libsecret'), dir)
  await expect(other.databaseKey()).rejects.toMatchObject({ kind: 'invalid', code: 'key-missing' })
})

test('what another system sealed is key-missing', async () => {
  const keys = openSafeStorage(new StandInSafeStorage('gnome_libsecret'), dir)
  const sealed = await keys.seal(Buffer.from('a refresh token'))
  expect(Buffer.from(await keys.unseal(sealed)).toString()).toBe('a refresh token')
  const other = openSafeStorage(new StandInSafeStorage('gnome_libsecret'), dir)
  await expect(other.unseal(sealed)).rejects.toMatchObject({ kind: 'invalid', code: 'key-missing' })
  await writeFile(join(dir, 'desk.key.sealed'), 'zz')
  await expect(keys.databaseKey()).rejects.toMatchObject({ code: 'key-missing' })
})
