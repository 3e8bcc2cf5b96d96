import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Account, NewAccount } from '#contract/domain/account.ts'
import type { Role } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { type CrmUnderTest, crmApi, startCrm } from '../support/crm.ts'
import { addPerson, fillSmallCity, type Person, smallCity } from '../support/crm-city.ts'
import { beginSignIn, refresh, signIn } from '../support/sign-in.ts'

const password = 'quattro parole a caso'
const other = 'un’altra frase lunga'
const refused = (code: string) => ({ data: { code } })

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

const newAccount = (over: Partial<NewAccount> = {}): NewAccount => ({
  ...{ login: `a${newId()}`, givenName: 'Ada', familyName: 'Rossi', password },
  ...{ roles: ['operator'], teams: ['registry'], extension: newId() },
  ...over,
})
const add = (over: Partial<NewAccount> = {}) => administrator.api.users.add(newAccount(over))
const listed = async (id: string): Promise<Account | undefined> =>
  (await administrator.api.users.list()).accounts.find((one) => one.id === id)
const seen = async (id: string) => ({ id, version: (await listed(id))?.version ?? 0 })

test('who is added signs in; other rights count at once, another password and a deactivation sign out', async () => {
  const ada = await add({ login: ' Ada.Rossi', extension: '201' })
  expect(ada).toMatchObject({ login: 'ada.rossi', name: 'Ada Rossi', extension: '201', deactivatedAt: null })
  expect((await administrator.api.users.list()).by).toBe('password')
  const first = await signIn(crm.url, 'ada.rossi', password)
  const api = crmApi(crm.url, `Bearer ${first.accessToken}`)

  const rights = { roles: ['supervisor' as const], teams: ['taxes'], extension: '201' }
  const changed = await administrator.api.users.change({ id: ada.id, version: ada.version, ...rights })
  expect(await api.me()).toMatchObject(rights)
  await administrator.api.users.setPassword({ ...(await seen(ada.id)), password: other })
  await expect(api.me()).rejects.toMatchObject({ status: 401 })
  await expect(refresh(crm.url, first.refreshToken)).rejects.toThrow('invalid_grant')
  const second = await signIn(crm.url, 'ada.rossi', other)

  await administrator.api.users.deactivate(await seen(ada.id))
  expect((await listed(ada.id))?.deactivatedAt).not.toBeNull()
  await expect(refresh(crm.url, second.refreshToken)).rejects.toThrow('invalid_grant')
  expect((await (await beginSignIn(crm.url)).submit('ada.rossi', other)).status).toBe(401)
  await administrator.api.users.activate(await seen(ada.id))
  await signIn(crm.url, 'ada.rossi', other)

  const { entries } = await administrator.api.audit.list({ rowId: ada.id })
  const acts = ['activate', 'deactivate', 'setPassword', 'change', 'add'].map((name) => `users.${name}`)
  expect(entries.map(({ operation }) => operation)).toEqual(acts)
  expect(entries.map(({ userId }) => userId)).toEqual(acts.map(() => administrator.id))
  expect(entries[3]?.changes).toMatchObject([
    { before: { roles: ['operator'], teams: ['registry'] }, after: { roles: changed.roles } },
  ])
  for (const text of [JSON.stringify(entries), crm.logs()])
    for (const secret of [password, other, 'scrypt']) expect(text).not.toContain(secret)
})

