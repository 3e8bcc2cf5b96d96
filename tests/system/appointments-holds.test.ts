import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { addService, addSlots, letHoldExpire, seatsOf, visit } from '../support/agenda.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addDesk,
  addPerson,
  addStream,
  bookingArgs,
  command,
  type Desk,
  fillSmallCity,
  inDays,
  type Person,
  smallCity,
} from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const refused = (code: string) => ({ data: { code } })

describe.each(['pglite', 'postgres'] as const)('seats on %s', (engine) => {
  let crm: CrmUnderTest
  let anna: Person
  let bruno: Person
  let desk: Desk
  let days = 20
  beforeAll(async () => {
    crm = await startCrm(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {})
    await fillSmallCity(crm.store.db)
    await addService(crm.store.db, 'certificates', 15)
    await addService(crm.store.db, 'web-only', 15, { channels: ['web'] })
    anna = await addPerson(crm)
    bruno = await addPerson(crm)
    desk = await addDesk(crm, anna)
  })
  afterAll(() => crm.stop())

  /** A day of its own for each test. */
  const open = (count: number, counters: number) => {
    days += 1
    return addSlots(crm.store.db, { from: inDays(days), count, counters })
  }
  const one = async (counters: number) => (await open(1, counters))[0] ?? { id: '', startsAt: '' }
  const push = async (...commands: ReturnType<typeof command>[]) => {
    const streamId = await addStream(anna, desk)
    const { results } = await desk.api.sync.push({ streamId, commands })
    return results.map((result) => result.fault?.code ?? result.status)
  }
  const phone = 'phone' as const

  test('what one holds nobody else gets, and the holder’s booking has it', async () => {
    const slot = await one(1)
    const id = newId()
    const held = await anna.api.appointments.hold({ id, ...visit(slot) })
    expect(held).toMatchObject({
      id,
      slotId: slot.id,
      slotIds: [slot.id],
      startsAt: slot.startsAt,
      counter: 1,
    })
    const minutes = (Date.parse(held.heldUntil) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(4.8)
    expect(minutes).toBeLessThan(5.2)
    expect(await anna.api.appointments.hold({ id, ...visit(slot) })).toEqual(held)

    const theirs = bruno.api.appointments.hold({ id: newId(), ...visit(slot) })
    await expect(theirs).rejects.toMatchObject({ status: 409, data: { code: 'slot-taken' } })
    const past = bruno.api.appointments.book({ id: newId(), ...visit(slot), channel: phone })
    await expect(past).rejects.toMatchObject(refused('slot-taken'))

    const booked = await anna.api.appointments.book({
      id: newId(),
      ...visit(slot),
      holdId: id,
      channel: phone,
    })
    expect(booked).toMatchObject({ state: 'confirmed', counter: 1, slotIds: [slot.id], sequence: 0 })
    expect(await seatsOf(crm.store.db, slot)).toMatchObject([{ appointment_id: booked.id, hold_id: null }])
    // The id is used up: a late repetition keeps no second seat.
    await expect(anna.api.appointments.renewHold({ id })).rejects.toMatchObject(refused('hold-expired'))
  })

  test('a hold that is over is free at once, is not renewed, and is never confirmed as one', async () => {
    const slot = await one(1)
    const id = newId()
    await anna.api.appointments.hold({ id, ...visit(slot) })
    await letHoldExpire(crm.store.db, id)
    await expect(anna.api.appointments.renewHold({ id })).rejects.toMatchObject(refused('hold-expired'))
    await expect(anna.api.appointments.hold({ id, ...visit(slot) })).rejects.toMatchObject(
      refused('slot-taken'),
    )

    const next = newId()
    await bruno.api.appointments.hold({ id: next, ...visit(slot) })
    const late = { id: newId(), ...visit(slot), holdId: id, channel: phone }
    await expect(anna.api.appointments.book(late)).rejects.toMatchObject(refused('slot-taken'))
    await bruno.api.appointments.releaseHold({ id: next })
    // The operator had promised it, and it is free: it is taken as any other free seat.
    expect(await anna.api.appointments.book(late)).toMatchObject({ state: 'confirmed' })
    const { hold_id } = await crm.store.db
      .selectFrom('appointments')
      .select('hold_id')
      .where('id', '=', late.id)
      .executeTakeFirstOrThrow()
    expect(hold_id).toBeNull()
  })

  test('the database itself refuses a late hold, a second holder and a revived hold', async () => {
    const { db } = crm.store
    const slot = await one(1)
    const id = newId()
    await anna.api.appointments.hold({ id, ...visit(slot) })
    const confirm = (holdId: string | null) =>
      db.transaction().execute(async (trx) => {
        const appointmentId = newId()
        await trx
          .insertInto('appointments')
          .values({
            ...{
              id: appointmentId,
              code: appointmentId.slice(-12),
              slot_id: slot.id,
              office_id: smallCity.office,
            },
            ...{ service_ids: [smallCity.service], starts_at: slot.startsAt, counter: 1, hold_id: holdId },
            ends_at: new Date(Date.parse(slot.startsAt) + 15 * 60_000).toISOString(),
            ...{ citizen_id: null, contact_id: null, state: 'confirmed' as const },
          })
          .execute()
        await trx
          .updateTable('slot_seats')
          .set({ appointment_id: appointmentId, hold_id: null, held_since: null, held_until: null })
          .where('slot_id', '=', slot.id)
          .execute()
      })
    await expect(confirm(null)).rejects.toMatchObject({ code: '40001' })
    await expect(
      sql`update slot_seats set hold_id = ${newId()} where slot_id = ${slot.id}`.execute(db),
    ).rejects.toMatchObject({ code: '40001' })
    await letHoldExpire(db, id)
    await expect(confirm(id)).rejects.toMatchObject({ code: '40001' })
    await expect(
      sql`update slot_seats set held_until = now() + interval '1 minute' where slot_id = ${slot.id}`.execute(
        db,
      ),
    ).rejects.toMatchObject({ code: '40001' })
    await confirm(null)
    await expect(confirm(null)).rejects.toMatchObject({ code: '40001' })
    await expect(
      sql`update slot_seats set hold_id = ${newId()}, held_since = now(), held_until = now() where slot_id = ${slot.id}`.execute(
        db,
      ),
    ).rejects.toMatchObject({ code: expect.stringMatching(/40001|23514/) })
  })

  test('a hold is renewed up to twenty minutes in all', async () => {
    const slot = await one(1)
    const id = newId()
    const { heldUntil } = await anna.api.appointments.hold({ id, ...visit(slot), minutes: 1 })
    const renewed = await anna.api.appointments.renewHold({ id })
    expect(Date.parse(renewed.heldUntil) - Date.parse(heldUntil)).toBeGreaterThan(3.9 * 60_000)
    await sql`update slot_seats set held_since = held_since - interval '18 minutes' where hold_id = ${id}`.execute(
      crm.store.db,
    )
    await sql`update slot_seats set held_until = clock_timestamp() + interval '10 seconds' where hold_id = ${id}`.execute(
      crm.store.db,
    )
    const last = await anna.api.appointments.renewHold({ id })
    const left = Date.parse(last.heldUntil) - Date.now()
    expect(left).toBeGreaterThan(1.8 * 60_000)
    expect(left).toBeLessThan(2.1 * 60_000)
  })

  test('a double click is harmless: the same id twice at once is one hold and one appointment', async () => {
    const slot = await one(5)
    const id = newId()
    const holds = await Promise.all(
      Array.from({ length: 8 }, () => anna.api.appointments.hold({ id, ...visit(slot) })),
    )
    expect(new Set(holds.map((hold) => JSON.stringify(hold))).size).toBe(1)
    expect((await seatsOf(crm.store.db, slot)).filter((seat) => seat.hold_id !== null)).toHaveLength(1)

    const booking = { id: newId(), ...visit(slot), holdId: id, channel: phone }
    const args = bookingArgs(slot, { id: booking.id, holdId: id })
    const [streams, booked] = await Promise.all([
      Promise.all([push(command(1, 'appointment.book', args)), push(command(1, 'appointment.book', args))]),
      Promise.all(Array.from({ length: 6 }, () => anna.api.appointments.book(booking))),
    ])
    expect(streams).toEqual([['applied'], ['applied']])
    expect(new Set(booked.map((one) => one.code)).size).toBe(1)
    const taken = (await seatsOf(crm.store.db, slot)).filter((seat) => seat.appointment_id ?? seat.hold_id)
    expect(taken).toMatchObject([{ appointment_id: booking.id }])
  })

  test('a visit of several services sits on consecutive seats of one counter and counts on each of its slots', async () => {
    const slots = await open(4, 2)
    const [first, second, third, fourth] = slots
    if (!first || !second || !third || !fourth) throw new Error('no slots')
    const two = { services: [smallCity.service, 'certificates'] }
    const id = newId()
    const held = await anna.api.appointments.hold({ id, ...visit(first, two) })
    expect(held).toMatchObject({ slotIds: [first.id, second.id], endsAt: third.startsAt })
    const booked = await anna.api.appointments.book({
      ...{ id: newId(), ...visit(first, two), holdId: id, channel: phone },
    })
    expect(booked).toMatchObject({
      slotIds: [first.id, second.id],
      endsAt: third.startsAt,
      counter: held.counter,
    })
    const { slots: counted } = await anna.api.appointments.slots({
      ...{ agenda: smallCity.agenda, from: first.startsAt.slice(0, 10), to: first.startsAt.slice(0, 10) },
    })
    expect(counted.map((slot) => slot.booked)).toEqual([1, 1, 0, 0])

    // One seat is left in each of the first two, on the same counter; then one visit in the middle takes it away.
    await anna.api.appointments.book({ id: newId(), ...visit(second), channel: phone })
    const blocked = bruno.api.appointments.book({ id: newId(), ...visit(first, two), channel: phone })
    await expect(blocked).rejects.toMatchObject(refused('slot-taken'))
    expect(await bruno.api.appointments.book({ id: newId(), ...visit(first), channel: phone })).toBeTruthy()
    // Not until the office closes.
    const late = bruno.api.appointments.book({ id: newId(), ...visit(fourth, two), channel: phone })
    await expect(late).rejects.toMatchObject(refused('slot-gone'))
    const unknown = bruno.api.appointments.hold({ id: newId(), ...visit(first, { services: ['none'] }) })
    await expect(unknown).rejects.toMatchObject(refused('input-invalid'))
  })

  test('a hold for more than is booked gives the rest back, one for less is made longer where it can be', async () => {
    const [first, second, third] = await open(3, 1)
    if (!first || !second || !third) throw new Error('no slots')
    const two = { services: [smallCity.service, 'certificates'] }
    const long = newId()
    await anna.api.appointments.hold({ id: long, ...visit(first, two) })
    await anna.api.appointments.book({ id: newId(), ...visit(first), holdId: long, channel: phone })
    expect((await seatsOf(crm.store.db, first, second)).map((seat) => seat.hold_id)).toEqual([null, null])
    const short = newId()
    await anna.api.appointments.hold({ id: short, ...visit(second) })
    const grown = await anna.api.appointments.book({
      ...{ id: newId(), ...visit(second, two), holdId: short, channel: phone },
    })
    expect(grown.slotIds).toEqual([second.id, third.id])
  })

  test('visits are spread over the counters', async () => {
    const slots = await open(10, 4)
    for (const slot of slots)
      for (let visits = 0; visits < 2; visits += 1)
        await anna.api.appointments.book({ id: newId(), ...visit(slot), channel: phone })
    const { rows } = await sql<{ seat: number; visits: number }>`
      select seat, count(appointment_id) as visits from slot_seats
      where slot_id = any(${slots.map(({ id }) => id)}::uuid[]) group by seat order by seat`.execute(
      crm.store.db,
    )
    expect(rows).toEqual([1, 2, 3, 4].map((seat) => ({ seat, visits: 5 })))
  })

  test('a channel that a service does not have is refused', async () => {
    const slot = await one(1)
    const web = { services: ['web-only'] }
    const byPhone = anna.api.appointments.book({ id: newId(), ...visit(slot, web), channel: phone })
    await expect(byPhone).rejects.toMatchObject({
      data: { code: 'input-invalid', params: { field: 'channel' } },
    })
    await anna.api.appointments.book({ id: newId(), ...visit(slot, web), channel: 'web' })
  })
})
