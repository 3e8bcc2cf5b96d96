import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DocumentReason } from '#contract/domain/eligibility.ts'
import { newId } from '#contract/domain/ids.ts'
import { Service } from '#contract/domain/reference.ts'
import { lapseProposals } from '../../src/crm/agenda/jobs.ts'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addStream,
  command,
  contactArgs,
  type Desk,
  type Person,
  ticketArgs,
} from '../support/crm-city.ts'
import { romeDate, romeTime } from '../support/opening.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

/** Nine cases that happened in the city, on its example data and the real API. */
let postgres: TestPostgres
let crm: CrmUnderTest
let operator: Person
let colleague: Person
let supervisor: Person
let desk: Desk
let streamId: string
let n = 0

beforeAll(async () => {
  postgres = await startPostgres()
  crm = await startCrm({ databaseUrl: await postgres.createDatabase() })
  await seedCity(crm.store, { citizens: 40 })
  operator = await addPerson(crm)
  colleague = await addPerson(crm)
  supervisor = await addPerson(crm, { roles: ['supervisor'] })
  desk = await addDesk(crm, operator)
  streamId = await addStream(operator, desk)
})
afterAll(async () => {
  await crm.stop()
  await postgres.stop()
})

const refused = (code: string) => ({ data: { code } })
const api = () => operator.api.appointments
const offers = async (serviceId: string, more: object = {}) =>
  (await operator.api.agenda.nextFree({ serviceIds: [serviceId], ...more })).offers
const push = (...commands: ReturnType<typeof command>[]) => desk.api.sync.push({ streamId, commands })
const book = (
  serviceId: string,
  place: { officeId: string; startsAt: string } | undefined,
  more: object = {},
) =>
  api().book({
    ...{ id: newId(), serviceIds: [serviceId], channel: 'phone' },
    ...{ officeId: place?.officeId ?? '', startsAt: place?.startsAt ?? '', ...more },
  })

/** As a desk gets it. */
async function serviceOf(id: string): Promise<Service> {
  const lines = await pullPage(crm.url, operator.authorization, { device: desk.deviceId, limit: 2000 })
  const line = lines.find((one) => one.type === 'row' && one.entity === 'service' && one.id === id)
  return Service.parse(line?.type === 'row' ? line.row : null)
}

