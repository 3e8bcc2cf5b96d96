import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { extendHorizon } from '../../src/crm/agenda/jobs.ts'
import { asActor } from '../../src/crm/audit/actor.ts'
import { referenceTables } from '../../src/crm/reference/rows.ts'
import { type CityChange, changeCity } from '../../src/crm/seed/change-city.ts'
import { loadFoundation } from '../../src/crm/seed/foundation.ts'
import { foundCity } from '../../src/crm/seed/seed.ts'
import { strangersOf } from '../../src/crm/tickets/rules.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import { addPerson, type Person, ticketArgs } from '../support/crm-city.ts'
import { type OwnCity, ownCity, writeCity } from '../support/own-city.ts'
import { startPostgres, waitingForLocks } from '../support/postgres.ts'

let folder: string
let crm: CrmUnderTest
let ada: Person
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-changed-'))
  crm = await startCrm()
  await foundCity(crm.store, await foundationOf(await ownCity()))
  await extendHorizon(crm.store.db, new Date())
  ada = await addPerson(crm, { roles: ['operator', 'administrator'] })
})
afterAll(async () => {
  await crm.stop()
  await rm(folder, { recursive: true, force: true })
})

let folders = 0
async function foundationOf(city: OwnCity) {
  folders += 1
  const written = await writeCity(join(folder, String(folders)), city)
  return loadFoundation(written, written)
}

const change = async (
  city: OwnCity,
  { apply, of = crm }: { apply: boolean; of?: CrmUnderTest },
): Promise<string[]> => {
  const foundation = await foundationOf(city)
  const actor = { operation: 'city.apply' as const, user: null, device: null, request: null }
  const changes = await asActor(actor, () => changeCity(of.store.db, foundation, { apply, now: new Date() }))
  return changes.map(({ what, id, did, detail }: CityChange) => [what, id, did, detail].join(' ').trim())
}

test('what a city is made of changes by its folder: shown first, whole, told to the desks, ended and never lost', async () => {
  const request = ticketArgs({ topicId: 'wells' })
  const opened = await ada.api.tickets.open(request)
  const { deviceId: device } = await ada.api.devices.register({ name: 'Desk' })
  const page = async (cursor: string | undefined) => {
    const lines = await pullPage(crm.url, ada.authorization, { device, cursor, limit: 500 })
    const end = lines.at(-1)
    return { lines, cursor: end?.type === 'end' ? end.cursor : undefined }
  }
  const { cursor } = await page((await page(undefined)).cursor)

  const city = await ownCity()
  city.topics = city.topics.map((topic) => {
    if (topic.id === 'wells') return { ...topic, id: 'springs' }
    return topic.id === 'water-bill' ? { ...topic, team: 'water-office' } : topic
  })
  city.teams = city.teams.map((team) =>
    team.id === 'waterworks' ? { ...team, id: 'water-office', kind: 'specialist' } : team,
  )
  city.routing = []
  for (const rule of city.terms.rules) rule.days = 15
  const expected = [
    'team water-office new',
    'team waterworks ended',
    'topic water-bill changed team: waterworks → water-office',
    'topic springs new',
    'topic wells ended 1 open requests are about it',
    'rulebook city changed terms, routing; 1 open requests are worked out anew',
  ]
  expect(await change(city, { apply: false })).toEqual(expected)
  const { ticket: before } = await ada.api.tickets.get({ id: request.id })
  expect(before).toMatchObject({ version: opened.version, clock: opened.clock })
  expect(await change(city, { apply: true })).toEqual(expected)
  expect(await change(city, { apply: true })).toEqual([])

  const { ticket } = await ada.api.tickets.get({ id: request.id })
  expect(opened.clock.steps).toContainEqual(expect.objectContaining({ step: 'term', days: 10 }))
  expect(ticket.clock.steps).toContainEqual(expect.objectContaining({ step: 'term', days: 15 }))
  const heard = new Map<string, unknown>()
  for (const line of (await page(cursor)).lines)
    if (line.type === 'row') heard.set(`${line.entity} ${line.id}`, line.row)
  expect(heard.get('topic wells')).toMatchObject({ ended: true, version: 2, team: 'wardens' })
  expect(heard.get('team waterworks')).toMatchObject({ ended: true })
  expect(heard.get('topic springs')).toMatchObject({ version: 1 })
  expect(heard.get(`ticket ${request.id}`)).toMatchObject({ dueOn: ticket.dueOn })
  const [entry] = (await ada.api.audit.list({})).entries
  expect(entry?.operation).toBe('city.apply')

  const handOver = {
    ...{ do: 'hand-over', team: 'waterworks', from: 'wardens' },
    ...{ reason: 'Per loro', reference: null },
  } as const
  const toNobody = ada.api.tickets.act({ ticketId: request.id, id: newId(), action: handOver })
  await expect(toNobody).rejects.toMatchObject({ data: { code: 'team-unknown' } })
  // What a desk entered while it was away is taken all the same.
  expect(await ada.api.tickets.open(ticketArgs({ topicId: 'wells' }))).toMatchObject({ team: 'wardens' })

  expect(await change(await ownCity(), { apply: true })).toEqual([
    'team waterworks begins again',
    'team water-office ended',
    'topic water-bill changed team: water-office → waterworks',
    'topic wells begins again',
    'topic springs ended',
    'rulebook city changed terms, routing; 2 open requests are worked out anew',
  ])
})

