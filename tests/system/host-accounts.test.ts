import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

const password = 'quattro parole a caso'
const account = {
  ...{ login: 'nora.prova', givenName: 'Nora', familyName: 'Prova', password, extension: '2091' },
  ...{ roles: ['operator' as const], teams: ['first-level'] },
}

let city: TestCity
const hosts: TestHost[] = []
const open = async (login: string): Promise<DeskClient> => {
  const host = await startHost({ crmUrl: city.url })
  hosts.push(host)
  await host.comeIn(login)
  return host.client
}
beforeAll(async () => {
  city = await openTestCity()
})
afterAll(async () => {
  for (const host of hosts) await host.stop()
  await city.close()
})

/** Every row of every table of an encrypted file, as text. */
async function rowsOf(dataDir: string, name: string): Promise<string> {
  const db = new Database(join(dataDir, name))
  try {
    const key = await (await openKeyFile(dataDir)).databaseKey()
    for (const pragma of [`cipher='sqlcipher'`, 'legacy=4', `key="x'${key}'"`]) db.pragma(pragma)
    const tables = db
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
    const rows = tables.flatMap((table) =>
      db
        .prepare<[], Record<string, unknown>>(`SELECT * FROM "${table.name}"`)
        .all()
        .flatMap((row) => Object.values(row)),
    )
    return rows.map((value) => (value instanceof Buffer ? value.toString() : String(value))).join('\n')
  } finally {
    db.close()
  }
}

test('a desk passes on what an administrator does with accounts, keeps nothing of it, and without the CRM says that it is away', async () => {
  const admin = await open('admin')
  const paolo = await open('paolo')
  const added = await admin.accounts.add(account)
  const { accounts, by } = await admin.accounts.list()
  expect([by, accounts.find(({ id }) => id === added.id)]).toEqual(['password', added])
  const { id, version } = await admin.accounts.change({
    ...{ id: added.id, version: added.version, roles: ['specialist'], teams: ['taxes'], extension: '2092' },
  })
  const set = await admin.accounts.setPassword({ id, version, password: 'un’altra frase lunga' })
  const out = await admin.accounts.deactivate({ id, version: set.version })
  expect(out.deactivatedAt).not.toBeNull()
  await expect(admin.accounts.activate({ id, version })).rejects.toMatchObject({
    data: { code: 'account-stale' },
  })
  expect(await admin.accounts.activate({ id, version: out.version })).toMatchObject({ deactivatedAt: null })
  expect(await admin.accounts.endSignIns({ id })).toEqual({ ended: 0 })
  await expect(admin.accounts.add({ ...account, password: 'corta' })).rejects.toMatchObject({
    data: { kind: 'invalid' },
  })
  await expect(paolo.accounts.list()).rejects.toMatchObject({ data: { code: 'role-missing' } })

  const [host] = hosts
  if (!host) throw new Error('no desk')
  const typed = [password, 'un’altra frase lunga', 'nora.prova']
  for (const name of await readdir(host.dataDir, { recursive: true })) {
    const content = await readFile(join(host.dataDir, name)).catch(() => Buffer.alloc(0))
    for (const text of typed) expect([name, content.includes(text)]).toEqual([name, false])
  }
  // What a desk does keep is found that way.
  expect(await rowsOf(host.dataDir, 'cache.db')).toContain('first-level')
  for (const name of ['cache.db', 'outbox.db']) {
    const rows = await rowsOf(host.dataDir, name)
    for (const text of typed) expect([name, rows.includes(text)]).toEqual([name, false])
  }
  for (const text of typed) expect(host.log()).not.toContain(text)
  await city.down()
  await expect(admin.accounts.add(account)).rejects.toMatchObject({ data: { code: 'crm-away' } })
})

test('whoever gets another team while signed in has it at their desk at once', async () => {
  await city.up()
  const admin = hosts[0]?.client as DeskClient
  const added = await admin.accounts.add({
    ...{ ...account, login: 'piera.prova', givenName: 'Piera', extension: '2093' },
    ...{ roles: ['specialist'], teams: ['civil-status'] },
  })
  const host = await startHost({ crmUrl: city.url })
  hosts.push(host)
  await host.signIn(added.login ?? '', password)
  await until(await host.client.system.watch(), ({ cache }) => cache.state === 'ready')
  const { id, version, roles, extension } = added
  await admin.accounts.change({ id, version, roles, extension: extension ?? '', teams: ['taxes'] })
  const session = await until(
    await host.client.session.watch(),
    (now) => now.phase === 'signed-in' && now.user.teams.includes('taxes'),
  )
  expect(session).toMatchObject({ offline: false, user: { teams: ['taxes'] } })
})
