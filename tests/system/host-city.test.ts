import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Draft, emptyDraft } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { attachMediaEnd, type MediaEnd } from '../support/media-end.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
let host: TestHost
let client: DeskClient
let media: MediaEnd

beforeAll(async () => {
  city = await openTestCity(150)
})
afterAll(() => city.close())

beforeEach(async () => {
  host = await startHost({ crmUrl: city.url })
  client = host.client
  media = await attachMediaEnd(client)
  await host.signIn('elena')
  await until(await client.system.watch(), (now) => now.phone.state === 'registered')
  await until(await client.system.watch(), (now) => now.cache.state === 'ready')
  await client.agent.setDesired({ desired: { kind: 'ready' } })
  await until(await client.agent.watch(), (view) => view.engine.kind === 'ready')
})
afterEach(async () => {
  for (const caller of city.practice.line.calls()) caller.hangUp()
  await city.up()
  await media.leave()
  await host.stop()
})

const call = async (fits: (call: Call) => boolean): Promise<Call> => {
  const { calls } = await until(await client.calls.watch(), (now) => now.calls.some(fits))
  return calls.find(fits) as Call
}
const talk = async (scenario: string): Promise<string> => {
  city.practice.line.place(scenario)
  const { id } = await call((one) => one.state === 'ringing')
  await client.calls.answer({ callId: id })
  await call((one) => one.state === 'active')
  return id
}
const change = async (contactId: string, what: Partial<Draft>): Promise<void> => {
  const { work } = await client.work.list()
  const mine = work.find((one) => one.contactId === contactId)
  if (!mine) throw new Error('no such work')
  await client.work.save({ contactId, revision: mine.revision, draft: { ...mine.draft, ...what } })
}
const wrapUp = async (contactId: string): Promise<void> => {
  await client.calls.hangUp({ callId: contactId })
  const endedAt = async () =>
    (await client.work.list()).work.find((one) => one.contactId === contactId)?.endedAt ?? null
  await expect.poll(endedAt, { timeout: 10_000 }).not.toBeNull()
  await change(contactId, { wrapUp: { topicId: 'identity-card', outcome: 'appointment', triedBefore: [] } })
  await client.work.close({ contactId, next: { kind: 'ready' } })
}
const sent = async () => {
  await until(await client.system.watch(), (now) => now.outbox.pending === 0)
  await expect.poll(async () => (await client.outbox.list()).entries, { timeout: 15_000 }).toEqual([])
}
const freeSlot = async () => {
  const from = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const to = new Date(Date.now() + 21 * 86_400_000).toISOString().slice(0, 10)
  const found = await client.slots.find({ serviceId: 'identity-card', officeId: null, from, to })
  const slot = found.slots.find((one) => one.booked < one.capacity)
  if (!slot) throw new Error('no free slot')
  return { slot, from: found.from, find: { serviceId: 'identity-card', officeId: null, from, to } }
}

describe('who calls', () => {
  it('a household: all of them from the cache, then confirmed by the CRM, each look audited once', async () => {
    city.practice.line.place('household')
    const { id } = await call((one) => one.state === 'ringing')
    const first = await until(await client.caller.watch({ callId: id }), (view) => view.number === 'known')
    expect(first.stories).toHaveLength(3)
    const view = await until(await client.caller.watch({ callId: id }), (now) => now.crm === 'answered')
    expect(view.stories.map((story) => story.citizen.givenName).sort()).toEqual(['Andrea', 'Sofia', 'Teresa'])
    await client.calls.answer({ callId: id })
    const [story] = view.stories
    if (!story) throw new Error('nobody')
    await client.work.identify({ contactId: id, citizenId: story.citizen.id, identification: 'birth-date' })
    await wrapUp(id)
    await sent()
    const reads = await city.store.db
      .selectFrom('reads')
      .selectAll()
      .where('citizen_id', '=', story.citizen.id)
      .execute()
    expect(reads.map((read) => read.source).sort()).toEqual(['cache', 'crm'])
  })

  it('one whom only the CRM knows: looked for, then known, with a story to work with', async () => {
    city.practice.line.place('known-only-to-crm')
    const { id } = await call((one) => one.state === 'ringing')
    const view = await until(await client.caller.watch({ callId: id }), (now) => now.crm === 'answered')
    expect(view).toMatchObject({ number: 'known', from: 'crm' })
    const citizenId = view.stories[0]?.citizen.id ?? ''
    const story = await client.citizens.story({ citizenId, callId: id })
    expect(story).toMatchObject({ from: 'crm', citizen: { id: citizenId } })
    const found = await client.citizens.search({ text: story.citizen.familyName })
    expect(found.complete).toBe(true)
    expect(found.citizens.map((citizen) => citizen.id)).toContain(citizenId)
  })

  it('an unknown number: the CRM has nobody either', async () => {
    city.practice.line.place('unknown-number')
    const { id } = await call((one) => one.state === 'ringing')
    const view = await until(await client.caller.watch({ callId: id }), (now) => now.crm === 'answered')
    expect(view).toMatchObject({ number: 'unknown', from: null, stories: [] })
  })
})

