import { decodeJwt, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crmAudience, crmPrefix } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'
import { signOut } from '../../src/crm/identity/accounts.ts'
import { type ClientAction, clientCommand } from '../../src/crm/identity/client-command.ts'
import { issuerKeys } from '../../src/crm/identity/keys.ts'
import { type CrmUnderTest, crmApi, pullPage, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addClientOf,
  addDesk,
  addPerson,
  addStream,
  command,
  fillSmallCity,
  type Person,
  smallCity,
  someCitizen,
} from '../support/crm-city.ts'
import { beginSignIn, clientToken } from '../support/sign-in.ts'

let crm: CrmUnderTest
let administrator: Person
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  administrator = await addPerson(crm, { roles: ['administrator'] })
})
afterAll(() => crm.stop())

const client = (action: ClientAction, name?: string, options: { role?: string[]; team?: string[] } = {}) =>
  clientCommand(crm.store.db, action, name, options)
const rights = { role: ['operator'], team: ['first-level'] }
async function added(name: string) {
  const said = await client('add', name, rights)
  const [id = '', secret = ''] = [
    /^client_id\t(.+)$/m.exec(said)?.[1],
    /^client_secret\t(.+)$/m.exec(said)?.[1],
  ]
  const { accessToken } = await clientToken(crm.url, { id, secret })
  return { id, secret, accessToken, api: crmApi(crm.url, `Bearer ${accessToken}`) }
}

test('another system signs in by its secret; what it does and reads is written down as its own', async () => {
  const { id, api } = await added('portal')
  expect(await api.me()).toMatchObject({ id, name: 'portal', roles: ['operator'], teams: ['first-level'] })
  const citizen = await addCitizen(crm.store.db)
  const ticketId = newId()
  await api.tickets.open({
    ...{ id: ticketId, kind: 'report', topicId: smallCity.topic, text: 'Un lampione spento.' },
    citizenId: citizen.id,
  })
  await api.citizens.get({ id: citizen.id, reasonKind: 'ticket', reasonId: ticketId })
  const { reads } = await administrator.api.citizens.reads({ id: citizen.id })
  const read = { userName: 'portal', reason: { kind: 'ticket', id: ticketId } }
  expect(reads).toMatchObject([read, read])
  const { entries } = await administrator.api.audit.list({ rowId: ticketId })
  expect(entries).toMatchObject([{ operation: 'tickets.open', userId: id, userName: 'portal' }])
})

test('the platform that reports are handed over to takes them, and writes back its numbers', async () => {
  await crm.store.db
    .insertInto('teams')
    .values({
      id: 'city-care',
      body: JSON.stringify({ name: { it: 'Strade', en: 'Roads' }, kind: 'external', contact: null }),
    })
    .execute()
  const desk = await addPerson(crm)
  const report = await desk.api.tickets.open({
    ...{ id: newId(), kind: 'report', topicId: smallCity.topic, text: 'Una buca in via Larga.' },
  })
  await desk.api.tickets.act({
    ...{ ticketId: report.id, id: newId() },
    action: { do: 'hand-over', team: 'city-care', reason: 'È loro.', reference: null, from: 'registry' },
  })
  const platform = await addClientOf(crm, { roles: ['operator'], teams: ['city-care'] })
  const theirs = async () => (await platform.api.tickets.ofTeam({ team: 'city-care' })).tickets
  expect(await theirs()).toMatchObject([{ id: report.id, text: 'Una buca in via Larga.', reference: null }])
  await expect(platform.api.tickets.ofTeam({ team: 'registry' })).rejects.toMatchObject({ status: 403 })
  const id = newId()
  const numbered = { do: 'hand-over', team: 'city-care', reason: 'Presa.', from: 'city-care' } as const
  const number = () =>
    platform.api.tickets.act({ ticketId: report.id, id, action: { ...numbered, reference: 'SEG-77' } })
  expect(await number()).toMatchObject({ ticket: { reference: 'SEG-77', team: 'city-care', rerouted: 1 } })
  // An answer that was lost is asked for again.
  expect(await number()).toMatchObject({ entry: { id } })
  expect(await theirs()).toMatchObject([{ reference: 'SEG-77' }])
  const { entries } = await desk.api.tickets.get({ id: report.id })
  expect(entries.at(-1)).toMatchObject({ authorId: platform.id, what: { reference: 'SEG-77' } })
})

