import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LentVisit } from '#contract/crm-booking.ts'
import { newId } from '#contract/domain/ids.ts'
import { settleClosure } from '../../src/crm/agenda/settling.ts'
import { openLog } from '../../src/crm/http/log.ts'
import { addOffice, addService, addSlots, letLeaseExpire, visit } from '../support/agenda.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addStream,
  bookingArgs,
  cancelArgs,
  command,
  type Desk,
  fillSmallCity,
  inDays,
  type Person,
  smallCity,
} from '../support/crm-city.ts'
import { everyDay, romeDate, romeTime } from '../support/opening.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const log = openLog({ write: () => {} })
const refused = (code: string) => ({ data: { code } })
const hour = 3_600_000

describe.each(['pglite', 'postgres'] as const)('leases on %s', (engine) => {
  let crm: CrmUnderTest
  let anna: Person
  let bruno: Person
  let supervisor: Person
  let desk: Desk
  let theirs: Desk
  beforeAll(async () => {
    crm = await startCrm(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {})
    await fillSmallCity(crm.store.db)
    await addService(crm.store.db, 'half-hour', 30, { channels: ['phone'] })
    anna = await addPerson(crm)
    bruno = await addPerson(crm)
    supervisor = await addPerson(crm, { roles: ['supervisor'] })
    desk = await addDesk(crm, anna)
    theirs = await addDesk(crm, bruno)
  })
  afterAll(() => crm.stop())

  const phone = 'phone' as const
  const lend = (id: string, count: number, officeIds: string[], serviceId: string = smallCity.service) =>
    anna.api.appointments.lease({ id, deviceId: desk.deviceId, serviceId, officeIds, count })
  const lendThem = (id: string, count: number, officeIds: string[]) =>
    bruno.api.appointments.lease({
      ...{ id, deviceId: theirs.deviceId, serviceId: smallCity.service, officeIds, count },
    })
  const push = async (...commands: ReturnType<typeof command>[]) => {
    const streamId = await addStream(anna, desk)
    const { results } = await desk.api.sync.push({ streamId, commands })
    return results.map((result) => result.fault?.code ?? result.status)
  }
  const fromLease = (seat: LentVisit, leaseId: string, more: object = {}) =>
    bookingArgs(
      { id: seat.slotId, startsAt: seat.startsAt },
      { officeId: seat.officeId, slotIds: seat.slotIds, endsAt: seat.endsAt, leaseId, ...more },
    )
  /** An office that works on one day only, from nine, in quarters of an hour, with one counter. */
  const oneDay = async (office: string, days: number, to: string) => {
    await addOffice(crm.store.db, office)
    const day = { validFrom: romeDate(days), validTo: romeDate(days), to, counters: 1 }
    await supervisor.api.agenda.setRules({ officeId: office, rules: [everyDay(day)] })
  }
  const lentSeats = async (office: string) =>
    (
      await sql<{ leaseId: string; n: number }>`
        select lease_id as "leaseId", count(*) as n from slot_seats
        where office_id = ${office} and kept_until > clock_timestamp() group by lease_id order by 1`.execute(
        crm.store.db,
      )
    ).rows

  test('lends seats that only its own bookings get; what was booked in time is real when it is told later', async () => {
    const { db } = crm.store
    await addOffice(db, 'via-padova-118')
    for (const day of [2, 3])
      await addSlots(db, { from: inDays(day), count: 4, counters: 1, office: 'via-padova-118' })
    const places = ['via-padova-118']
    const id = newId()
    const lease = await lend(id, 3, places)
    expect(lease.seats).toHaveLength(3)
    expect(await lend(id, 3, places)).toEqual(lease)
    const [first, second, third] = lease.seats
    if (!first || !second || !third) throw new Error('nothing lent')
    const office = { office: first.officeId }
    const others = bruno.api.appointments.book({ id: newId(), ...visit(first, office), channel: phone })
    await expect(others).rejects.toMatchObject(refused('slot-taken'))
    await expect(bruno.api.appointments.hold({ id: newId(), ...visit(first, office) })).rejects.toMatchObject(
      refused('slot-taken'),
    )

    const made = fromLease(first, id)
    const inTime = command(1, 'appointment.book', made)
    await letLeaseExpire(db, id, 'booking')
    const tooLate = command(2, 'appointment.book', fromLease(second, id))
    expect(await push({ ...inTime, at: new Date(Date.now() - 3_600_000).toISOString() }, tooLate)).toEqual([
      'applied',
      'lease-expired',
    ])
    expect((await lend(id, 3, places)).seats).toEqual([second, third])
    // A moment before the lease was lent is no moment of it.
    const forged = {
      ...command(1, 'appointment.book', fromLease(second, id)),
      at: '2020-01-01T00:00:00.000Z',
    }
    expect(await push(forged)).toEqual(['lease-expired'])

    // Cancelled, the seat goes back to the lease; then the CRM has waited long enough.
    expect(await push(command(1, 'appointment.cancel', cancelArgs(made.id)))).toEqual(['applied'])
    await expect(
      bruno.api.appointments.book({ id: newId(), ...visit(first, office), channel: phone }),
    ).rejects.toMatchObject(refused('slot-taken'))
    await letLeaseExpire(db, id, 'keeping')
    const reported = command(1, 'appointment.book', fromLease(second, id))
    expect(await push({ ...reported, at: new Date(Date.now() - 3_600_000).toISOString() })).toEqual([
      'lease-expired',
    ])
    await bruno.api.appointments.book({ id: newId(), ...visit(first, office), channel: phone })
    await bruno.api.appointments.book({
      id: newId(),
      ...visit(second, { office: second.officeId }),
      channel: phone,
    })
  })

  test('gives back what nobody booked, is bounded, and is the desk’s that asked', async () => {
    await addOffice(crm.store.db, 'via-passerini-5')
    for (const day of [2, 3, 4, 5]) {
      await addSlots(crm.store.db, { from: inDays(day), count: 8, counters: 1, office: 'via-passerini-5' })
    }
    const [one, two] = [newId(), newId()]
    const lent = (await lend(one, 20, ['via-passerini-5'])).seats
    expect(lent).toHaveLength(20)
    expect(new Set(lent.map((seat) => seat.startsAt.slice(0, 10))).size).toBe(4)
    expect((await lend(two, 5, ['via-passerini-5'])).seats).toEqual([])
    await expect(
      bruno.api.appointments.lease({
        id: one,
        deviceId: theirs.deviceId,
        serviceId: smallCity.service,
        count: 1,
      }),
    ).rejects.toMatchObject({ status: 404 })
    await anna.api.appointments.releaseLease({ id: one })
    const three = newId()
    expect((await lend(three, 20, ['via-passerini-5'])).seats).toHaveLength(20)
    await anna.api.appointments.releaseLease({ id: three })
  })

  test('is given back and booked from by whom it was lent to, and a recovery by nobody', async () => {
    const { db } = crm.store
    await oneDay('via-cenisio-2', 5, '10:00')
    const id = newId()
    const [one, two] = (await lend(id, 2, ['via-cenisio-2'])).seats
    if (!one || !two) throw new Error('nothing lent')
    await expect(bruno.api.appointments.releaseLease({ id })).rejects.toMatchObject({ status: 404 })
    await expect(anna.api.appointments.releaseLease({ id: newId() })).rejects.toMatchObject({ status: 404 })
    const streamId = await addStream(bruno, theirs)
    const { results } = await theirs.api.sync.push({
      streamId,
      commands: [command(1, 'appointment.book', fromLease(one, id))],
    })
    expect(results).toMatchObject([{ fault: { code: 'lease-expired' } }])
    expect(await lentSeats('via-cenisio-2')).toEqual([{ leaseId: id, n: 2 }])

    // At a shared desk whoever is signed in speaks for it.
    const shared = await addStream(bruno, desk)
    const pushed = await desk.api.sync.push({
      streamId: shared,
      commands: [command(1, 'appointment.book', fromLease(one, id))],
    })
    expect(pushed.results).toMatchObject([{ status: 'applied' }])
    await desk.with(bruno).appointments.releaseLease({ id })
    expect((await lend(id, 2, ['via-cenisio-2'])).seats).toEqual([])

    const closureId = newId()
    const values = { id: closureId, kind: 'recovery' as const, kept_until: inDays(4) }
    const nobody = { device_id: null, user_id: null, service_id: null, book_until: null }
    await db
      .insertInto('leases')
      .values({ ...values, ...nobody })
      .execute()
    await sql`update slot_seats set lease_id = ${closureId}, kept_until = ${inDays(4)} where slot_id = ${two.slotId}`.execute(
      db,
    )
    for (const { api } of [anna, supervisor]) {
      await expect(api.appointments.releaseLease({ id: closureId })).rejects.toMatchObject({ status: 404 })
    }
    expect(await lentSeats('via-cenisio-2')).toContainEqual({ leaseId: closureId, n: 1 })
  })

  test('is lent until a moment of its own, kept as long again for what was booked, from visits that begin after that', async () => {
    const begun = Date.now()
    await addOffice(crm.store.db, 'via-sansovino-9')
    for (const hours of [14, 23, 25, 40]) {
      const from = new Date(begun + hours * hour).toISOString()
      await addSlots(crm.store.db, { from, count: 2, counters: 1, office: 'via-sansovino-9' })
    }
    const lease = await lend(newId(), 10, ['via-sansovino-9'])
    const bookUntil = Date.parse(lease.bookUntil)
    expect(bookUntil - begun).toBeGreaterThan(11.9 * hour)
    expect(bookUntil - begun).toBeLessThan(12.1 * hour)
    expect(Date.parse(lease.keptUntil) - bookUntil).toBe(12 * hour)
    expect(lease.seats).toHaveLength(4)
    for (const { startsAt } of lease.seats)
      expect(Date.parse(startsAt)).toBeGreaterThan(Date.parse(lease.keptUntil))
    const { rows } = await sql<{ keptUntil: string }>`
      select distinct kept_until as "keptUntil" from slot_seats where lease_id = ${lease.id}`.execute(
      crm.store.db,
    )
    expect(rows.map(({ keptUntil }) => Date.parse(keptUntil))).toEqual([Date.parse(lease.keptUntil)])
    await anna.api.appointments.releaseLease({ id: lease.id })
  })

  test('cannot be lent twice, however many ask at once', async () => {
    await oneDay('via-baldinucci-76', 5, '14:00')
    const office = ['via-baldinucci-76']
    const [mine, other] = [newId(), newId()]
    const asked = await Promise.all([
      ...Array.from({ length: 4 }, () => lend(mine, 12, office)),
      ...Array.from({ length: 4 }, () => lendThem(other, 12, office)),
    ])
    const seat = (one: LentVisit) => `${one.startsAt} ${one.counter}`
    const [ours, bruno] = [mine, other].map((id) => asked.filter((lease) => lease.id === id))
    for (const same of [ours, bruno])
      expect(new Set(same?.map((lease) => JSON.stringify(lease))).size).toBe(1)
    const lent = [...(ours?.[0]?.seats ?? []), ...(bruno?.[0]?.seats ?? [])].map(seat)
    expect(lent.length).toBeGreaterThanOrEqual(12)
    expect(new Set(lent).size).toBe(lent.length)
    // What is left goes to whoever asks next, and then there is nothing.
    const rest = (await lendThem(newId(), 20, office)).seats.map(seat)
    expect(new Set([...lent, ...rest]).size).toBe(lent.length + rest.length)
    expect(lent.length + rest.length).toBe(20)
    expect((await lend(newId(), 5, office)).seats).toEqual([])
    // The database itself refuses a second one.
    await expect(
      sql`update slot_seats set lease_id = ${other}, kept_until = clock_timestamp() + interval '1 hour' where lease_id = ${mine}`.execute(
        crm.store.db,
      ),
    ).rejects.toMatchObject({ code: '40001' })
    await letLeaseExpire(crm.store.db, mine, 'keeping')
    expect((await lend(newId(), 20, office)).seats.map(seat).toSorted()).toEqual(
      (ours?.[0]?.seats ?? []).map(seat).toSorted(),
    )
  })

  test('lends a longer visit whole, on consecutive seats of one counter', async () => {
    await oneDay('via-oglio-18', 5, '11:00')
    const lease = await lend(newId(), 5, ['via-oglio-18'], 'half-hour')
    expect(lease.seats.length).toBeGreaterThan(0)
    for (const { slotIds, startsAt, endsAt } of lease.seats) {
      expect(slotIds).toHaveLength(2)
      expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(hour / 2)
    }
    const [one] = lease.seats
    if (!one) throw new Error('nothing lent')
    const args = fromLease(one, lease.id, { serviceIds: ['half-hour'] })
    expect(await push(command(1, 'appointment.book', args))).toEqual(['applied'])
    expect((await lend(lease.id, 5, ['via-oglio-18'], 'half-hour')).seats).toHaveLength(
      lease.seats.length - 1,
    )
  })

  test('a desk’s most are visits, however many seats each has', async () => {
    await addOffice(crm.store.db, 'via-marsala-8')
    await supervisor.api.agenda.setRules({ officeId: 'via-marsala-8', rules: [everyDay()] })
    const { deviceId } = await addDesk(crm, supervisor)
    const lent: number[] = []
    for (const count of [12, 20, 1]) {
      const wish = { id: newId(), deviceId, serviceId: 'half-hour', officeIds: ['via-marsala-8'], count }
      lent.push((await supervisor.api.appointments.lease(wish)).seats.length)
    }
    expect(lent).toEqual([12, 8, 0])
  })

  test('a day that is cancelled takes back what is lent; who was booked from it meanwhile is told, and is among the affected', async () => {
    const { db } = crm.store
    await oneDay('viale-tibaldi-41', 6, '10:00')
    const id = newId()
    const office = ['viale-tibaldi-41']
    const { seats } = await lend(id, 3, office)
    const [known, unheard] = seats
    if (!known || !unheard) throw new Error('nothing lent')
    const nicolo = await addCitizen(db, { email: 'nicolo@example.org' })
    const sara = await addCitizen(db, { email: 'sara@example.org' })
    // The desk booked both while it could not be heard; of one the CRM hears before the office closes, of the other after.
    const before = fromLease(known, id, { citizenId: nicolo.id, notify: ['email'] })
    const after = fromLease(unheard, id, { citizenId: sara.id, notify: ['email'] })
    const at = new Date().toISOString()
    expect(await push({ ...command(1, 'appointment.book', before), at })).toEqual(['applied'])
    const closure = {
      officeId: 'viale-tibaldi-41',
      id: newId(),
      reason: 'Guasto al centro dati',
      recovery: null,
    }
    const closing = { ...closure, from: romeTime(6, '00:00'), to: romeTime(7, '00:00'), agendas: null }
    expect(await supervisor.api.agenda.closeDay(closing)).toMatchObject({ cancelled: 1, conflicts: 0 })

    expect((await lend(id, 3, office)).seats).toEqual([])
    expect((await lendThem(newId(), 3, office)).seats).toEqual([])
    const another = bruno.api.appointments.book({
      ...{ id: newId(), ...visit(unheard, { office: 'viale-tibaldi-41' }), channel: phone },
    })
    await expect(another).rejects.toMatchObject(refused('slot-gone'))

    expect(await push({ ...command(1, 'appointment.book', after), at })).toEqual(['applied'])
    await settleClosure({ db, log }, closure.id)
    const { affected } = await supervisor.api.agenda.affected({ id: closure.id })
    expect(new Set(affected.map(({ citizen }) => citizen?.id))).toEqual(new Set([nicolo.id, sara.id]))
    for (const { cancelled } of affected) {
      expect(cancelled).toMatchObject({ state: 'cancelled-by-office', reason: closure.reason, slotIds: [] })
      const { messages } = await anna.api.appointments.messages({ id: cancelled.id })
      expect(messages).toContainEqual(expect.objectContaining({ kind: 'cancellation', channel: 'email' }))
    }
    // The third was lent and never booked: in time its seat is nobody's, and no longer there.
    expect(await lentSeats('viale-tibaldi-41')).toMatchObject([{ leaseId: id }])
    await anna.api.appointments.releaseLease({ id })
    expect(await lentSeats('viale-tibaldi-41')).toEqual([])
  })
})