describe('the work of a call', () => {
  it('is booked, asked and closed with the CRM: confirmed, and nothing left to send', async () => {
    const contactId = await talk('identity-card')
    const view = await until(
      await client.caller.watch({ callId: contactId }),
      (now) => now.number === 'known',
    )
    const citizenId = view.stories[0]?.citizen.id ?? ''
    await client.work.identify({ contactId, citizenId, identification: 'birth-date' })
    const { slot, from, find } = await freeSlot()
    expect(from).toBe('crm')
    const { appointmentId } = await client.work.book({
      contactId,
      slotId: slot.id,
      serviceId: 'identity-card',
    })
    await until(await client.changes.watch(), (notice) => notice.entities.length > 0)
    await expect
      .poll(async () => (await client.work.made({ contactId })).appointments[0], { timeout: 15_000 })
      .toMatchObject({ id: appointmentId, state: 'confirmed', citizenId, code: expect.any(String) })
    const after = await client.slots.find(find)
    expect(after.slots.find((one) => one.id === slot.id)?.booked).toBe(slot.booked + 1)
    await wrapUp(contactId)
    await sent()
    await until(await client.agent.watch(), (now) => now.engine.kind === 'ready')
  })

  it('goes on when the CRM stops in the middle, and arrives once when it is back', async () => {
    const contactId = await talk('identity-card')
    await change(contactId, { note: 'Vuole la carta prima di Natale' })
    const before = await freeSlot()
    await client.work.book({ contactId, slotId: before.slot.id, serviceId: 'identity-card' })
    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')

    const offline = await freeSlot()
    expect(offline.from).toBe('cache')
    await client.work.book({ contactId, slotId: offline.slot.id, serviceId: 'identity-card' })
    const ticket = {
      contactId,
      kind: 'report',
      topicId: 'identity-card',
      text: 'Modulo illeggibile',
    } as const
    await client.work.openTicket(ticket)
    const made = await client.work.made({ contactId })
    expect(made.tickets).toMatchObject([{ protocol: null }])
    expect(made.appointments).toHaveLength(2)
    await wrapUp(contactId)
    expect((await client.outbox.list()).entries.length).toBeGreaterThanOrEqual(3)

    await city.up()
    await client.system.retry()
    await sent()
    const { db } = city.store
    const rows = async (table: 'appointments' | 'tickets') =>
      db.selectFrom(table).select('id').where('contact_id', '=', contactId).execute()
    expect(await rows('appointments')).toHaveLength(2)
    expect(await rows('tickets')).toHaveLength(1)
    const contacts = await db.selectFrom('contacts').selectAll().where('id', '=', contactId).execute()
    expect(contacts).toMatchObject([{ note: 'Vuole la carta prima di Natale', outcome: 'appointment' }])
    expect(host.log()).not.toMatch(/Natale|illeggibile|Brambilla|\+39348/)
  })

  it('is done in a shift that began before the CRM went away, over a restart of the host', async () => {
    const { dataDir } = host
    await media.leave()
    await host.stop({ keep: true })
    await city.down()
    host = await startHost({ crmUrl: city.url, dataDir })
    client = host.client
    media = await attachMediaEnd(client)
    const session = await until(await client.session.watch(), (now) => now.phase === 'signed-in')
    expect(session).toMatchObject({ offline: true, user: { givenName: 'Elena' } })
    await until(await client.system.watch(), (now) => now.phone.state === 'registered')
    await client.agent.setDesired({ desired: { kind: 'ready' } })
    await until(await client.agent.watch(), (now) => now.engine.kind === 'ready')
    const contactId = await talk('household')
    const view = await until(await client.caller.watch({ callId: contactId }), (now) => now.crm === 'away')
    expect(view).toMatchObject({ number: 'known', from: 'cache' })
    await change(contactId, { ...emptyDraft, note: 'Senza CRM' })
    await wrapUp(contactId)
    await city.up()
    await client.system.retry()
    await until(await client.session.watch(), (now) => now.phase === 'signed-in' && !now.offline)
    await sent()
    const contacts = await city.store.db
      .selectFrom('contacts')
      .select('note')
      .where('id', '=', contactId)
      .execute()
    expect(contacts).toEqual([{ note: 'Senza CRM' }])
  })
})

it('refuses a wrong password at the issuer, and signs out to where it began', async () => {
  await client.session.signOut()
  await until(await client.session.watch(), (now) => now.phase === 'signed-out')
  await until(await client.system.watch(), (now) => now.phone.state === 'off')
  await expect(host.signIn('elena', 'sbagliata')).rejects.toThrow('401')
  await expect(client.reference.all()).rejects.toMatchObject({ data: { code: 'signed-out' } })
  await host.signIn('luca')
  await until(await client.system.watch(), (now) => now.phone.state === 'registered')
  expect((await client.reference.all()).services.length).toBeGreaterThan(3)
})
