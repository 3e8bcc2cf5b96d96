import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import type { OutsideIssuer } from '../../src/crm/identity/outside.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { addPerson, fillSmallCity, smallCity } from '../support/crm-city.ts'
import { startHost, type TestHost, until } from '../support/host.ts'

type Account = {
  name: string
  given_name: string
  roles?: string[]
  groups?: string[]
  extension?: string
  _claim_names?: Record<string, string>
  _claim_sources?: Record<string, object>
}
const accounts: Record<string, Account> = {
  giulia: {
    ...{ name: 'Giulia Neri', given_name: 'Giulia', roles: ['CC-Specialisti', 'altro'], extension: '7001' },
    groups: ['anagrafe', 'mensa'],
  },
  marco: { name: 'Marco Blu', given_name: 'Marco', roles: ['Portineria'], extension: '7002' },
  senza: { name: 'Senza Interno', given_name: 'Senza', roles: ['CC-Operatori'] },
}

/** The city's own provider, on a site of its own: it signs in whoever `who` is without asking. */
let who = 'giulia'
let server: Server
let outsideUrl: string
let issuer: OutsideIssuer
let crm: CrmUnderTest
let host: TestHost
beforeAll(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  outsideUrl = `http://localhost:${(server.address() as AddressInfo).port}`
  issuer = {
    ...{ url: outsideUrl, clientId: 'ascolto', scope: 'openid profile', omitsEmptyClaims: false },
    claims: { roles: 'roles', teams: 'groups', extension: 'extension' },
    roles: { 'CC-Specialisti': 'specialist', 'CC-Operatori': 'operator' },
    teams: { anagrafe: 'registry' },
  }
  crm = await startCrm({
    outside: {
      secret: 'segreto',
      issuer,
    },
  })
  const provider = new Provider(outsideUrl, {
    clients: [
      { client_id: 'ascolto', client_secret: 'segreto', redirect_uris: [`${crm.url}/signin/return`] },
    ].map((client) => ({ ...client, token_endpoint_auth_method: 'client_secret_post' as const })),
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'roles', 'groups', 'extension'] },
    cookies: { keys: ['prova'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    expiresWithSession: async () => false,
    findAccount: async (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
  })
  const serve = provider.callback()
  server.on('request', (request, response) => {
    // Nobody stays signed in from one test to the next.
    if (request.url?.startsWith('/auth?')) delete request.headers.cookie
    if (request.url?.startsWith('/interaction/'))
      void provider.interactionFinished(request, response, { login: { accountId: who } })
    else void serve(request, response)
  })
  host = await startHost({ crmUrl: crm.url })
})
afterAll(async () => {
  await host?.stop()
  await crm?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('a desk signs in at the city’s own issuer: what its claims say is who one is here', async () => {
  who = 'giulia'
  await host.signIn('nobody asks')
  const session = await until(await host.client.session.watch(), ({ phase }) => phase === 'signed-in')
  expect(session).toMatchObject({
    user: { name: 'Giulia Neri', roles: ['specialist'], teams: ['registry'], extension: '7001' },
  })
  await host.client.session.signOut()

  // What changed there counts from the next sign-in, for the same person.
  if (accounts.giulia) accounts.giulia = { ...accounts.giulia, roles: ['CC-Operatori'], groups: [] }
  await host.signIn('nobody asks')
  const again = await until(await host.client.session.watch(), ({ phase }) => phase === 'signed-in')
  expect(again).toMatchObject({ user: { roles: ['operator'], teams: [] } })
  const users = await crm.store.db.selectFrom('users').select(['id', 'login']).execute()
  expect(users).toHaveLength(1)
  await host.client.session.signOut()
})

test.each(['marco', 'senza'])('%s has no role or no extension here, and is nobody', async (person) => {
  who = person
  await expect(host.signIn('nobody asks')).rejects.toThrow('with 403')
  expect(await crm.store.db.selectFrom('users').select('id').execute()).toHaveLength(1)
})

test('who inherits an extension has it: who had it before is signed out, and gets their new one at the next sign-in', async () => {
  who = 'giulia'
  await host.signIn('nobody asks')
  const watch = await host.client.session.watch()
  await until(watch, ({ phase }) => phase === 'signed-in')
  const grants = async () =>
    (await crm.store.db.selectFrom('oidc_records').select('id').where('kind', '=', 'Grant').execute()).length
  expect(await grants()).toBe(1)
  await host.client.session.signOut()

  // The issuer says that they swapped.
  accounts.nadia = { name: 'Nadia Viola', given_name: 'Nadia', roles: ['CC-Operatori'], extension: '7001' }
  if (accounts.giulia) accounts.giulia = { ...accounts.giulia, extension: '7009' }
  const signedIn = async (person: string) => {
    who = person
    await host.signIn('nobody asks')
    const session = await until(await host.client.session.watch(), ({ phase }) => phase === 'signed-in')
    await host.client.session.signOut()
    return session
  }
  expect(await signedIn('nadia')).toMatchObject({ user: { name: 'Nadia Viola', extension: '7001' } })
  expect(await signedIn('giulia')).toMatchObject({ user: { name: 'Giulia Neri', extension: '7009' } })
})

test('an issuer that says nothing of teams takes none, one that names other groups takes no request; one that says there is none does', async () => {
  await fillSmallCity(crm.store.db)
  const { api } = await addPerson(crm)
  const ticketId = newId()
  await api.tickets.open({ id: ticketId, kind: 'report', topicId: smallCity.topic, text: 'Una buca.' })
  const assignee = async () => (await api.tickets.get({ id: ticketId })).ticket.assigneeId
  const carla: Account = {
    name: 'Carla Rosa',
    given_name: 'Carla',
    roles: ['CC-Specialisti'],
    extension: '7003',
  }
  const teamsAfter = async (groups: readonly string[] | 'elsewhere' | undefined) => {
    const elsewhere = { _claim_names: { groups: 'a' }, _claim_sources: { a: { endpoint: outsideUrl } } }
    accounts.carla =
      groups === 'elsewhere'
        ? { ...carla, ...elsewhere }
        : { ...carla, ...(groups && { groups: [...groups] }) }
    who = 'carla'
    await host.signIn('nobody asks')
    const session = await until(await host.client.session.watch(), ({ phase }) => phase === 'signed-in')
    await host.client.session.signOut()
    if (session.phase !== 'signed-in') throw new Error('nobody is signed in')
    return session.user
  }
  const { id, teams } = await teamsAfter(['anagrafe'])
  expect(teams).toEqual(['registry'])
  await api.tickets.act({ ticketId, id: newId(), action: { do: 'assign', assigneeId: id, from: null } })

  for (const [said, teams] of [
    [undefined, ['registry']],
    [['mensa'], []],
    [undefined, []],
    [['anagrafe'], ['registry']],
  ] as const) {
    expect((await teamsAfter(said)).teams).toEqual(teams)
    expect(await assignee()).toBe(id)
  }
  const warned = crm
    .logs()
    .split('\n')
    .filter((line) => line.includes('the outside issuer names no'))
    .map((line) => JSON.parse(line))
  expect(warned).toMatchObject([
    { userId: id, msg: expect.stringContaining('keeps theirs') },
    { userId: id, msg: expect.stringContaining('is in none now') },
  ])

  expect((await teamsAfter([])).teams).toEqual([])
  expect(await assignee()).toBeNull()

  // Of one that sends no empty claim the operator of the CRM says so.
  expect((await teamsAfter(['anagrafe'])).teams).toEqual(['registry'])
  await api.tickets.act({ ticketId, id: newId(), action: { do: 'assign', assigneeId: id, from: null } })
  issuer.omitsEmptyClaims = true
  expect((await teamsAfter('elsewhere')).teams).toEqual(['registry'])
  expect(await assignee()).toBe(id)
  expect((await teamsAfter(undefined)).teams).toEqual([])
  expect(await assignee()).toBeNull()
})

test('who is deactivated here takes their old extension from nobody by trying to sign in', async () => {
  const signIn = async (person: string) => {
    who = person
    await host.signIn('nobody asks')
    return until(await host.client.session.watch(), ({ phase }) => phase === 'signed-in')
  }
  accounts.piero = { name: 'Piero Grigi', given_name: 'Piero', roles: ['CC-Operatori'], extension: '7004' }
  const piero = await signIn('piero')
  await host.client.session.signOut()
  if (piero.phase !== 'signed-in') throw new Error('nobody is signed in')
  await crm.store.db
    .updateTable('users')
    .set({ deactivated_at: new Date().toISOString() })
    .where('id', '=', piero.user.id)
    .execute()
  accounts.lucia = { name: 'Lucia Bruni', given_name: 'Lucia', roles: ['CC-Operatori'], extension: '7004' }
  const lucia = await signIn('lucia')
  await host.client.session.signOut()
  if (lucia.phase !== 'signed-in') throw new Error('nobody is signed in')
  const successor = () =>
    crm.store.db
      .selectFrom('users')
      .select(['extension', 'version'])
      .where('id', '=', lucia.user.id)
      .executeTakeFirst()
  const before = await successor()
  who = 'piero'
  await expect(host.signIn('nobody asks')).rejects.toThrow('with 403')
  expect(await successor()).toEqual(before)
})

test('who is deactivated here stays out, whatever the issuer says', async () => {
  who = 'giulia'
  await crm.store.db.updateTable('users').set({ deactivated_at: new Date().toISOString() }).execute()
  await expect(host.signIn('nobody asks')).rejects.toThrow('with 403')
})

test('a return that nobody began is refused', async () => {
  const back = await fetch(`${crm.url}/signin/return?code=x&state=abc.def`, { redirect: 'manual' })
  expect(back.status).toBe(303)
  expect((await fetch(new URL(back.headers.get('location') ?? '', crm.url))).status).toBe(410)
})

test('an administrator sees who comes from there and may lock them out; what the issuer says of them is not changed here', async () => {
  const { api } = await addPerson(crm, { roles: ['administrator'] })
  const { accounts, by } = await api.users.list()
  const giulia = accounts.find(({ name }) => name === 'Giulia Neri')
  if (!giulia) throw new Error('Giulia is not listed')
  expect([by, giulia.login]).toEqual(['outside', null])
  expect(JSON.stringify(accounts)).not.toContain('outside:')
  const { id, version } = giulia
  const rights = { roles: ['administrator' as const], teams: ['registry'], extension: '7009' }
  const password = 'quattro parole a caso'
  for (const attempt of [
    () => api.users.change({ id, version, ...rights }),
    () => api.users.setPassword({ id, version, password }),
    () => api.users.add({ ...rights, login: 'ada', givenName: 'Ada', familyName: 'Rossi', password }),
  ])
    await expect(attempt()).rejects.toMatchObject({ status: 409, data: { code: 'account-outside' } })
  const out = await api.users.deactivate({ id, version })
  expect(out.deactivatedAt).not.toBeNull()
  expect((await api.users.activate({ id, version: out.version })).deactivatedAt).toBeNull()
})