describe('the nine cases', () => {
  test('1: a card is renewed from 180 days before it expires; first issue, theft, loss and damage need not wait', async () => {
    const { rule } = await serviceOf('identity-card')
    expect(rule).toEqual({ kind: 'before-expiry', days: 180 })
    const [place] = await offers('identity-card', { from: romeTime(20, '00:00') })
    const asked = (reason: DocumentReason, days: number | null) =>
      book('identity-card', place, {
        checked: { reason, expiry: days === null ? null : romeDate(days) },
      }).then(async ({ id }) => {
        await api().cancel({ id, by: 'citizen' })
        return 'booked'
      })
    await expect(asked('renewal', 181)).rejects.toMatchObject({
      data: { code: 'renewal-too-early', params: { days: 180 } },
    })
    expect(await asked('renewal', 180)).toBe('booked')
    // The counter will see it.
    expect(await asked('renewal', null)).toBe('booked')
    for (const reason of ['first-issue', 'theft', 'loss', 'damage'] as const) {
      expect(await asked(reason, 181)).toBe('booked')
    }
    // A desk's command too, by the day on which it was given.
    const args = {
      ...{
        id: newId(),
        slotId: place?.slotId ?? '',
        slotIds: [place?.slotId ?? ''],
        officeId: place?.officeId ?? '',
      },
      ...{ startsAt: place?.startsAt ?? '', endsAt: place?.endsAt ?? '', serviceIds: ['identity-card'] },
      ...{ citizenId: null, contactId: null, recoveryOf: null, holdId: null, leaseId: null, notify: [] },
      channel: 'phone' as const,
    }
    const checked = { reason: 'renewal' as const, expiry: romeDate(190) }
    const { results } = await push(command(++n, 'appointment.book', { ...args, checked }))
    expect(results).toMatchObject([{ status: 'refused', fault: { code: 'renewal-too-early' } }])
  })

  test('2: who lost card and every other document comes with the police report and without an appointment', async () => {
    const { walkIn } = await serviceOf('identity-card')
    expect(walkIn?.it).toMatch(/denuncia.*nessun altro documento/)
    expect(walkIn?.en).toMatch(/police report.*no other identity document/)
  })

  test('3: non-residents with serious reasons and citizens abroad book by phone only', async () => {
    const [place] = await offers('identity-card-exception', { from: romeTime(20, '00:00') })
    for (const channel of ['web', 'newsstand', 'counter'] as const) {
      await expect(book('identity-card-exception', place, { channel })).rejects.toMatchObject({
        data: { code: 'input-invalid', params: { field: 'channel' } },
      })
    }
    expect(await book('identity-card-exception', place)).toMatchObject({ state: 'confirmed' })
    const card = await serviceOf('identity-card')
    expect(card.channels).toContain('web')
    expect(card.channelExceptions?.it).toContain('AIRE')
  })

  test('4: an assigned date is confirmed, moved or lost by a day, and what is lost is assigned again', async () => {
    const people = [
      await addCitizen(crm.store.db),
      await addCitizen(crm.store.db),
      await addCitizen(crm.store.db),
    ]
    const confirmBy = romeTime(14, '00:00')
    const assignment = {
      ...{ id: newId(), serviceId: 'identity-card', citizenIds: people.map(({ id }) => id) },
      ...{ confirmBy, from: romeDate(21) },
    }
    const { proposed } = await supervisor.api.agenda.assign(assignment)
    expect(proposed.map(({ state, confirmBy: by }) => [state, by])).toEqual(
      Array(3).fill(['proposed', confirmBy]),
    )
    // In the citizens' own district, of date, hour and office they are told.
    const [first, second, third] = people.map((citizen) =>
      proposed.find((one) => one.citizenId === citizen.id),
    )
    expect(first).toMatchObject({ officeId: 'via-padova-118' })
    const { messages } = await api().messages({ id: first?.id ?? '' })
    expect(messages.map(({ kind }) => kind)).toContain('proposal')

    expect(await api().confirm({ id: first?.id ?? '' })).toMatchObject({
      state: 'confirmed',
      confirmBy: null,
    })
    const [other] = await offers('identity-card', {
      from: romeTime(30, '00:00'),
      officeIds: ['via-larga-12'],
    })
    expect(
      await api().reschedule({
        id: second?.id ?? '',
        officeId: 'via-larga-12',
        startsAt: other?.startsAt ?? '',
      }),
    ).toMatchObject({ state: 'confirmed', startsAt: other?.startsAt })

    await sql`update appointments set confirm_by = clock_timestamp() where id = ${third?.id}`.execute(
      crm.store.db,
    )
    await expect(api().confirm({ id: third?.id ?? '' })).rejects.toMatchObject(refused('proposal-expired'))
    await lapseProposals(crm.store.db)
    const { appointments } = await api().list({ citizenId: people[2]?.id ?? '' })
    expect(appointments).toMatchObject([{ state: 'lapsed', slotIds: [] }])
    const again = await supervisor.api.agenda.assign({
      ...assignment,
      id: newId(),
      citizenIds: [people[2]?.id ?? ''],
    })
    expect(again.proposed).toMatchObject([{ state: 'proposed' }])
    expect(again.proposed[0]?.id).not.toBe(third?.id)
  })

  /** What an office's failure takes away, and how it is made good. */
  const outage = {
    officeId: 'viale-tibaldi-41',
    id: newId(),
    reason: 'Interruzione del centro dati',
  }
  const affectedPeople: { citizenId: string; appointmentId: string }[] = []
  const opened = () => workday(16)
  /** The first day from then on at which the office is open. */
  async function workday(days: number): Promise<string> {
    const [place] = await offers('identity-card', {
      officeIds: [outage.officeId],
      from: romeTime(days, '00:00'),
    })
    return place?.startsAt ?? ''
  }
  const dayOf = (startsAt: string) => startsAt.slice(0, 10)

  test('5: when an office fails, everybody is told and comes first in a recovery agenda, called in the order of their appointments', async () => {
    const start = await opened()
    const { slots } = await operator.api.agenda.week({
      ...{ officeId: outage.officeId, serviceIds: ['identity-card'], monday: dayOf(start) },
    })
    const free = slots.filter((slot) => slot.free > 0 && dayOf(slot.startsAt) === dayOf(start)).slice(0, 3)
    for (const slot of free.toReversed()) {
      const citizen = await addCitizen(crm.store.db, { email: 'nicolo@example.org' })
      const { id } = await book('identity-card', slot, { citizenId: citizen.id })
      affectedPeople.unshift({ citizenId: citizen.id, appointmentId: id })
    }
    const later = await workday(35)
    const recovery = {
      ...{ from: dayOf(later), days: 1, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(34, '00:00'),
    }
    const outcome = await supervisor.api.agenda.closeDay({
      ...{ ...outage, from: `${dayOf(start)}T00:00:00Z`, to: `${dayOf(start)}T22:00:00Z` },
      ...{ agendas: ['identity'], recovery },
    })
    expect(outcome.conflicts).toBe(0)
    expect(outcome.cancelled).toBeGreaterThanOrEqual(free.length)

    const { affected } = await operator.api.agenda.affected({ id: outage.id })
    expect(affected).toHaveLength(outcome.cancelled)
    const times = affected.map(({ cancelled }) => cancelled.startsAt)
    expect(times).toEqual(times.toSorted())
    const known = affected.filter(({ citizen }) =>
      affectedPeople.some(({ citizenId }) => citizenId === citizen?.id),
    )
    expect(known.map(({ citizen }) => citizen?.id)).toEqual(affectedPeople.map(({ citizenId }) => citizenId))
    const [mine] = affectedPeople
    const { messages } = await api().messages({ id: mine?.appointmentId ?? '' })
    expect(messages.map(({ kind }) => kind)).toContain('recovery')

    const evening = { officeIds: [outage.officeId], from: `${dayOf(later)}T14:45:00Z`, limit: 1 }
    const [anybody] = await offers('identity-card', evening)
    expect(dayOf(anybody?.startsAt ?? '')).not.toBe(dayOf(later))
    const [kept] = await offers('identity-card', { ...evening, recoveryOf: mine?.appointmentId })
    expect(dayOf(kept?.startsAt ?? '')).toBe(dayOf(later))
    expect([anybody?.kept, kept?.kept, kept?.free]).toEqual([0, 1, 1])
    const week = await operator.api.agenda.week({
      ...{ officeId: outage.officeId, serviceIds: ['identity-card'], monday: dayOf(later) },
      recoveryOf: mine?.appointmentId,
    })
    const marked = week.slots.filter((slot) => slot.kept > 0)
    expect(new Set(marked.map(({ startsAt }) => dayOf(startsAt)))).toEqual(new Set([dayOf(later)]))
    expect(marked[0]?.startsAt).toBe(kept?.startsAt)
    await expect(book('identity-card', kept)).rejects.toMatchObject(refused('slot-taken'))
    const recoveryOf = mine?.appointmentId ?? ''
    const place = { serviceIds: ['identity-card'], officeId: outage.officeId, startsAt: kept?.startsAt ?? '' }
    const hold = await api().hold({ id: newId(), ...place, recoveryOf })
    const rebooked = await book('identity-card', kept, {
      citizenId: mine?.citizenId,
      holdId: hold.id,
      recoveryOf,
    })
    expect(rebooked).toMatchObject({ state: 'confirmed', recoveryOf })
    const agendaOf = async (id: string) => (await operator.api.agenda.recovery({ id })).recovery
    expect(await agendaOf(recoveryOf)).toEqual({
      ...{ officeId: outage.officeId, from: recovery.from, to: recovery.from },
      ...{ fromTime: '16:00', toTime: '18:00', opensAt: expect.stringMatching(/T1[45]:00:00Z$/) },
      exclusiveUntil: expect.any(String),
    })
    expect(await agendaOf(rebooked.id)).toBeNull()
    await expect(agendaOf(newId())).rejects.toMatchObject(refused('record-not-found'))
    const after = await operator.api.agenda.affected({ id: outage.id })
    expect(after.affected.find(({ cancelled }) => cancelled.id === recoveryOf)?.rebooked?.id).toBe(
      rebooked.id,
    )
  })

  test('6: whose office cancelled has not failed to come: the reason is kept, and no-show is refused', async () => {
    const [, mine] = affectedPeople
    const id = mine?.appointmentId ?? ''
    await expect(supervisor.api.appointments.noShow({ id })).rejects.toMatchObject(
      refused('appointment-settled'),
    )
    const { appointments } = await api().list({ citizenId: mine?.citizenId ?? '' })
    expect(appointments).toMatchObject([{ state: 'cancelled-by-office', reason: outage.reason }])
    // And who is called about it hears so at once.
    const seen = await colleague.api.citizens.context({ number: '+393471234567', contactId: newId() })
    expect(seen.appointments).toContainEqual(
      expect.objectContaining({ id, state: 'cancelled-by-office', reason: outage.reason }),
    )
    await expect(
      crm.store.db.updateTable('appointments').set({ state: 'no-show' }).where('id', '=', id).execute(),
    ).rejects.toMatchObject({ code: '23514' })
    const { rows } = await sql<{
      made_by: string
    }>`select made_by from closures where id = ${outage.id}`.execute(crm.store.db)
    expect(rows[0]?.made_by).toBe(supervisor.id)
  })

  test('7: when the system does not let the operator book, the call leaves its trace for the next one', async () => {
    const citizen = await addCitizen(crm.store.db, {
      phones: [{ number: '+390255519977', kind: 'landline' }],
    })
    // Only offices that do it are offered, whatever stands on the notice.
    const places = await offers('waste-tax-desk', { limit: 50 })
    expect(new Set(places.map(({ officeId }) => officeId))).toEqual(
      new Set(['via-larga-12', 'largo-de-benedetti-1']),
    )
    await expect(
      book('waste-tax-desk', { officeId: 'via-padova-118', startsAt: places[0]?.startsAt ?? '' }),
    ).rejects.toMatchObject(refused('slot-gone'))
    const contact = contactArgs({ callerNumber: '+390255519977', citizenId: citizen.id })
    await push(
      command(++n, 'contact.open', contact),
      command(++n, 'contact.close', {
        ...{
          contactId: contact.id,
          endedAt: new Date().toISOString(),
          topicId: 'waste-tax',
          outcome: 'callback',
        },
        ...{
          citizenId: citizen.id,
          identification: 'number-and-name',
          triedBefore: ['office'],
          triedDetail: '',
          onBehalfOf: null,
          lineScore: null,
        },
        note: 'Vuole la via del suo avviso: là non si prenota. Richiama.',
      }),
    )
    const seen = await colleague.api.citizens.context({ number: '+390255519977', contactId: newId() })
    expect(seen.contacts).toMatchObject([
      { id: contact.id, topicId: 'waste-tax', note: expect.stringContaining('Richiama') },
    ])
  })

  test('8: a request has a number and a booking a code, and both are told', async () => {
    const citizen = await addCitizen(crm.store.db, { email: 'nicolo@example.org' })
    const contact = contactArgs({ citizenId: citizen.id })
    const ticket = ticketArgs({ contactId: contact.id, citizenId: citizen.id })
    const { results } = await push(command(++n, 'contact.open', contact), command(++n, 'ticket.open', ticket))
    expect(results.map(({ status }) => status)).toEqual(['applied', 'applied'])
    const { tickets } = await operator.api.tickets.list({ contactId: contact.id })
    expect(tickets).toMatchObject([{ protocol: expect.stringMatching(/^R-\d{4}-\d{6}$/) }])
    const [place] = await offers('certificates', { from: romeTime(20, '00:00') })
    const { id, code } = await book('certificates', place, {
      citizenId: citizen.id,
      contactId: contact.id,
      notify: ['email'],
    })
    expect(code).toMatch(/^[A-Z0-9]{2}-[A-Z0-9]{3}$/)
    const { messages } = await api().messages({ id })
    expect(messages).toMatchObject([{ kind: 'confirmation', channel: 'email' }])
  })

  test('9: bookings spread over an office’s counters; the first is not always the fullest', async () => {
    // Larga has three counters for the register. A day far ahead, nearly empty.
    const from = romeTime(50, '00:00')
    const [first] = await offers('certificates', { from, officeIds: ['via-larga-12'] })
    const day = dayOf(first?.startsAt ?? '')
    const { slots } = await operator.api.agenda.week({
      officeId: 'via-larga-12',
      serviceIds: ['certificates'],
      monday: day,
    })
    const free = slots.filter((slot) => dayOf(slot.startsAt) === day && slot.free === 3)
    for (const slot of free) await book('certificates', slot)
    const { rows } = await sql<{ seat: number; n: number }>`
      select q.seat, count(q.appointment_id) as n from slot_seats q
      where q.office_id = 'via-larga-12' and q.agenda = 'registry' and q.starts_at::date = ${day}::date
      group by q.seat order by q.seat`.execute(crm.store.db)
    const visits = rows.map((row) => row.n)
    expect(visits).toHaveLength(3)
    expect(Math.max(...visits) - Math.min(...visits)).toBeLessThanOrEqual(2)
  })
})
