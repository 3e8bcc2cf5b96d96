import { importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crmAudience, crmContract, crmPrefix, feedPath } from '#contract/crm.ts'
import { Role } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import { issuerKeys } from '../../src/crm/identity/keys.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addClientOf,
  addDesk,
  addGrant,
  addPerson,
  type Desk,
  fillSmallCity,
  type Person,
  smallCity,
} from '../support/crm-city.ts'

/**
 * Who is let in, written by hand and apart from the declaration: o(perator), s(pecialist), (super)v(isor), a(dministrator), d(evice). Another
 * system is let in where its roles are, but for `personal`.
 * An operation of the contract without a row here fails, and so does a row without an operation.
 */
const expected: Record<string, string> = {
  me: 'osva',
  'phone.credentials': 'osva',
  'devices.register': 'osva',
  'devices.list': 'va',
  'devices.wipe': 'va',
  'devices.orders': 'd',
  'devices.wiped': 'd',
  'sync.registerStream': 'osva',
  'sync.replaceStream': 'd',
  'sync.push': 'd',
  'sync.notices': 'osva',
  'sync.changes': 'osva',
  'citizens.search': 'osva',
  'citizens.alike': 'osva',
  'citizens.toCompare': 'osva',
  'citizens.merges': 'osva',
  'citizens.get': 'osva',
  'citizens.context': 'osva',
  'citizens.story': 'osva',
  'citizens.reads': 'va',
  'citizens.readsReport': 'va',
  'contacts.get': 'osva',
  'tickets.list': 'osva',
  'tickets.ofTeam': 'osva',
  'tickets.watch': 'osva',
  'tickets.byProtocol': 'osva',
  'tickets.get': 'osva',
  'tickets.open': 'osva',
  'tickets.act': 'osva',
  'tickets.attachment': 'osva',
  'tickets.attach': 'osva',
  'tickets.present': 'osva',
  'tickets.leave': 'osva',
  'tickets.members': 'osva',
  'appointments.messages': 'osva',
  'appointments.sendAgain': 'osva',
  'appointments.calendarFile': 'osva',
  'appointments.list': 'osva',
  'appointments.byCode': 'osva',
  'appointments.slots': 'osva',
  'appointments.hold': 'osva',
  'appointments.renewHold': 'osva',
  'appointments.releaseHold': 'osva',
  'appointments.book': 'osva',
  'appointments.reschedule': 'osva',
  'appointments.cancel': 'osva',
  'appointments.confirm': 'osva',
  'appointments.noShow': 'sva',
  'appointments.attended': 'sva',
  'appointments.lease': 'osva',
  'appointments.releaseLease': 'osva',
  'messages.list': 'va',
  'messages.resend': 'va',
  'messages.outbox': 'a',
  'messages.optOuts': 'osva',
  'messages.setOptOuts': 'osva',
  'agenda.nextFree': 'osva',
  'agenda.week': 'osva',
  'agenda.rules': 'osva',
  'agenda.setRules': 'va',
  'agenda.conflicts': 'osva',
  'agenda.closeDay': 'va',
  'agenda.closures': 'va',
  'agenda.concerned': 'va',
  'agenda.withdraw': 'va',
  'agenda.recover': 'va',
  'agenda.affected': 'osva',
  'agenda.recovery': 'osva',
  'agenda.assign': 'va',
  'users.list': 'a',
  'users.openRequests': 'a',
  'users.add': 'a',
  'users.change': 'a',
  'users.setPassword': 'a',
  'users.deactivate': 'a',
  'users.activate': 'a',
  'users.endSignIns': 'va',
  'audit.list': 'a',
  'retention.schedule': 'va',
  'retention.holds': 'va',
  'retention.hold': 'a',
  'retention.release': 'a',
  'retention.statistics': 'va',
}

const personal = [
  ...['phone.credentials', 'sync.notices', 'sync.changes'],
  ...['list', 'openRequests', 'add', 'change', 'setPassword', 'deactivate', 'activate', 'endSignIns'].map(
    (name) => `users.${name}`,
  ),
]

type Route = { operation: string; method: string; path: string }
const routesOf = (part: object, path: string[] = []): Route[] => {
  if (!('~orpc' in part))
    return Object.entries(part).flatMap(([name, inner]) => routesOf(inner as object, [...path, name]))
  const { route } = part['~orpc'] as { route: { method: string; path: string } }
  return [{ operation: path.join('.'), method: route.method, path: crmPrefix + route.path }]
}
const operations: Route[] = [
  ...routesOf(crmContract),
  { operation: 'sync.changes', method: 'GET', path: feedPath },
]

