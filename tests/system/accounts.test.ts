import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AccountAction,
  type AccountOptions,
  accountCommand,
} from '../../src/crm/identity/account-command.ts'
import { type CrmUnderTest, crmApi, startCrm } from '../support/crm.ts'
import { addPerson, fillSmallCity, type Person } from '../support/crm-city.ts'
import { beginSignIn, refresh, signIn } from '../support/sign-in.ts'

const password = 'quattro parole a caso'
const other = 'un’altra frase lunga'

let crm: CrmUnderTest
let administrator: Person
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  administrator = await addPerson(crm, { roles: ['administrator'] })
})
afterAll(async () => {
  await crm.stop()
})

const account = (action: AccountAction, login?: string, options: AccountOptions = {}, typed = password) =>
  accountCommand(crm.store.db, action, login, options, async () => typed)
const person = (extension: string) => ({
  ...{ 'given-name': 'Ada', 'family-name': 'Rossi', role: ['operator'], team: ['registry'] },
  extension,
})

test('who was added signs in; another password or a deactivation signs them out at once, and is audited', async () => {
  await account('add', 'Ada.Rossi', person('201'))
  const first = await signIn(crm.url, 'ada.rossi', password)
  const api = crmApi(crm.url, `Bearer ${first.accessToken}`)
  expect(await api.me()).toMatchObject({ name: 'Ada Rossi', roles: ['operator'], extension: '201' })

  await account('roles', 'ada.rossi', { role: ['supervisor'], team: ['taxes'] })
  expect(await api.me()).toMatchObject({ roles: ['supervisor'], teams: ['taxes'] })

  await account('password', 'ada.rossi', {}, other)
  await expect(api.me()).rejects.toMatchObject({ status: 401 })
  await expect(refresh(crm.url, first.refreshToken)).rejects.toThrow('invalid_grant')
  const second = await signIn(crm.url, 'ada.rossi', other)

  await account('deactivate', 'ada.rossi')
  await expect(refresh(crm.url, second.refreshToken)).rejects.toThrow('invalid_grant')
  expect((await (await beginSignIn(crm.url)).submit('ada.rossi', other)).status).toBe(401)
  // What she was signed in with before does not come back with her.
  await account('activate', 'ada.rossi')
  await expect(refresh(crm.url, second.refreshToken)).rejects.toThrow('invalid_grant')

  const { entries } = await administrator.api.audit.list({})
  expect(entries.slice(0, 5).map(({ operation }) => operation)).toEqual([
    ...['account.activate', 'account.deactivate', 'account.password', 'account.roles', 'account.add'],
  ])
  expect(JSON.stringify(entries)).not.toContain('scrypt')
})

test('an extension is one person’s at a time, and a leaver’s is free for the next', async () => {
  await account('add', 'carla', person('202'))
  await expect(account('add', 'dora', person('202'))).rejects.toThrow('carla has the extension 202')
  await account('deactivate', 'carla')
  expect(await account('add', 'dora', person('202'))).toContain('dora\tAda Rossi\toperator')
  await expect(account('activate', 'carla')).rejects.toThrow('dora has the extension 202')
  expect(await account('list')).toMatch(/carla\t.*\tdeactivated /)
})

test.each([
  ['a team that is not there', { team: ['nowhere'] }, password, 'Teams: first-level, registry, taxes'],
  ['a role that is none', { role: ['boss'] }, password, 'supervisor'],
  ['a short password', {}, 'corta', '15 to 256'],
  ['a login that is there', {}, password, 'already'],
  ['no extension', { extension: undefined }, password, '--extension: missing'],
])('refuses %s', async (what, over, typed, says) => {
  const login = what.startsWith('a login') ? 'DORA' : 'emma'
  await expect(account('add', login, { ...person('203'), ...over }, typed)).rejects.toThrow(says)
})