test('who leaves a team, or altogether, leaves its open requests to nobody, and their history says why', async () => {
  const { id: assigneeId } = await add({ roles: ['specialist'], teams: ['registry', 'taxes'] })
  const { tickets } = administrator.api
  const assigned = async () => {
    const id = newId()
    await tickets.open({ id, kind: 'report', topicId: smallCity.topic, text: 'Una buca.' })
    await tickets.act({ ticketId: id, id: newId(), action: { do: 'assign', assigneeId, from: null } })
    return id
  }
  const move = (ticketId: string, action: Extract<TicketAction, { do: 'move' }>) =>
    tickets.act({ ticketId, id: newId(), action })
  const change = async (over: { roles?: Role[]; teams: string[] }) =>
    administrator.api.users.change({
      ...{
        ...(await seen(assigneeId)),
        roles: ['specialist'],
        extension: (await listed(assigneeId))?.extension ?? '',
      },
      ...over,
    })
  const [first, closed] = [await assigned(), await assigned()]
  await move(closed, { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' })
  const held = async () => (await administrator.api.users.openRequests({ id: assigneeId })).teams
  // Told before anybody decides: only what is open.
  const { team } = (await tickets.get({ id: first })).ticket
  expect(await held()).toEqual([{ team, count: 1 }])
  await change({ teams: ['registry'] })
  expect((await tickets.get({ id: first })).ticket.assigneeId).toBe(assigneeId)
  await change({ teams: ['taxes'] })
  const gone = async (id: string, why: string) => {
    const { ticket, entries } = await tickets.get({ id })
    expect(ticket).toMatchObject({ assigneeId: null, assigneeName: null })
    expect(entries.at(-1)).toMatchObject({
      ...{ authorId: administrator.id, what: { did: 'assigned', toId: null, why } },
    })
  }
  await gone(first, 'other-team')
  // Who had one that was over is what was; as soon as it is open again it is nobody's.
  expect((await tickets.get({ id: closed })).ticket.assigneeId).toBe(assigneeId)
  await move(closed, { do: 'move', to: 'in-progress', reason: 'C’è ancora.', closedFor: null })
  await gone(closed, 'other-team')
  expect(await held()).toEqual([])

  await change({ teams: ['registry'] })
  const second = await assigned()
  await administrator.api.users.deactivate(await seen(assigneeId))
  await gone(second, 'deactivated')
})

test('what somebody else changed meanwhile is not undone', async () => {
  const { id, version, roles, teams } = await add({ extension: '210' })
  await administrator.api.users.deactivate({ id, version })
  const late = { id, version }
  const { users } = administrator.api
  for (const attempt of [
    () => users.change({ ...late, roles, teams, extension: '211' }),
    () => users.setPassword({ ...late, password: other }),
    () => users.activate(late),
    () => users.deactivate(late),
  ])
    await expect(attempt()).rejects.toMatchObject(refused('account-stale'))
  expect(await listed(id)).toMatchObject({ extension: '210', version: version + 1 })
})

test('a login and an extension are one person’s; a leaver’s extension is free for the next', async () => {
  const carla = await add({ login: 'carla', extension: '202' })
  await expect(add({ login: 'CARLA' })).rejects.toMatchObject(refused('login-taken'))
  await expect(add({ extension: '202' })).rejects.toMatchObject(refused('extension-taken'))
  await administrator.api.users.deactivate(carla)
  const dora = await add({ extension: '202' })
  await expect(administrator.api.users.activate(await seen(carla.id))).rejects.toMatchObject(
    refused('extension-taken'),
  )
  const both = await Promise.allSettled([add({ extension: '203' }), add({ extension: '203' })])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect((await listed(dora.id))?.extension).toBe('202')
})

test.each([
  ['a team that is not there', { teams: ['nowhere'] }, 'team-unknown'],
  ['no role', { roles: [] }, 'input-invalid'],
  ['a short password', { password: 'corta' }, 'input-invalid'],
  ['a login that nobody could type', { login: 'outside:1' }, 'input-invalid'],
])('refuses %s', async (_, over, code) => {
  await expect(add(over)).rejects.toMatchObject(refused(code))
})

test('a team that has ended stays with whom it held, and is given to nobody', async () => {
  const { db } = crm.store
  const body = { name: { it: 'Vecchio', en: 'Old' }, kind: 'specialist', contact: null }
  await db
    .insertInto('teams')
    .values({ id: 'old', body: JSON.stringify(body) })
    .execute()
  const { id, version, roles, extension } = await add({ teams: ['old'], extension: '220' })
  await db
    .updateTable('teams')
    .set({ body: JSON.stringify({ ...body, ended: true }) })
    .where('id', '=', 'old')
    .execute()
  const change = { id, version, roles, extension: extension ?? '' }
  expect(await administrator.api.users.change({ ...change, teams: ['old', 'taxes'] })).toMatchObject({
    teams: ['old', 'taxes'],
  })
  await expect(add({ teams: ['old'] })).rejects.toMatchObject(refused('team-unknown'))
})

test('nobody deactivates themselves or takes the administrator’s role from themselves; other things of their own they change', async () => {
  const me = await seen(administrator.id)
  const mine = { teams: ['registry'], extension: '299' }
  const { users } = administrator.api
  await expect(users.deactivate(me)).rejects.toMatchObject(refused('account-own'))
  await expect(users.change({ ...me, ...mine, roles: ['supervisor'] })).rejects.toMatchObject(
    refused('account-own'),
  )
  const rest = await addPerson(crm, { roles: ['administrator'] })
  const own = await seen(rest.id)
  expect(
    await rest.api.users.change({ ...own, ...mine, roles: ['administrator', 'operator'] }),
  ).toMatchObject({ roles: ['administrator', 'operator'] })
})

test('two administrators who deactivate each other at once: one of them is left', async () => {
  for (let round = 0; round < 5; round += 1) {
    const pair = [
      await addPerson(crm, { roles: ['administrator'] }),
      await addPerson(crm, { roles: ['administrator'] }),
    ] as const
    const [one, two] = pair
    const [of, by] = [await seen(one.id), await seen(two.id)]
    const done = await Promise.allSettled([
      two.api.users.deactivate(of),
      one.api.users.change({ ...by, roles: ['operator'], teams: ['registry'], extension: newId() }),
    ])
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const left = await Promise.all(pair.map(({ id }) => listed(id)))
    expect(
      left.filter((account) => account?.deactivatedAt === null && account.roles.includes('administrator')),
    ).toHaveLength(1)
  }
})