let crm: CrmUnderTest
let desk: Desk
const roles = Role.options
const people = new Map<Role, Person>()
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  for (const role of roles) people.set(role, await addPerson(crm, { roles: [role] }))
  desk = await addDesk(crm, people.get('operator') as Person)
})
afterAll(() => crm.stop())

/** Whether somebody is let in. What is asked is empty or about nothing: who may ask is told before what is wrong with it. */
async function letsIn({ method, path }: Route, authorization: string): Promise<boolean> {
  const abort = new AbortController()
  const response = await fetch(crm.url + path.replaceAll(/\{\w+\}/g, newId()), {
    method,
    headers: { authorization, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(method === 'GET' ? {} : { body: '{}' }),
    signal: abort.signal,
  })
  const { status } = response
  expect([method, path, [401, 429].includes(status) || status >= 500]).toEqual([method, path, false])
  if (status !== 403) {
    abort.abort()
    return true
  }
  expect(await response.json()).toMatchObject({ code: 'role-missing' })
  return false
}

test('every operation has its row, and no row is without its operation', () => {
  expect(Object.keys(expected).toSorted()).toEqual(operations.map(({ operation }) => operation).toSorted())
})

test('every operation lets in whom its row names, and nobody else', async () => {
  const nobody = await addPerson(crm, { roles: [] })
  const askers = [
    ...roles.map((role) => [role === 'supervisor' ? 'v' : role.slice(0, 1), people.get(role)?.authorization]),
    ['d', desk.authorization],
    ['-', nobody.authorization],
  ] as [string, string][]
  const found: Record<string, string> = {}
  for (const route of operations) {
    let letIn = ''
    for (const [letter, authorization] of askers) if (await letsIn(route, authorization)) letIn += letter
    found[route.operation] = letIn
  }
  expect(found).toEqual(expected)
})

test.each(roles)(
  'another system with the role of %s is let in where its row says, and never for what is a person’s',
  async (role) => {
    const client = await addClientOf(crm, { roles: [role] })
    const letter = role === 'supervisor' ? 'v' : role.slice(0, 1)
    for (const route of operations) {
      const { operation } = route
      const may = (expected[operation] ?? '').includes(letter) && !personal.includes(operation)
      expect([operation, await letsIn(route, client.authorization)]).toEqual([operation, may])
    }
  },
)

test('a specialist sees the requests of their teams and their own; a supervisor all queues', async () => {
  const operator = people.get('operator') as Person
  const supervisor = await addPerson(crm, { roles: ['supervisor'], teams: [] })
  const registry = await addPerson(crm, { roles: ['specialist'], teams: ['registry'] })
  const taxes = await addPerson(crm, { roles: ['specialist'], teams: ['taxes'] })
  const id = newId()
  await operator.api.tickets.open({ id, kind: 'report', topicId: smallCity.topic, text: 'Una buca.' })
  const act = (person: Person) =>
    person.api.tickets.act({ ticketId: id, id: newId(), action: { do: 'note', text: 'Visto.' } })

  for (const who of [operator, supervisor, registry]) {
    expect((await who.api.tickets.get({ id })).ticket.id).toBe(id)
    expect((await who.api.tickets.ofTeam({ team: 'registry' })).tickets.map((one) => one.id)).toContain(id)
    await act(who)
  }
  const gone = { status: 404, data: { code: 'ticket-gone' } }
  await expect(taxes.api.tickets.get({ id })).rejects.toMatchObject(gone)
  await expect(act(taxes)).rejects.toMatchObject(gone)
  await expect(taxes.api.tickets.present({ id, writing: true })).rejects.toMatchObject(gone)
  const file = new File(['ciao'], 'nota.txt', { type: 'text/plain' })
  await expect(taxes.api.tickets.attach({ ticketId: id, id: newId(), file })).rejects.toMatchObject(gone)
  for (const ask of [
    () => taxes.api.tickets.ofTeam({ team: 'registry' }),
    () => taxes.api.tickets.watch({ team: 'registry' }),
  ])
    await expect(ask()).rejects.toMatchObject({ status: 403 })
  const inDays = { days: 60, limit: 100 }
  const watched = async (who: Person) =>
    (await who.api.tickets.watch(inDays)).tickets.some(({ ticket }) => ticket.id === id)
  expect([await watched(registry), await watched(taxes), await watched(supervisor)]).toEqual([
    ...[true, false, true],
  ])

  await supervisor.api.tickets.act({
    ticketId: id,
    id: newId(),
    action: { do: 'hand-over', team: 'taxes', reason: 'È loro.', reference: null, from: 'registry' },
  })
  await expect(registry.api.tickets.get({ id })).rejects.toMatchObject(gone)
  expect((await taxes.api.tickets.get({ id })).ticket.team).toBe('taxes')
})

test('what another team’s request says is in no file, list, story or context of who may not see it', async () => {
  const operator = people.get('operator') as Person
  const taxes = await addPerson(crm, { roles: ['specialist'], teams: ['taxes'] })
  const phones = [{ number: '+390255519876', kind: 'landline' as const }]
  const citizen = await addCitizen(crm.store.db, { phones })
  const id = newId()
  const asked = { topicId: smallCity.topic, citizenId: citizen.id, text: 'Una buca.' }
  await operator.api.tickets.open({ id, kind: 'report', ...asked })
  const content = new File(['ciao'], 'nota.txt', { type: 'text/plain' })
  const file = await operator.api.tickets.attach({ ticketId: id, id: newId(), file: content })

  const seenBy = async ({ api }: Person) => {
    const { tickets } = await api.tickets.list({ citizenId: citizen.id })
    const story = await api.citizens.story({ id: citizen.id, reasonKind: 'search' })
    const context = await api.citizens.context({ number: '+390255519876', contactId: newId() })
    expect([story, context].map(({ citizens }) => citizens[0]?.id)).toEqual([citizen.id, citizen.id])
    return [tickets, story.tickets, context.tickets].map((rows) => rows.map((row) => row.id))
  }
  expect(await seenBy(operator)).toEqual([[id], [id], [id]])
  expect(await seenBy(taxes)).toEqual([[], [], []])
  expect(await (await operator.api.tickets.attachment({ ticketId: id, id: file.id })).text()).toBe('ciao')
  await expect(taxes.api.tickets.attachment({ ticketId: id, id: file.id })).rejects.toMatchObject({
    ...{ status: 404, data: { code: 'ticket-gone' } },
  })
})

test('a token that is expired, of another audience, issuer, key, kind or scope, or of nobody, is refused', async () => {
  const [signing] = (await issuerKeys(crm.store.db)).signing
  if (!signing) throw new Error('the issuer has no key')
  const ours = await importJWK(signing, 'ES256')
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ])
  const good = {
    iss: `${crm.url}/oidc`,
    aud: crmAudience,
    sub: people.get('operator')?.id ?? '',
    scope: 'crm',
    client_id: 'desk',
    grant: await addGrant(crm.store.db, people.get('operator')?.id ?? ''),
    exp: Math.floor(Date.now() / 1000) + 300,
  }
  const ask = async (over: Partial<typeof good>, key = ours, typ = 'at+jwt') => {
    const jwt = new SignJWT({ ...good, ...over })
    const token = await jwt.setProtectedHeader({ alg: 'ES256', typ, kid: signing.kid ?? '' }).sign(key)
    return (await fetch(`${crm.url}${crmPrefix}/me`, { headers: { authorization: `Bearer ${token}` } }))
      .status
  }
  expect(await ask({})).toBe(200)
  const refused = {
    expired: await ask({ exp: good.exp - 600 }),
    audience: await ask({ aud: 'https://other.invalid' }),
    issuer: await ask({ iss: 'https://other.invalid' }),
    key: await ask({}, privateKey),
    kind: await ask({}, ours, 'JWT'),
    scope: await ask({ scope: 'profile' }),
    person: await ask({ sub: newId() }),
    'sign-in': await ask({ grant: newId() }),
  }
  expect(refused).toEqual({
    ...{ expired: 401, audience: 401, issuer: 401, key: 401, kind: 401, scope: 401, person: 401 },
    'sign-in': 401,
  })
  await crm.store.db
    .updateTable('users')
    .set({ deactivated_at: new Date().toISOString() })
    .where('id', '=', good.sub)
    .execute()
  expect(await ask({})).toBe(401)
})
