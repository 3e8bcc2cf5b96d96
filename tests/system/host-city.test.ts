import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Draft, emptyDraft } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { newId } from '#contract/domain/ids.ts'
import { maskNumber } from '#contract/domain/phone-number.ts'
import { assign } from '../../src/crm/agenda/assign.ts'
import { affectedBy } from '../../src/crm/agenda/closure-report.ts'
import { closeOffice } from '../../src/crm/agenda/closures.ts'
import { lapseProposals } from '../../src/crm/agenda/jobs.ts'
import { settleClosure } from '../../src/crm/agenda/settling.ts'
import { book, reschedule } from '../../src/crm/appointments/visits.ts'
import { announceChanges, appendChange } from '../../src/crm/sync/changes.ts'
import { identify, saveInDraft } from '../support/drafts.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { attachMediaEnd, type MediaEnd } from '../support/media-end.ts'
import { romeDate } from '../support/opening.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
let host: TestHost
let client: DeskClient
let media: MediaEnd

beforeAll(async () => {
  city = await openTestCity()
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
const change = (contactId: string, what: Partial<Draft>): Promise<void> =>
  saveInDraft(client, contactId, what)
const wrapUp = async (contactId: string): Promise<void> => {
  await client.calls.hangUp({ callId: contactId })
  const endedAt = async () =>
    (await client.work.list()).work.find((one) => one.contactId === contactId)?.endedAt ?? null
  await expect.poll(endedAt, { timeout: 10_000 }).not.toBeNull()
  await change(contactId, {
    wrapUp: { topicId: 'identity-card', outcome: 'appointment', triedBefore: [], triedDetail: '' },
  })
  await client.work.close({ contactId, next: { kind: 'ready' } })
}
const sent = async () => {
  await until(await client.system.watch(), (now) => now.outbox.pending === 0)
  await expect.poll(async () => (await client.outbox.list()).entries, { timeout: 15_000 }).toEqual([])
}
const serviceIds = ['identity-card']
const freePlace = async (skip = 0) => {
  const { offers, from } = await client.slots.next({ serviceIds, officeIds: null, after: null, limit: 20 })
  const offer = offers.filter(({ free }) => free > 0)[skip]
  if (!offer) throw new Error('no free place')
  const { free, ...visit } = offer
  const monday = visit.startsAt.slice(0, 10)
  const freeNow = async () =>
    (await client.slots.week({ serviceIds, officeId: visit.officeId, monday })).offers.find(
      (one) => one.slotId === visit.slotId,
    )?.free
  return { visit, free, from, freeNow, book: { serviceIds, visit, notify: [] } }
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
    await identify(client, { contactId: id, citizenId: story.citizen.id, identification: 'birth-date' })
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

  it('one whom only the CRM knows, and it comes back in the call: known then', async () => {
    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')
    const id = await talk('known-only-to-crm')
    const watching = await client.caller.watch({ callId: id })
    expect(await until(await client.caller.watch({ callId: id }), (now) => now.crm === 'away')).toMatchObject(
      {
        number: 'unknown',
        stories: [],
      },
    )
    await city.up()
    await client.system.retry()
    expect(await until(watching, (now) => now.crm === 'answered')).toMatchObject({
      number: 'known',
      from: 'crm',
    })
    await wrapUp(id)
    await sent()
  })

  it('an unknown number: the CRM has nobody either', async () => {
    city.practice.line.place('unknown-number')
    const { id } = await call((one) => one.state === 'ringing')
    const view = await until(await client.caller.watch({ callId: id }), (now) => now.crm === 'answered')
    expect(view).toMatchObject({ number: 'unknown', from: null, stories: [] })
  })
})

describe('what identifies somebody', () => {
  /** Teresa's, but for the number that the household calls from: that one stands on the screen while it rings. */
  const secrets = async () => {
    const { db } = city.store
    const email = 'teresa.colombo@example.org'
    const { id, birth_date, fiscal_code } = await db.transaction().execute(async (trx) => {
      const row = await trx
        .updateTable('citizens')
        .set((eb) => ({ email, version: eb('version', '+', 1) }))
        .where('given_name', '=', 'Teresa')
        .where('family_name', '=', 'Colombo')
        .where('birth_date', '=', '1955-03-14')
        .returning(['id', 'version', 'birth_date', 'fiscal_code'])
        .executeTakeFirstOrThrow()
      await appendChange(trx, 'citizen', row.id, row.version)
      return row
    })
    await client.system.retry()
    await expect
      .poll(async () => (await client.citizens.search({ text: 'Teresa Colombo' })).citizens[0]?.email, {
        timeout: 15_000,
      })
      .toBe('t▪▪▪@example.org')
    return { citizenId: id, birthDate: birth_date ?? '', fiscalCode: fiscal_code ?? '', email }
  }
  const known = async (contactId: string) =>
    until(await client.caller.watch({ callId: contactId }), (view) => view.stories.length === 3)

  it('comes to no window whole before they are identified in the contact, with the CRM and without, and whole after', async () => {
    const { citizenId, birthDate, fiscalCode, email } = await secrets()
    const hidden = [birthDate, fiscalCode, email, '3470002210']
    const contactId = await talk('household')
    await until(await client.caller.watch({ callId: contactId }), (view) => view.crm === 'answered')

    // A window of its own: every byte that the port sends it.
    const page = await host.connect()
    const frames: string[] = []
    page.socket.on('message', (data) => frames.push(String(data)))
    const told = () => hidden.filter((secret) => frames.join('').includes(secret))
    const views = await page.client.caller.incoming()
    const ask = async () => {
      const story = await page.client.citizens.story({ citizenId, callId: contactId })
      await until(await page.client.caller.watch({ callId: contactId }), (view) => view.stories.length === 3)
      const found = await page.client.citizens.search({ text: 'Teresa Colombo' })
      const byCode = await page.client.citizens.search({ text: fiscalCode })
      const entered = { givenName: 'Teresa', familyName: 'Colombo', birthDate }
      const { alike } = await page.client.citizens.alike(entered)
      const { pairs } = await page.client.citizens.toCompare({ after: null }).catch(() => ({ pairs: [] }))
      await page.client.work.list()
      await page.client.work.made({ contactId: story.contacts[0]?.id ?? contactId })
      await page.client.outbox.list()
      expect(byCode.citizens.map(({ id }) => id)).toEqual([citizenId])
      expect(found.citizens.map(({ id }) => id)).toContain(citizenId)
      expect(alike.map(({ citizen }) => citizen.id)).toContain(citizenId)
      for (const { citizen } of pairs) expect(citizen.whole).toBeNull()
      return story
    }
    const online = await ask()
    expect(online.from).toBe('crm')
    expect(online.citizen).toMatchObject({
      ...{ givenName: 'Teresa', birthYear: 1955, whole: null },
      phones: expect.arrayContaining([{ number: '347 ▪▪▪ 2210', kind: 'mobile' }]),
      email: 't▪▪▪@example.org',
    })
    expect(told()).toEqual([])
    const change = { email: 'altra@example.org' }
    await expect(page.client.citizens.update({ citizenId, seen: { email }, change })).rejects.toMatchObject({
      data: { kind: 'forbidden', code: 'citizen-unidentified' },
    })
    await expect(page.client.citizens.setOptOuts({ citizenId, channels: ['sms'] })).rejects.toMatchObject({
      data: { kind: 'forbidden', code: 'citizen-unidentified' },
    })
    // Name and number are said by everybody who has the telephone in hand.
    await identify(client, { contactId, citizenId, identification: 'number-and-name' })
    await ask()

    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')
    const offline = await ask()
    expect(offline.citizen).toEqual(online.citizen)
    expect(told()).toEqual([])

    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    await until(views, (view) => view.stories.some(({ citizen }) => citizen.whole !== null))
    const whole = await page.client.citizens.story({ citizenId, callId: contactId })
    expect(whole.citizen.whole).toMatchObject({ birthDate, fiscalCode, email })
    expect(told()).toEqual(hidden)
    await client.citizens.update({ citizenId, seen: { email }, change })
    await expect(client.citizens.setOptOuts({ citizenId, channels: ['sms'] })).rejects.toMatchObject({
      data: { kind: 'unavailable', code: 'crm-away' },
    })

    // Somebody else speaks: whoever looks now sees no more than before.
    await identify(client, { contactId, citizenId: null, identification: 'none' })
    frames.length = 0
    expect((await page.client.citizens.story({ citizenId, callId: contactId })).citizen.whole).toBeNull()
    const after = await until(
      await page.client.caller.watch({ callId: contactId }),
      (view) => view.stories.length === 3,
    )
    expect(after.stories.every(({ citizen }) => citizen.whole === null)).toBe(true)
    expect(told()).toEqual([])
    await city.up()
    await client.system.retry()
    await wrapUp(contactId)
    await sent()
  })

  it('is shown by a draft only with the command that says how it is known', async () => {
    const contactId = await talk('household')
    const { stories } = await known(contactId)
    const citizenId = stories[0]?.citizen.id ?? ''
    await change(contactId, { citizenId, identification: 'fiscal-code' })
    expect((await client.citizens.story({ citizenId, callId: contactId })).citizen.whole).not.toBeNull()
    // Saved again by the window: said once is enough.
    await identify(client, { contactId, citizenId, identification: 'fiscal-code' })
    await change(contactId, { identification: 'none' })
    await wrapUp(contactId)
    await sent()
    const { rows } = await sql<{ to: string }>`
      select c.after->>'identification' as to from audit_changes c
      where c.row_id = ${contactId} and c.did = 'update' and c.after ? 'identification' order by c.id`.execute(
      city.store.db,
    )
    expect(rows.map(({ to }) => to)).toEqual(['fiscal-code', 'none'])
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
    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    const { visit, free, from, freeNow, book } = await freePlace()
    expect(from).toBe('crm')
    const { held } = await client.work.hold({ contactId, serviceIds, ...visit })
    expect(held).toMatchObject({ officeId: visit.officeId, counter: expect.any(Number) })
    // What the desk was told of a document keeps it from asking for what the CRM will refuse.
    const early = { reason: 'renewal', expiry: romeDate(200) } as const
    await expect(client.work.book({ contactId, ...book, checked: early })).rejects.toMatchObject({
      data: { code: 'renewal-too-early', params: { days: 180 } },
    })
    const stolen = { ...early, reason: 'theft' } as const
    const { appointmentId } = await client.work.book({ contactId, ...book, checked: stolen })
    await until(await client.changes.watch(), (notice) => notice.entities.length > 0)
    await expect
      .poll(async () => (await client.work.made({ contactId })).appointments[0], { timeout: 15_000 })
      .toMatchObject({ id: appointmentId, state: 'confirmed', citizenId, code: expect.any(String) })
    expect(await freeNow()).toBe(free - 1)
    for (const [language, words] of [
      ['it', 'Per spostarlo o disdirlo'],
      ['en', 'To move or cancel it'],
      ['fr', 'Pour le déplacer ou l’annuler'],
    ] as const) {
      const { text } = await client.appointments.calendarFile({ appointmentId, language })
      expect(text.replaceAll('\r\n ', '')).toContain(words)
    }
    await wrapUp(contactId)
    await sent()
    await until(await client.agent.watch(), (now) => now.engine.kind === 'ready')
  })

  it('is confirmed to a caller who is linked to no record on the mobile they call from, and once more when that is asked for', async () => {
    const contactId = await talk('identity-card')
    const { work } = await client.work.list()
    const from = work.find((one) => one.contactId === contactId)?.remote.e164 ?? ''
    expect(from).toMatch(/^\+393/)
    const { book } = await freePlace()
    const { appointmentId } = await client.work.book({ contactId, ...book, notify: ['sms'] })
    await expect
      .poll(async () => (await client.work.made({ contactId })).appointments[0], { timeout: 15_000 })
      .toMatchObject({ id: appointmentId, state: 'confirmed', citizenId: null })
    const recipient = maskNumber(from)
    const { messages } = await client.appointments.messages({ appointmentId })
    expect(messages).toMatchObject([{ kind: 'confirmation', channel: 'sms', recipient }])
    const messageId = newId()
    const asked = { appointmentId, messageId, channel: 'whatsapp' as const }
    const again = await client.appointments.sendAgain(asked)
    expect(again.messages.find(({ id }) => id === messageId)).toMatchObject({
      channel: 'whatsapp',
      recipient,
    })
    expect((await client.appointments.sendAgain(asked)).messages).toHaveLength(2)
    await wrapUp(contactId)
    await sent()
  })

  it('keeps a place while the operator talks: once, longer, elsewhere, until it is given back', async () => {
    const contactId = await talk('identity-card')
    const first = await freePlace()
    const { held } = await client.work.hold({ contactId, serviceIds, ...first.visit })
    expect(await first.freeNow()).toBe(first.free - 1)
    // A window that has just been loaded asks again.
    const again = await client.work.hold({ contactId, serviceIds, ...first.visit })
    expect(again.held?.id).toBe(held?.id)
    const longer = await client.work.renewHold({ contactId })
    expect(Date.parse(longer.held.heldUntil)).toBeGreaterThanOrEqual(Date.parse(held?.heldUntil ?? ''))
    const second = await freePlace(5)
    await client.work.hold({ contactId, serviceIds, ...second.visit })
    expect(await first.freeNow()).toBe(first.free)
    expect(await second.freeNow()).toBe(second.free - 1)
    await client.work.releaseHold({ contactId })
    expect(await second.freeNow()).toBe(second.free)
    await expect(client.work.renewHold({ contactId })).rejects.toMatchObject({
      data: { code: 'hold-expired' },
    })
    await client.work.hold({ contactId, serviceIds, ...second.visit })
    await wrapUp(contactId)
    await expect.poll(second.freeNow).toBe(second.free)
  })

  it('moves an appointment in one step, and cancels it with the reason', async () => {
    const contactId = await talk('identity-card')
    const from = await freePlace()
    const { appointmentId } = await client.work.book({ contactId, ...from.book })
    const state = async () => (await client.work.made({ contactId })).appointments[0]
    await expect.poll(state, { timeout: 15_000 }).toMatchObject({ state: 'confirmed' })
    const code = (await state())?.code
    const to = await freePlace(8)
    await client.work.hold({ contactId, serviceIds, ...to.visit })
    await client.work.reschedule({ contactId, appointmentId, visit: to.visit, notify: [] })
    await expect.poll(state, { timeout: 15_000 }).toMatchObject({
      state: 'confirmed',
      startsAt: expect.stringContaining(to.visit.startsAt.slice(0, 16)),
      code,
    })
    await expect.poll(from.freeNow).toBe(from.free)
    const why = 'Ha trovato posto altrove'
    await client.work.cancelAppointment({ contactId, by: 'citizen', appointmentId, reason: why, notify: [] })
    await expect
      .poll(state, { timeout: 15_000 })
      .toMatchObject({ state: 'cancelled-by-citizen', reason: why })
    await expect(
      client.work.cancelAppointment({ contactId, by: 'citizen', appointmentId, reason: null, notify: [] }),
    ).rejects.toMatchObject({ data: { code: 'appointment-settled' } })
    await wrapUp(contactId)
    await sent()
  })

  it('cancels because the office asked, which says why', async () => {
    const contactId = await talk('identity-card')
    const { appointmentId } = await client.work.book({ contactId, ...(await freePlace()).book })
    const state = async () => (await client.work.made({ contactId })).appointments[0]
    await expect.poll(state, { timeout: 15_000 }).toMatchObject({ state: 'confirmed' })
    const byOffice = { contactId, appointmentId, by: 'office' as const, notify: [] }
    await expect(client.work.cancelAppointment({ ...byOffice, reason: null })).rejects.toMatchObject({
      data: { code: 'input-invalid' },
    })
    await client.work.cancelAppointment({ ...byOffice, reason: 'Manca il funzionario' })
    await sent()
    expect(await state()).toMatchObject({ state: 'cancelled-by-office', reason: 'Manca il funzionario' })
    await wrapUp(contactId)
    await sent()
  })

  it('moves nobody’s appointment for another of the household', async () => {
    const contactId = await talk('household')
    const { stories } = await until(
      await client.caller.watch({ callId: contactId }),
      (view) => view.crm === 'answered',
    )
    const [whose, other] = stories.map(({ citizen }) => citizen.id)
    if (!whose || !other) throw new Error('no household')
    await change(contactId, { citizenId: whose, choice: 'person' })
    const from = await freePlace()
    const { appointmentId } = await client.work.book({ contactId, ...from.book })
    const made = async () =>
      (await client.work.made({ contactId })).appointments.find(({ id }) => id === appointmentId)
    await expect.poll(made, { timeout: 15_000 }).toMatchObject({ state: 'confirmed', citizenId: whose })
    const { visit } = await freePlace(8)
    const move = () => client.work.reschedule({ contactId, appointmentId, visit, notify: [] })
    for (const citizenId of [other, null]) {
      await change(contactId, { citizenId, choice: 'another' })
      await expect(move()).rejects.toMatchObject({
        data: { kind: 'conflict', code: 'appointment-of-another' },
      })
    }
    // Said by whose it is, as a refused one is tried again: whoever speaks by now.
    const theirs = { contactId, citizenId: whose }
    await client.work.reschedule({ ...theirs, appointmentId, visit: from.visit, notify: [] })
    const again = await client.work.book({ ...theirs, ...(await freePlace(9)).book })
    const { appointments } = await client.work.made({ contactId })
    expect(appointments.find(({ id }) => id === again.appointmentId)).toMatchObject({ citizenId: whose })
    await client.work.cancelAppointment({
      ...{ contactId, appointmentId: again.appointmentId, by: 'citizen', reason: null, notify: [] },
    })
    expect(await made()).toMatchObject({
      startsAt: expect.stringContaining(from.visit.startsAt.slice(0, 16)),
    })
    await change(contactId, { citizenId: whose, choice: 'person' })
    await move()
    await expect.poll(made, { timeout: 15_000 }).toMatchObject({ state: 'confirmed', slotId: visit.slotId })
    await client.work.cancelAppointment({ contactId, by: 'citizen', appointmentId, reason: null, notify: [] })
    await wrapUp(contactId)
    await sent()
  })

  it('goes on when the CRM stops in the middle, and arrives once when it is back', async () => {
    const contactId = await talk('identity-card')
    await change(contactId, { note: 'Vuole la carta prima di Natale' })
    const before = await freePlace()
    await client.work.book({ contactId, ...before.book })
    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')

    const offline = await freePlace()
    expect(offline.from).toBe('cache')
    expect(await client.work.hold({ contactId, serviceIds, ...offline.visit })).toEqual({ held: null })
    await client.work.book({ contactId, ...offline.book })
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

  it('is told of one that was booked elsewhere for the same person while the CRM was away, and has both', async () => {
    const contactId = await talk('identity-card')
    const view = await until(
      await client.caller.watch({ callId: contactId }),
      (now) => now.crm === 'answered',
    )
    const citizenId = view.stories[0]?.citizen.id ?? ''
    await change(contactId, { citizenId, choice: 'person' })
    const theirs = (await freePlace(4)).visit
    const besides = view.stories[0]?.appointments.map(({ id }) => id) ?? []
    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')
    const { appointmentId } = await client.work.book({ contactId, ...(await freePlace(9)).book, besides })
    await city.store.db.transaction().execute((trx) =>
      book(trx, {
        ...{ id: newId(), serviceIds, officeId: theirs.officeId, startsAt: theirs.startsAt, citizenId },
        ...{ contactId: null, holdId: null, leaseId: null, recoveryOf: null, channel: 'web', notify: [] },
      }),
    )
    await city.up()
    await client.system.retry()
    const noted = async () => (await client.outbox.list()).entries.find(({ state }) => state === 'noted')
    await expect.poll(noted, { timeout: 15_000 }).toMatchObject({
      request: { args: { id: appointmentId } },
      fault: { code: 'service-booked', params: { officeId: theirs.officeId } },
    })
    await expect
      .poll(async () => (await client.work.made({ contactId })).appointments, { timeout: 15_000 })
      .toMatchObject([{ id: appointmentId, state: 'confirmed' }])
    await client.outbox.dismiss({ commandId: (await noted())?.commandId ?? '' })
    await wrapUp(contactId)
    await sent()
  })

  it('keeps no place while the CRM is away, tells so, and keeps the same one when it is back', async () => {
    const contactId = await talk('identity-card')
    const { visit, freeNow } = await freePlace()
    const isAway = async (away: boolean) => {
      const changes = await client.changes.watch()
      await (away ? city.down() : city.up())
      await client.system.retry()
      await until(await client.system.watch(), ({ crm }) => (crm.state === 'away') === away)
      // Nobody booked anything: what is told is that another one answers now.
      await until(changes, ({ entities }) => entities.includes('slot'))
    }
    await isAway(true)
    expect(await client.work.hold({ contactId, serviceIds, ...visit })).toEqual({ held: null })
    expect((await freePlace()).from).toBe('cache')
    await expect(client.work.renewHold({ contactId })).rejects.toMatchObject({
      data: { code: 'hold-expired' },
    })
    await isAway(false)
    const free = await freeNow()
    expect(await client.work.hold({ contactId, serviceIds, ...visit })).toMatchObject({
      held: { officeId: visit.officeId, startsAt: visit.startsAt },
    })
    expect(await freeNow()).toBe((free ?? 0) - 1)
    await client.work.releaseHold({ contactId })
    await wrapUp(contactId)
    await sent()
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

describe('the code of an appointment, as it is read out', () => {
  it('finds one that this desk holds, also without the CRM, and the look is journaled', async () => {
    const contactId = await talk('identity-card')
    const { stories } = await until(
      await client.caller.watch({ callId: contactId }),
      (now) => now.crm === 'answered',
    )
    const { id: citizenId = '', givenName } = stories[0]?.citizen ?? {}
    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    const { appointmentId } = await client.work.book({ contactId, ...(await freePlace()).book })
    const mine = async () =>
      (await client.work.made({ contactId })).appointments.find(({ id }) => id === appointmentId)
    await expect.poll(mine, { timeout: 15_000 }).toMatchObject({ state: 'confirmed' })
    const said = (await mine())?.code?.toLowerCase().replace('-', ' ') ?? ''
    await sent()
    const { db } = city.store
    const searches = () =>
      db
        .selectFrom('reads')
        .select('source')
        .where('citizen_id', '=', citizenId)
        .where('reason_kind', '=', 'search')
        .execute()
    const before = (await searches()).length
    const found = await client.appointments.byCode({ code: said })
    expect(found).toMatchObject({
      appointment: { id: appointmentId },
      citizen: { givenName },
      complete: true,
    })
    expect(found.citizen?.whole).toBeNull()
    await sent()
    expect((await searches()).slice(before)).toEqual([{ source: 'cache' }])
    expect(await client.appointments.byCode({ code: 'Teresa' })).toMatchObject({ appointment: null })

    await city.down()
    await client.system.retry()
    await until(await client.system.watch(), (now) => now.crm.state === 'away')
    expect(await client.appointments.byCode({ code: said })).toMatchObject({
      appointment: { id: appointmentId },
    })
    const unknown = { appointment: null, citizen: null, complete: false }
    expect(await client.appointments.byCode({ code: 'AA-AAA' })).toEqual(unknown)
    await wrapUp(contactId)
  })

  it('gives its commands upon what it saw: an older wish undoes no newer one, its own that wait follow one another', async () => {
    const { db } = city.store
    const contactId = await talk('identity-card')
    const from = await freePlace(2)
    const { appointmentId } = await client.work.book({ contactId, ...from.book })
    const mine = async () => (await client.work.made({ contactId })).appointments[0]
    await expect.poll(mine, { timeout: 15_000 }).toMatchObject({ state: 'confirmed' })
    await sent()
    const [first, second, theirs] = [await freePlace(6), await freePlace(8), await freePlace(10)]
    const isAway = async (away: boolean) => {
      await (away ? city.down() : city.up())
      await client.system.retry()
      await until(await client.system.watch(), ({ crm }) => (crm.state === 'away') === away)
    }
    const move = ({ visit }: typeof first) =>
      client.work.reschedule({ contactId, appointmentId, visit, notify: [] })

    await isAway(true)
    await move(first)
    await move(second)
    await isAway(false)
    await expect
      .poll(mine, { timeout: 15_000 })
      .toMatchObject({ state: 'confirmed', slotId: second.visit.slotId, sequence: 2 })
    await sent()

    await isAway(true)
    await client.work.cancelAppointment({ contactId, by: 'citizen', appointmentId, reason: null, notify: [] })
    expect(await mine()).toMatchObject({ state: 'cancelled-by-citizen' })
    await db.transaction().execute((trx) =>
      reschedule(trx, {
        ...{ appointmentId, officeId: theirs.visit.officeId, startsAt: theirs.visit.startsAt },
        ...{ holdId: null, notify: [] },
      }),
    )
    await isAway(false)
    const refused = async () =>
      (await client.outbox.list()).entries.find(({ request }) => request.name === 'appointment.cancel')
    await expect.poll(refused, { timeout: 15_000 }).toMatchObject({
      state: 'refused',
      fault: { code: 'appointment-changed', params: { officeId: theirs.visit.officeId } },
    })
    await expect
      .poll(mine, { timeout: 15_000 })
      .toMatchObject({ state: 'confirmed', slotId: theirs.visit.slotId })
    await client.outbox.dismiss({ commandId: (await refused())?.commandId ?? '' })
    // Now it is known, and done again if it is still wanted.
    await client.work.cancelAppointment({ contactId, by: 'citizen', appointmentId, reason: null, notify: [] })
    await expect.poll(mine, { timeout: 15_000 }).toMatchObject({ state: 'cancelled-by-citizen', sequence: 4 })
    await wrapUp(contactId)
    await sent()
  })

  it('finds one that hangs on nobody, which only the CRM knows; it is moved and cancelled all the same', async () => {
    const { db } = city.store
    const contactId = await talk('identity-card')
    const { officeId, startsAt } = (await freePlace(3)).visit
    const id = newId()
    const nobodys = {
      ...{
        id,
        serviceIds,
        officeId,
        startsAt,
        citizenId: null,
        contactId: null,
        holdId: null,
        leaseId: null,
      },
      ...{ recoveryOf: null, channel: 'web' as const, notify: [] },
    }
    await db.transaction().execute((trx) => book(trx, nobodys))
    const { code } = await db
      .selectFrom('appointments')
      .select('code')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const found = async () => (await client.appointments.byCode({ code: code.replace('-', '') })).appointment
    expect(await found()).toMatchObject({ id, code, state: 'confirmed', citizenId: null })

    const { visit } = await freePlace(9)
    await client.work.reschedule({ contactId, appointmentId: id, visit, notify: [] })
    // From the first moment on: the old time is no answer any more.
    expect(await found()).toMatchObject({ slotId: visit.slotId })
    await expect.poll(found, { timeout: 15_000 }).toMatchObject({ state: 'confirmed', slotId: visit.slotId })
    await client.work.cancelAppointment({
      contactId,
      by: 'citizen',
      appointmentId: id,
      reason: null,
      notify: [],
    })
    expect(await found()).toMatchObject({ state: 'cancelled-by-citizen' })
    await wrapUp(contactId)
    await sent()
    expect(await found()).toMatchObject({ state: 'cancelled-by-citizen' })
  })
})

describe('what the office proposed', () => {
  it('is in the story with its day, is taken once for the citizen, and too late is refused in words', async () => {
    const { db } = city.store
    const contactId = await talk('identity-card')
    const { stories } = await until(
      await client.caller.watch({ callId: contactId }),
      (now) => now.crm === 'answered',
    )
    const citizenId = stories[0]?.citizen.id ?? ''
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    const propose = async (serviceId: string) => {
      const { proposed } = await assign(
        { db, sends: () => false },
        {
          ...{ id: newId(), serviceId, citizenIds: [citizenId] },
          ...{ confirmBy: inDays(5), from: inDays(7).slice(0, 10) },
        },
        new Date(),
      )
      await announceChanges(db)
      return proposed[0]?.id ?? ''
    }
    const told = async (id: string) => {
      const { appointments } = await client.citizens.story({ citizenId, callId: contactId })
      return appointments.find((one) => one.id === id)
    }

    const inTime = await propose('residence')
    await expect
      .poll(() => told(inTime))
      .toMatchObject({ state: 'proposed', confirmBy: expect.stringContaining('T') })
    const taken = { contactId, appointmentId: inTime }
    await Promise.all([client.work.confirmProposal(taken), client.work.confirmProposal(taken)])
    expect(await told(inTime)).toMatchObject({ state: 'confirmed', confirmBy: null })
    await sent()
    const [row] = await db.selectFrom('appointments').selectAll().where('id', '=', inTime).execute()
    expect(row).toMatchObject({ state: 'confirmed', sequence: 1 })

    const late = await propose('certificates')
    await expect.poll(() => told(late)).toMatchObject({ state: 'proposed' })
    // Its time runs out while the desk believes that there is some left.
    await sql`update appointments set confirm_by = clock_timestamp() where id = ${late}`.execute(db)
    await client.work.confirmProposal({ contactId, appointmentId: late })
    const refused = async () =>
      (await client.outbox.list()).entries.find(({ state }) => state === 'refused') ?? null
    await expect.poll(refused).toMatchObject({ fault: { code: 'proposal-expired' }, contactId })
    expect(await told(late)).toMatchObject({ state: 'proposed' })
    await client.outbox.dismiss({ commandId: (await refused())?.commandId ?? '' })
    await lapseProposals(db)
    await announceChanges(db)
    await expect.poll(() => told(late)).toMatchObject({ state: 'lapsed' })
    await expect(client.work.confirmProposal({ contactId, appointmentId: late })).rejects.toMatchObject({
      data: { kind: 'conflict', code: 'proposal-expired' },
    })
    await wrapUp(contactId)
    await sent()
  })
})

describe('what the office took away', () => {
  it('is made up for in its recovery agenda, by whose it was and nobody else', async () => {
    const { db } = city.store
    const contactId = await talk('identity-card')
    const { stories } = await until(
      await client.caller.watch({ callId: contactId }),
      (now) => now.crm === 'answered',
    )
    const citizenId = stories[0]?.citizen.id ?? ''
    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    const told = async (id: string) => {
      const { appointments } = await client.citizens.story({ citizenId, callId: contactId })
      return appointments.find((one) => one.id === id)
    }
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    const first = async (days: number, officeIds: string[] | null) => {
      const query = { serviceIds, officeIds, after: inDays(days), limit: 1 }
      const [offer] = (await client.slots.next(query)).offers
      if (!offer) throw new Error('nothing is free')
      const { free: _, ...visit } = offer
      return visit
    }
    const visit = await first(3, null)
    const { officeId } = visit
    const { appointmentId: lost } = await client.work.book({ contactId, serviceIds, visit, notify: [] })
    await expect.poll(() => told(lost)).toMatchObject({ state: 'confirmed' })

    const day = visit.startsAt.slice(0, 10)
    const later = (await first(20, [officeId])).startsAt.slice(0, 10)
    const recovery = {
      ...{ from: later, days: 1, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: inDays(19),
    }
    const closing = {
      ...{ id: newId(), officeId, from: `${day}T00:00:00Z`, to: `${day}T22:00:00Z` },
      ...{ agendas: ['identity'], reason: 'Guasto', bookings: 'cancel' as const, recovery, madeBy: null },
    }
    await closeOffice(db, closing, new Date())
    await settleClosure({ db, log: pino({ level: 'silent' }) }, closing.id)
    await announceChanges(db)

    await expect.poll(() => told(lost)).toMatchObject({ state: 'cancelled-by-office', reason: 'Guasto' })
    const { recovery: agenda } = await client.appointments.recovery({ appointmentId: lost })
    expect(agenda).toMatchObject({ officeId, from: later, to: later, fromTime: '16:00', toTime: '18:00' })
    const evening = { serviceIds, officeIds: [officeId], after: agenda?.opensAt ?? null, limit: 1 }
    const [kept] = (await client.slots.next({ ...evening, recoveryOf: lost })).offers
    expect(Date.parse(kept?.startsAt ?? '')).toBe(Date.parse(agenda?.opensAt ?? ''))
    const freeFor = async (recoveryOf: string | null) =>
      (await client.slots.week({ serviceIds, officeId, monday: later, recoveryOf })).offers.find(
        ({ slotId }) => slotId === kept?.slotId,
      )?.free
    expect([await freeFor(null), await freeFor(lost)]).toEqual([0, 1])

    const { free: _, ...place } = kept ?? { ...visit, free: 0 }
    const asked = { contactId, serviceIds, officeId, startsAt: place.startsAt }
    await expect(client.work.hold(asked)).rejects.toMatchObject({ data: { code: 'slot-taken' } })
    const { held } = await client.work.hold({ ...asked, recoveryOf: lost })
    expect(held).toMatchObject({ officeId, slotId: place.slotId })
    const wish = { contactId, serviceIds, visit: place, recoveryOf: lost, notify: [] }
    await identify(client, { contactId, citizenId: null, identification: 'none' })
    await expect(client.work.book(wish)).rejects.toMatchObject({
      data: { kind: 'conflict', code: 'appointment-of-another' },
    })
    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    const { appointmentId } = await client.work.book(wish)
    // Made up for at once, also before the CRM has heard of it.
    expect(await told(lost)).toBeUndefined()
    await expect.poll(() => told(appointmentId)).toMatchObject({ state: 'confirmed', recoveryOf: lost })
    const { affected } = await affectedBy({ db, sends: () => false }, closing.id, new Date())
    expect(affected.find(({ cancelled }) => cancelled.id === lost)).toMatchObject({
      cancelled: { state: 'cancelled-by-office' },
      rebooked: { id: appointmentId },
    })
    await wrapUp(contactId)
    await sent()
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