async function withAnnex(): Promise<OwnCity> {
  const two = await ownCity()
  two.offices.push(...two.offices.map((office) => ({ ...office, id: 'annex', name: 'Succursale' })))
  return two
}

test('an office ends without hours, and not while somebody has an appointment there, or may still book one', async () => {
  const two = await withAnnex()
  expect(await change(two, { apply: true })).toEqual(['office annex new'])
  const serviceIds = ['meter']
  const free = async (office: string) =>
    (await ada.api.agenda.nextFree({ serviceIds, officeIds: [office] })).offers
  const [offer] = await free('annex')
  if (!offer) throw new Error('the new office has no free place')
  const { id } = await ada.api.appointments.book({
    ...{ id: newId(), serviceIds, officeId: 'annex', startsAt: offer.startsAt, channel: 'phone' },
  })
  const blocked = ['office annex ended 1 appointments in it are to come: close it first']
  expect(await change(await ownCity(), { apply: true })).toEqual(blocked)
  expect((await free('annex')).length).toBeGreaterThan(0)
  await ada.api.appointments.cancel({ id, by: 'citizen' })

  // A desk books from what it was lent while it is away.
  const { deviceId } = await ada.api.devices.register({ name: 'Desk' })
  const lease = newId()
  const wish = { id: lease, deviceId, serviceId: 'meter', officeIds: ['annex'], count: 2 }
  expect((await ada.api.appointments.lease(wish)).seats).toHaveLength(2)
  const hold = newId()
  await ada.api.appointments.hold({ id: hold, serviceIds, officeId: 'annex', startsAt: offer.startsAt })
  expect(await change(await ownCity(), { apply: true })).toEqual([
    'office annex ended 3 places in it are lent to desks or held: close it first',
  ])
  await ada.api.appointments.releaseLease({ id: lease })
  await ada.api.appointments.releaseHold({ id: hold })
  expect(await change(await ownCity(), { apply: true })).toEqual(['office annex ended'])
  expect(await free('annex')).toEqual([])
  expect((await free('town-hall')).length).toBeGreaterThan(0)
})

test('desks work on while a city is changed, but nobody books in an office that ends', async () => {
  const postgres = await startPostgres()
  const live = await startCrm({ databaseUrl: await postgres.createDatabase() })
  onTestFinished(async () => {
    await live.stop()
    await postgres.stop()
  })
  const { db } = live.store
  await foundCity(live.store, await foundationOf(await withAnnex()))
  await extendHorizon(db, new Date())
  const { api } = await addPerson(live)
  const serviceIds = ['meter']
  const book = async (officeId: string) => {
    const { offers } = await api.agenda.nextFree({ serviceIds, officeIds: [officeId] })
    const startsAt = offers[0]?.startsAt ?? ''
    return () => api.appointments.book({ id: newId(), serviceIds, officeId, startsAt, channel: 'phone' })
  }
  const [bookHere, bookThere] = [await book('town-hall'), await book('annex')]
  const waiting = (count: number) => expect.poll(() => waitingForLocks(db), { timeout: 10_000 }).toBe(count)

  const { changed, late } = await db.transaction().execute(async (trx) => {
    // What the change comes to last.
    await sql`select 1 from ${sql.table(referenceTables.rulebook)} for update`.execute(trx)
    const changed = change(await ownCity(), { apply: true, of: live })
    await waiting(1)
    const work = Promise.all([api.tickets.open(ticketArgs({ topicId: 'wells' })), bookHere()])
    const isDone = await Promise.race([work.then(() => true), waiting(2).then(() => false)])
    expect(isDone, 'a request and a booking did not wait').toBe(true)
    const late = bookThere().then(
      () => 'booked',
      (error) => error.data?.code,
    )
    await waiting(2)
    return { changed, late }
  })
  expect(await changed).toEqual(['office annex ended'])
  expect(await late).toBe('slot-taken')
})

test('a city that was founded with topics of no team, or of one that has ended, is told so at its start', async () => {
  expect(await strangersOf(crm.store.db)).toEqual([])
  const name = { it: 'Fontane', en: 'Fountains' }
  await crm.store.db
    .insertInto('teams')
    .values({ id: 'navvies', body: JSON.stringify({ name, kind: 'specialist', contact: null, ended: true }) })
    .execute()
  const topic = (id: string, team: string, ended: boolean) => ({
    id,
    body: JSON.stringify({ parentId: 'water', team, name, keywords: '', ended }),
  })
  await crm.store.db
    .insertInto('topics')
    .values([
      topic('canals', 'navvies', false),
      topic('old-canals', 'navvies', true),
      topic('fountains', 'waterwroks', false),
    ])
    .execute()
  expect(await strangersOf(crm.store.db)).toEqual([
    'topic canals: the team navvies has ended',
    'topic fountains: no team waterwroks',
  ])
})