test('it sends commands as a desk does, and pulls no copy of whom the city knows', async () => {
  const portal = await addClientOf(crm)
  const desk = await addDesk(crm, portal)
  const { deviceId } = desk
  const streamId = await addStream(portal, desk)
  const citizen = someCitizen({ phones: [] })
  const { results } = await desk.api.sync.push({
    streamId,
    commands: [command(1, 'citizen.create', citizen)],
  })
  expect(results).toMatchObject([{ status: 'applied' }])
  const pulled = pullPage(crm.url, portal.authorization, { device: deviceId })
  await expect(pulled).rejects.toThrow('403')
})

test('a wrong secret, another’s, one of none, or a client that ended is refused', async () => {
  const [one, two] = [await added('lampioni'), await added('strade')]
  const refused = (asked: { id: string; secret: string }) =>
    expect(clientToken(crm.url, asked)).rejects.toThrow(/token: 401 .*invalid_client/)
  await refused({ id: one.id, secret: `${one.secret}x` })
  await refused({ id: one.id, secret: two.secret })
  await refused({ id: newId(), secret: one.secret })
  await refused({ id: administrator.id, secret: '-' })
  // The hash that is kept is no secret.
  const { password_hash } = await crm.store.db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', one.id)
    .executeTakeFirstOrThrow()
  await refused({ id: one.id, secret: password_hash })

  expect(await client('list')).toMatch(/^lampioni\toperator\tfirst-level\tactive\t/m)
  await client('end', 'lampioni')
  await expect(one.api.me()).rejects.toMatchObject({ status: 401 })
  await refused(one)
  expect(await two.api.me()).toMatchObject({ name: 'strade' })
  expect(await client('list')).toMatch(/^lampioni\toperator\tfirst-level\tended /m)
  // Begun again it is the same, with another secret.
  const again = await added('lampioni')
  expect(again.id).toBe(one.id)
  await refused(one)
  // Nor are the tokens of before good again by its new sign-in.
  expect(await again.api.me()).toMatchObject({ id: one.id })
  await expect(one.api.me()).rejects.toMatchObject({ status: 401 })

  const { entries } = await administrator.api.audit.list({ rowId: one.id })
  expect(entries.map(({ operation }) => operation)).toEqual(['client.add', 'client.end', 'client.add'])
  expect(JSON.stringify(entries)).not.toContain(password_hash)
})

test('who signs it out ends its tokens, not the client', async () => {
  const { id, secret, api } = await added('statistica')
  await signOut(crm.store.db, id)
  await expect(api.me()).rejects.toMatchObject({ status: 401 })
  const { accessToken } = await clientToken(crm.url, { id, secret })
  const anew = crmApi(crm.url, `Bearer ${accessToken}`)
  expect(await anew.me()).toMatchObject({ id })
  await expect(api.me()).rejects.toMatchObject({ status: 401 })
  // Those of one sign-in after another are all good.
  await clientToken(crm.url, { id, secret })
  expect(await anew.me()).toMatchObject({ id })
})

test('a token of another audience, or of no sign-in, is refused', async () => {
  const { id, accessToken } = await added('anagrafe')
  const { grant } = decodeJwt(accessToken)
  const [signing] = (await issuerKeys(crm.store.db)).signing
  if (!signing) throw new Error('the issuer has no key')
  const key = await importJWK(signing, 'ES256')
  const ask = async (over: { aud?: string; grant?: string }) => {
    const claims = { aud: crmAudience, grant, sub: id, client_id: id, scope: 'crm', ...over }
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: signing.kid ?? '' })
      .setIssuer(`${crm.url}/oidc`)
      .setExpirationTime('5m')
      .sign(key)
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${crm.url}${crmPrefix}/me`, { headers })).status
  }
  expect(await ask({})).toBe(200)
  expect(await ask({ aud: 'https://other.invalid' })).toBe(401)
  expect(await ask({ grant: 'none' })).toBe(401)
})

test('it is nobody’s colleague, and signs in where people do with nothing', async () => {
  const { id, secret } = await added('turni')
  const { members } = await administrator.api.tickets.members({ team: 'first-level' })
  expect(members.map((member) => member.id)).not.toContain(id)
  for (const password of [secret, '-'])
    expect((await (await beginSignIn(crm.url)).submit('client:turni', password)).status).toBe(401)
})

test.each([
  ['a name that is none', 'Portal!', rights, 'small letters'],
  ['a name that is taken', 'portal', rights, 'already'],
  ['no role', 'altro', { team: ['first-level'] }, '--role'],
  ['no team', 'altro', { role: ['operator'] }, '--team'],
  ['a team that is not there', 'altro', { ...rights, team: ['nowhere'] }, 'Teams: '],
])('refuses %s', async (_what, name, options, says) => {
  await expect(client('add', name, options)).rejects.toThrow(says)
})

test('refuses to end what is not there', async () => {
  await expect(client('end', 'nessuno')).rejects.toThrow('There is no client')
})
