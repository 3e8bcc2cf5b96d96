import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppointmentState, mayBecome, seatedStates } from '#contract/domain/appointment.ts'
import { newId } from '#contract/domain/ids.ts'
import { readAppointments } from '../../src/crm/appointments/rows.ts'
import { book, cancelByOffice, lapse } from '../../src/crm/appointments/visits.ts'
import { inTransaction } from '../../src/crm/store/transaction.ts'
import { addService, addSlots, seatsOf, type TestSlot, visit } from '../support/agenda.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addAppointment,
  addCitizen,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  command,
  fillSmallCity,
  inDays,
  moveArgs,
  type Person,
  smallCity,
} from '../support/crm-city.ts'
import { romeTime } from '../support/opening.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const refused = (code: string) => ({ data: { code } })

describe.each(['pglite', 'postgres'] as const)('appointments on %s', (engine) => {
  let crm: CrmUnderTest
  let operator: Person
  let specialist: Person
  let supervisor: Person
  let days = 20
  beforeAll(async () => {
    crm = await startCrm(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {})
    await fillSmallCity(crm.store.db)
    await addService(crm.store.db, 'certificates', 15)
    operator = await addPerson(crm)
    specialist = await addPerson(crm, { roles: ['specialist'] })
    supervisor = await addPerson(crm, { roles: ['supervisor'] })
  })
  afterAll(() => crm.stop())

  const open = async <N extends number>(count: N, counters: number): Promise<TestSlot[]> => {
    days += 1
    return addSlots(crm.store.db, { from: inDays(days), count, counters })
  }
  /** One whose hour came so many minutes ago. */
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const begun = async (minutes: number) => {
    const startsAt = minutesAgo(minutes)
    const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 1 }), startsAt }
    return { id: await addAppointment(crm.store.db, slot) }
  }
  const at = (slots: readonly TestSlot[], index: number): TestSlot => slots[index] ?? { id: '', startsAt: '' }
  const api = () => operator.api.appointments
  const booked = (slot: TestSlot, more: { services?: string[]; citizenId?: string } = {}) =>
    api().book({ id: newId(), ...visit(slot, more), channel: 'phone', citizenId: more.citizenId ?? null })
  const holders = async (...slots: TestSlot[]) =>
    (await seatsOf(crm.store.db, ...slots)).map((seat) => seat.appointment_id)

  test('a reschedule is one step: the old seat is free when the new one is taken, and stays when it cannot be', async () => {
    const slots = await open(3, 1)
    const [a, b, c] = [at(slots, 0), at(slots, 1), at(slots, 2)]
    const mine = await booked(a)
    const other = await booked(b)
    const to = (slot: TestSlot) => ({ id: mine.id, officeId: smallCity.office, startsAt: slot.startsAt })
    await expect(api().reschedule(to(b))).rejects.toMatchObject(refused('slot-taken'))
    expect(await holders(a, b, c)).toEqual([mine.id, other.id, null])
    const moved = await api().reschedule(to(c))
    expect(moved).toMatchObject({
      ...{ id: mine.id, code: mine.code, state: 'confirmed', startsAt: c.startsAt, sequence: 1 },
    })
    expect(await holders(a, b, c)).toEqual([null, other.id, mine.id])
    // The same again, as by a double click, is no further change.
    expect(await api().reschedule(to(c))).toEqual(moved)

    const holdId = newId()
    await api().hold({ id: holdId, ...visit(a) })
    await expect(booked(a)).rejects.toMatchObject(refused('slot-taken'))
    expect((await api().reschedule({ ...to(a), holdId })).sequence).toBe(2)
    expect(await holders(a, b, c)).toEqual([mine.id, other.id, null])
  })

  test('a visit moves onto seats that are partly its own', async () => {
    const slots = await open(3, 1)
    const long = await booked(at(slots, 0), { services: [smallCity.service, 'certificates'] })
    const moved = await api().reschedule({
      ...{ id: long.id, officeId: smallCity.office, startsAt: at(slots, 1).startsAt },
    })
    expect(moved.slotIds).toEqual([at(slots, 1).id, at(slots, 2).id])
    expect(await holders(...slots)).toEqual([null, long.id, long.id])
  })

  test('who cancelled is said, with the reason, and the first word stays', async () => {
    const slots = await open(1, 1)
    const mine = await booked(at(slots, 0))
    const cancelled = await api().cancel({ id: mine.id, by: 'office', reason: 'Sportello chiuso' })
    expect(cancelled).toMatchObject({
      ...{
        state: 'cancelled-by-office',
        reason: 'Sportello chiuso',
        slotIds: [],
        counter: null,
        sequence: 1,
      },
    })
    expect(await api().cancel({ id: mine.id, by: 'citizen' })).toEqual(cancelled)
    expect(await booked(at(slots, 0))).toMatchObject({ state: 'confirmed' })
    for (const change of [
      () => specialist.api.appointments.noShow({ id: mine.id }),
      () => api().reschedule({ id: mine.id, officeId: smallCity.office, startsAt: inDays(2) }),
      () => api().confirm({ id: mine.id }),
    ]) {
      await expect(change()).rejects.toMatchObject(refused('appointment-settled'))
    }
    await expect(api().cancel({ id: newId(), by: 'citizen' })).rejects.toMatchObject({ status: 404 })
  })

  test('a no-show and a visit are noted by those who may, and not before it begins', async () => {
    const slots = await open(1, 1)
    const mine = await booked(at(slots, 0))
    for (const change of ['noShow', 'attended'] as const) {
      await expect(api()[change]({ id: mine.id })).rejects.toMatchObject(refused('role-missing'))
    }
    await expect(specialist.api.appointments.noShow({ id: mine.id })).rejects.toMatchObject(
      refused('appointment-to-come'),
    )
    await expect(specialist.api.appointments.attended({ id: mine.id })).rejects.toMatchObject(
      refused('appointment-to-come'),
    )
    const { id } = await begun(60)
    expect(await supervisor.api.appointments.noShow({ id })).toMatchObject({ state: 'no-show', counter: 1 })
    // Noted wrongly: they had been served after all.
    expect(await specialist.api.appointments.attended({ id })).toMatchObject({ state: 'attended' })
    await expect(api().cancel({ id, by: 'citizen' })).rejects.toMatchObject(refused('appointment-settled'))
  })

  test('who comes early on the day has come', async () => {
    const startsAt = romeTime(0, '23:59')
    const id = await addAppointment(crm.store.db, {
      id: await addSlot(crm.store.db, { startsAt, capacity: 1 }),
      startsAt,
    })
    expect(await specialist.api.appointments.attended({ id })).toMatchObject({ state: 'attended' })
  })

  test('once its hour has come the citizen neither cancels nor moves it, and the office may still cancel', async () => {
    const slots = await open(1, 1)
    const { id } = await begun(30)
    const elsewhere = { id, officeId: smallCity.office, startsAt: at(slots, 0).startsAt }
    await expect(api().cancel({ id, by: 'citizen' })).rejects.toMatchObject(refused('appointment-begun'))
    await expect(api().reschedule(elsewhere)).rejects.toMatchObject(refused('appointment-begun'))
    expect(await holders(...slots)).toEqual([null])
    expect(await api().cancel({ id, by: 'office', reason: 'Guasto' })).toMatchObject({
      state: 'cancelled-by-office',
    })
  })

  test('who cancelled or moved in time did so, though the CRM hears of it when the hour has passed', async () => {
    const slots = await open(1, 1)
    const desk = await addDesk(crm, operator)
    const streamId = await addStream(operator, desk)
    const push = async (...commands: ReturnType<typeof command>[]) =>
      (await desk.api.sync.push({ streamId, commands })).results
    const [first, second, third] = [await begun(110), await begun(130), await begun(150)]
    const cancelled = (n: number, appointmentId: string, at: string) => ({
      ...command(n, 'appointment.cancel', { appointmentId, by: 'citizen', reason: null, notify: [] }),
      at,
    })
    const to = at(slots, 0)
    const moved = command(2, 'appointment.reschedule', {
      ...{ appointmentId: second.id, slotId: to.id, slotIds: [to.id], officeId: smallCity.office },
      ...{ startsAt: to.startsAt, endsAt: to.startsAt, holdId: null, notify: [] },
    })
    expect(
      await push(
        cancelled(1, first.id, minutesAgo(120)),
        { ...moved, at: minutesAgo(140) },
        cancelled(3, third.id, minutesAgo(140)),
      ),
    ).toMatchObject([
      { status: 'applied' },
      { status: 'applied' },
      { status: 'refused', fault: { code: 'appointment-begun' } },
    ])
    expect(await holders(...slots)).toEqual([second.id])
  })

  describe('what was asked for before somebody else was answered', () => {
    const fresh = async () => {
      const slots = await open(4, 1)
      const mine = await booked(at(slots, 0))
      const desk = await addDesk(crm, operator)
      const streamId = await addStream(operator, desk)
      const push = async (...commands: ReturnType<typeof command>[]) => {
        const { results } = await desk.api.sync.push({ streamId, commands })
        return results.map(({ status, fault }) => fault?.code ?? status)
      }
      const to = (index: number) => ({ officeId: smallCity.office, startsAt: at(slots, index).startsAt })
      const cancel = { appointmentId: mine.id, by: 'citizen' as const, reason: null, notify: [] }
      return { slots, mine, push, to, cancel, seen: { sequence: mine.sequence, after: [] as string[] } }
    }
    const now = async (id: string) => (await readAppointments(crm.store.db, sql`a.id = ${id}`))[0]

    test('does not undo what they were told since, and is told how it stands', async () => {
      const { slots, mine, push, to, cancel, seen } = await fresh()
      await supervisor.api.appointments.reschedule({ id: mine.id, ...to(1) })
      const earlier = minutesAgo(20)
      const moved = command(1, 'appointment.reschedule', moveArgs(mine.id, at(slots, 2), { seen }))
      expect(
        await push(
          { ...moved, at: earlier },
          { ...command(2, 'appointment.cancel', { ...cancel, seen }), at: earlier },
        ),
      ).toEqual(['appointment-changed', 'appointment-changed'])
      expect(await now(mine.id)).toMatchObject({ state: 'confirmed', startsAt: at(slots, 1).startsAt })
      await expect(
        api().reschedule({ id: mine.id, ...to(2), sequence: mine.sequence }),
      ).rejects.toMatchObject({ status: 409, data: { code: 'appointment-changed', params: to(1) } })
      await expect(
        api().cancel({ id: mine.id, by: 'citizen', sequence: mine.sequence }),
      ).rejects.toMatchObject(refused('appointment-changed'))
      // What is so already may be said again, and who knows how it stands changes it.
      expect(
        await push(
          command(3, 'appointment.reschedule', moveArgs(mine.id, at(slots, 1), { seen })),
          command(4, 'appointment.cancel', { ...cancel, seen: { sequence: 1, after: [] } }),
        ),
      ).toEqual(['applied', 'applied'])
      expect(await now(mine.id)).toMatchObject({ state: 'cancelled-by-citizen' })
      // And of one that is no more: that.
      expect(
        await push(command(5, 'appointment.reschedule', moveArgs(mine.id, at(slots, 2), { seen }))),
      ).toEqual(['appointment-settled'])
    })

    test('by the same desk is no hindrance: its commands that waited follow one another', async () => {
      const { slots, mine, push, cancel, seen } = await fresh()
      const first = command(1, 'appointment.reschedule', moveArgs(mine.id, at(slots, 1), { seen }))
      const after = { ...seen, after: [first.id] }
      const second = command(2, 'appointment.reschedule', moveArgs(mine.id, at(slots, 2), { seen: after }))
      const third = command(3, 'appointment.cancel', {
        ...cancel,
        seen: { ...seen, after: [first.id, second.id] },
      })
      expect(await push(first, second)).toEqual(['applied', 'applied'])
      expect(await now(mine.id)).toMatchObject({ startsAt: at(slots, 2).startsAt, sequence: 2 })
      expect(await push(third)).toEqual(['applied'])
    })

    test('hinders the ones that follow it too', async () => {
      const { slots, mine, push, to, cancel, seen } = await fresh()
      await supervisor.api.appointments.reschedule({ id: mine.id, ...to(1) })
      const first = command(1, 'appointment.reschedule', moveArgs(mine.id, at(slots, 2), { seen }))
      const after = { ...seen, after: [first.id] }
      expect(await push(first, command(2, 'appointment.cancel', { ...cancel, seen: after }))).toEqual([
        'appointment-changed',
        'appointment-changed',
      ])
    })

    test('is taken from a desk that does not say what it saw', async () => {
      const { slots, mine, push, to } = await fresh()
      await supervisor.api.appointments.reschedule({ id: mine.id, ...to(1) })
      expect(await push(command(1, 'appointment.reschedule', moveArgs(mine.id, at(slots, 2))))).toEqual([
        'applied',
      ])
    })

    test('is not newer for what nobody asked for: a term that passed, a no-show that was none', async () => {
      const { push, slots, cancel, seen } = await fresh()
      const soon = await begun(30)
      await supervisor.api.appointments.noShow({ id: soon.id })
      const id = newId()
      await inTransaction(crm.store.db, (trx) =>
        book(trx, {
          ...{ id, ...visit(at(slots, 1)), citizenId: null, contactId: null, holdId: null, leaseId: null },
          ...{ recoveryOf: null, channel: 'office', notify: [], confirmBy: inDays(1) },
        }),
      )
      await sql`update appointments set confirm_by = ${minutesAgo(30)} where id = ${id}`.execute(crm.store.db)
      expect(await inTransaction(crm.store.db, (trx) => lapse(trx))).toEqual([id])
      expect(
        await push(
          {
            ...command(1, 'appointment.cancel', { ...cancel, appointmentId: soon.id, seen }),
            at: minutesAgo(40),
          },
          {
            ...command(2, 'appointment.reschedule', moveArgs(id, at(slots, 2), { seen })),
            at: minutesAgo(40),
          },
        ),
      ).toEqual(['applied', 'applied'])
    })
  })

  test('moved to where it is already, it leaves the hold that was taken for it', async () => {
    const slots = await open(1, 2)
    const mine = await booked(at(slots, 0))
    const holdId = newId()
    await api().hold({ id: holdId, ...visit(at(slots, 0)) })
    const there = { id: mine.id, officeId: smallCity.office, startsAt: at(slots, 0).startsAt, holdId }
    expect(await api().reschedule(there)).toEqual(mine)
    expect((await seatsOf(crm.store.db, ...slots)).map((seat) => seat.hold_id)).toEqual([null, null])
    await booked(at(slots, 0))
    expect((await holders(...slots)).filter((holder) => holder !== null)).toHaveLength(2)
  })

  test('who cancelled or moved in time is no no-show, though the counter noted one before the CRM heard', async () => {
    const slots = await open(1, 1)
    const [cancelled, moved, late] = [await begun(170), await begun(190), await begun(210)]
    const supervisor = await addPerson(crm, { roles: ['supervisor'] })
    for (const { id } of [cancelled, moved, late]) await supervisor.api.appointments.noShow({ id })
    const desk = await addDesk(crm, operator)
    const cancel = (n: number, appointmentId: string, said: string) => ({
      ...command(n, 'appointment.cancel', { appointmentId, by: 'citizen', reason: null, notify: [] }),
      at: said,
    })
    const { results } = await desk.api.sync.push({
      streamId: await addStream(operator, desk),
      commands: [
        cancel(1, cancelled.id, minutesAgo(180)),
        { ...command(2, 'appointment.reschedule', moveArgs(moved.id, at(slots, 0))), at: minutesAgo(200) },
        cancel(3, late.id, minutesAgo(200)),
      ],
    })
    expect(results.map(({ status, fault }) => fault?.code ?? status)).toEqual([
      ...['applied', 'applied', 'appointment-settled'],
    ])
    const ids = [cancelled.id, moved.id, late.id]
    const rows = await readAppointments(crm.store.db, sql`a.id = any(${ids}::uuid[])`)
    expect(ids.map((id) => rows.find((row) => row.id === id)?.state)).toEqual([
      ...['cancelled-by-citizen', 'confirmed', 'no-show'],
    ])
    expect(await holders(...slots)).toEqual([moved.id])
  })

  test('who books beside one that they did not know of is told where it is, each time they ask, and has both', async () => {
    const slots = await open(3, 2)
    const citizen = await addCitizen(crm.store.db)
    const first = await booked(at(slots, 0), { citizenId: citizen.id })
    const desk = await addDesk(crm, operator)
    const streamId = await addStream(operator, desk)
    const push = async (...commands: ReturnType<typeof command>[]) =>
      (await desk.api.sync.push({ streamId, commands })).results
    const mine = (index: number, besides?: string[]) =>
      bookingArgs(at(slots, index), { citizenId: citizen.id, ...(besides && { besides }) })
    const args = mine(1, [])
    const late = command(1, 'appointment.book', args)
    const told = {
      status: 'applied',
      fault: {
        code: 'service-booked',
        params: { officeId: smallCity.office, startsAt: at(slots, 0).startsAt },
      },
    }
    expect(await push(late)).toMatchObject([told])
    expect(await push(late)).toMatchObject([told])
    expect(
      await push(
        command(2, 'appointment.book', mine(2, [first.id, args.id])),
        // A desk of before, which does not say what it knew.
        command(3, 'appointment.book', mine(2)),
      ),
    ).toMatchObject([
      { status: 'applied', fault: null },
      { status: 'applied', fault: null },
    ])
    const { appointments } = await api().list({ citizenId: citizen.id })
    expect(appointments.map(({ state }) => state)).toEqual(Array(4).fill('confirmed'))
  })

  test('a late yes gives nobody a second appointment for the same service', async () => {
    const slots = await open(2, 1)
    const citizen = await addCitizen(crm.store.db)
    const id = newId()
    await inTransaction(crm.store.db, (trx) =>
      book(trx, {
        ...{
          id,
          ...visit(at(slots, 0)),
          citizenId: citizen.id,
          contactId: null,
          holdId: null,
          leaseId: null,
        },
        ...{ recoveryOf: null, channel: 'office', notify: [], confirmBy: inDays(1) },
      }),
    )
    await sql`update appointments set confirm_by = ${minutesAgo(30)} where id = ${id}`.execute(crm.store.db)
    expect(await inTransaction(crm.store.db, (trx) => lapse(trx))).toEqual([id])
    await api().book({ id: newId(), ...visit(at(slots, 1)), citizenId: citizen.id, channel: 'phone' })
    const desk = await addDesk(crm, operator)
    const { results } = await desk.api.sync.push({
      streamId: await addStream(operator, desk),
      commands: [{ ...command(1, 'appointment.confirm', { appointmentId: id }), at: minutesAgo(40) }],
    })
    expect(results).toMatchObject([{ status: 'refused', fault: { code: 'service-booked' } }])
  })

  test('a proposed one is confirmed in time, or lapses and its seat is free', async () => {
    const slots = await open(3, 1)
    const propose = async (slot: TestSlot, confirmBy: string) => {
      const id = newId()
      await inTransaction(crm.store.db, (trx) =>
        book(trx, {
          ...{ id, ...visit(slot), citizenId: null, contactId: null, holdId: null, leaseId: null },
          ...{ recoveryOf: null, channel: 'office', notify: [], confirmBy },
        }),
      )
      return id
    }
    const kept = await propose(at(slots, 0), inDays(3))
    expect(await api().confirm({ id: kept })).toMatchObject({
      state: 'confirmed',
      confirmBy: null,
      sequence: 1,
    })
    const moved = await propose(at(slots, 1), inDays(3))
    expect(
      await api().reschedule({ id: moved, officeId: smallCity.office, startsAt: at(slots, 2).startsAt }),
    ).toMatchObject({ state: 'confirmed' })

    const lost = await propose(at(slots, 1), new Date(Date.now() + 60_000).toISOString())
    await sql`update appointments set confirm_by = clock_timestamp() where id = ${lost}`.execute(crm.store.db)
    await expect(api().confirm({ id: lost })).rejects.toMatchObject(refused('proposal-expired'))
    await expect(
      api().reschedule({ id: lost, officeId: smallCity.office, startsAt: inDays(2) }),
    ).rejects.toMatchObject(refused('proposal-expired'))
    await expect(
      sql`update appointments set state = 'confirmed', confirm_by = null where id = ${lost}`.execute(
        crm.store.db,
      ),
    ).rejects.toMatchObject({ code: '40001' })
    const lapsed = await Promise.all([
      inTransaction(crm.store.db, (trx) => lapse(trx)),
      inTransaction(crm.store.db, (trx) => lapse(trx)),
    ])
    expect(lapsed.flat()).toEqual([lost])
    expect(await holders(...slots)).toEqual([kept, null, moved])
  })

  test('a yes that was said in time and comes late confirms, if the place is still free', async () => {
    const slots = await open(6, 1)
    const propose = async (slot: TestSlot) => {
      const id = newId()
      await inTransaction(crm.store.db, (trx) =>
        book(trx, {
          ...{ id, ...visit(slot), citizenId: null, contactId: null, holdId: null, leaseId: null },
          ...{ recoveryOf: null, channel: 'office', notify: ['email'], confirmBy: inDays(1) },
        }),
      )
      await sql`update appointments set confirm_by = ${minutesAgo(30)} where id = ${id}`.execute(crm.store.db)
      return id
    }
    const lapsed = [await propose(at(slots, 0)), await propose(at(slots, 1)), await propose(at(slots, 2))]
    expect(await inTransaction(crm.store.db, (trx) => lapse(trx))).toHaveLength(3)
    const other = await booked(at(slots, 1))
    const standing = await propose(at(slots, 3))
    const moved = await propose(at(slots, 4))

    const desk = await addDesk(crm, operator)
    const streamId = await addStream(operator, desk)
    const [inTime, late] = [minutesAgo(40), minutesAgo(20)]
    const yes = (n: number, appointmentId: string | undefined, said: string) => ({
      ...command(n, 'appointment.confirm', { appointmentId: appointmentId ?? '' }),
      at: said,
    })
    const { results } = await desk.api.sync.push({
      streamId,
      commands: [
        yes(1, lapsed[0], inTime),
        yes(2, lapsed[1], inTime),
        yes(3, lapsed[2], late),
        yes(4, standing, inTime),
        { ...command(5, 'appointment.reschedule', moveArgs(moved, at(slots, 5))), at: inTime },
        // Said again it is so already.
        yes(6, lapsed[0], inTime),
      ],
    })
    expect(results.map(({ status, fault }) => fault?.code ?? status)).toEqual([
      ...['applied', 'slot-taken', 'proposal-expired', 'applied', 'applied', 'applied'],
    ])
    expect(await holders(...slots)).toEqual([lapsed[0], other.id, null, standing, null, moved])
    const rows = await readAppointments(crm.store.db, sql`a.id = ${lapsed[0]}`)
    expect(rows).toMatchObject([{ state: 'confirmed', confirmBy: null, counter: 1, sequence: 2 }])
    const { messages } = await api().messages({ id: lapsed[0] ?? '' })
    expect(messages.at(-1)?.kind).toBe('confirmation')
    // Nobody can say it on behalf of an earlier hour but a desk.
    await expect(api().confirm({ id: lapsed[2] ?? '' })).rejects.toMatchObject(refused('proposal-expired'))
  })

  test('a desk’s wrong clock makes no late yes be in time, and takes nobody’s timely one', async () => {
    const slots = await open(4, 1)
    const propose = async (slot: TestSlot) => {
      const id = newId()
      await inTransaction(crm.store.db, (trx) =>
        book(trx, {
          ...{ id, ...visit(slot), citizenId: null, contactId: null, holdId: null, leaseId: null },
          ...{ recoveryOf: null, channel: 'office', notify: ['email'], confirmBy: inDays(1) },
        }),
      )
      await sql`update appointments set confirm_by = ${minutesAgo(30)} where id = ${id}`.execute(crm.store.db)
      return id
    }
    const proposed = [0, 1, 2, 3].map((nth) => at(slots, nth))
    const ids = await Promise.all(proposed.map(propose))
    await inTransaction(crm.store.db, (trx) => lapse(trx))
    const ofClock = async (ahead: number, said: [string | undefined, number][]) => {
      const desk = await addDesk(crm, operator)
      const streamId = await addStream(operator, desk)
      const commands = said.map(([appointmentId, ago], nth) => ({
        ...command(nth + 1, 'appointment.confirm', { appointmentId: appointmentId ?? '' }),
        at: minutesAgo(ago - ahead),
      }))
      const { results } = await desk.api.sync.push({ streamId, commands, sentAt: minutesAgo(-ahead) })
      return results.map(({ status, fault }) => fault?.code ?? status)
    }
    expect(
      await ofClock(-120, [
        [ids[0], 40],
        [ids[1], 20],
      ]),
    ).toEqual(['applied', 'proposal-expired'])
    expect(
      await ofClock(120, [
        [ids[2], 40],
        [ids[3], 20],
      ]),
    ).toEqual(['applied', 'proposal-expired'])
  })

  test('the office cancels a day: nobody is a no-show, and the feed and the seats say so', async () => {
    const slots = await open(4, 2)
    const citizen = await addCitizen(crm.store.db)
    const visits = [
      await booked(at(slots, 0), { citizenId: citizen.id }),
      await booked(at(slots, 1), { services: [smallCity.service, 'certificates'] }),
    ]
    const gone = await booked(at(slots, 3))
    await api().cancel({ id: gone.id, by: 'citizen' })
    const closureId = newId()
    const last = await crm.store.db
      .selectFrom('change_log')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .executeTakeFirstOrThrow()
    const ids = await inTransaction(crm.store.db, (trx) =>
      cancelByOffice(
        trx,
        sql`a.office_id = ${smallCity.office} and a.starts_at >= ${at(slots, 0).startsAt}
          and a.starts_at <= ${at(slots, 3).startsAt}`,
        { reason: 'Guasto', closureId, message: 'cancellation' },
      ),
    )
    expect(ids.toSorted()).toEqual(visits.map(({ id }) => id).toSorted())
    const { appointments } = await api().list({ citizenId: citizen.id })
    expect(appointments).toMatchObject([{ state: 'cancelled-by-office', reason: 'Guasto', sequence: 1 }])
    expect((await holders(...slots)).filter((holder) => holder !== null)).toEqual([])
    const told = await crm.store.db
      .selectFrom('change_log')
      .select(['entity', 'id'])
      .where('seq', '>', last.seq)
      .execute()
    expect(told.map(({ entity, id }) => `${entity} ${id}`).toSorted()).toEqual(
      [
        ...ids.map((id) => `appointment ${id}`),
        ...[0, 1, 2].map((index) => `slot ${at(slots, index).id}`),
      ].toSorted(),
    )
    // A booking that makes up for it says so; one of somebody else does not pass for it.
    const recovery = { ...visit(at(slots, 0)), channel: 'phone' as const, recoveryOf: visits[0]?.id ?? null }
    await expect(api().book({ id: newId(), ...recovery })).rejects.toMatchObject(refused('input-invalid'))
    expect(await api().book({ id: newId(), ...recovery, citizenId: citizen.id })).toMatchObject({
      recoveryOf: visits[0]?.id,
    })
  })

  test('what the office cancelled is made up for once, whoever asks, and again when that is given up', async () => {
    const slots = await open(4, 2)
    const citizen = await addCitizen(crm.store.db)
    const { id: recoveryOf } = await booked(at(slots, 0), { citizenId: citizen.id })
    const own = await addPerson(crm)
    await api().cancel({ id: recoveryOf, by: 'office', reason: 'Guasto' })
    const instead = (slot: number, person: Pick<Person, 'api'> = own) =>
      person.api.appointments.book({
        ...{ id: newId(), ...visit(at(slots, slot)), channel: 'phone', citizenId: citizen.id, recoveryOf },
      })
    const won = await Promise.allSettled(
      [1, 2, 3].flatMap((slot) => [instead(slot), instead(slot, supervisor)]),
    )
    const made = won.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(made).toHaveLength(1)
    for (const one of won)
      if (one.status === 'rejected') expect(one.reason).toMatchObject(refused('appointment-settled'))
    await api().cancel({ id: made[0]?.id ?? '', by: 'citizen' })
    const again = await instead(3)
    // The database itself refuses a second one.
    const { id } = await booked(at(slots, 1), { citizenId: citizen.id })
    await expect(
      sql`update appointments set recovery_of = ${recoveryOf} where id = ${id}`.execute(crm.store.db),
    ).rejects.toMatchObject({ code: '23505' })
    await expect(instead(2)).rejects.toMatchObject(refused('appointment-settled'))
    await api().cancel({ id: again.id, by: 'citizen' })
  })

  test('seats lent to whom a closure affected are theirs alone until then', async () => {
    const slots = await open(2, 1)
    const citizen = await addCitizen(crm.store.db)
    const mine = await booked(at(slots, 0), { citizenId: citizen.id })
    const closureId = newId()
    await inTransaction(crm.store.db, (trx) =>
      cancelByOffice(trx, sql`a.id = ${mine.id}`, { reason: null, closureId, message: 'recovery' }),
    )
    const until = inDays(10)
    await crm.store.db
      .insertInto('leases')
      .values({
        ...{ id: closureId, kind: 'recovery', kept_until: until },
        ...{ device_id: null, user_id: null, service_id: null, book_until: null },
      })
      .execute()
    await sql`update slot_seats set lease_id = ${closureId}, kept_until = ${until} where slot_id = ${at(slots, 1).id}`.execute(
      crm.store.db,
    )
    const place = visit(at(slots, 1))
    await expect(api().hold({ id: newId(), ...place })).rejects.toMatchObject(refused('slot-taken'))
    await expect(booked(at(slots, 1))).rejects.toMatchObject(refused('slot-taken'))
    const holdId = newId()
    await api().hold({ id: holdId, ...place, recoveryOf: mine.id })
    const recovered = await api().book({
      ...{ id: newId(), ...place, holdId, recoveryOf: mine.id, citizenId: citizen.id, channel: 'phone' },
    })
    expect(recovered).toMatchObject({ state: 'confirmed', recoveryOf: mine.id })
  })

  test('the database refuses the moves that the contract refuses, and no others', async () => {
    const { db } = crm.store
    const slots = await open(1, 1)
    for (const from of AppointmentState.options) {
      for (const to of AppointmentState.options) {
        if (from === to) continue
        const id = newId()
        const isSeated = seatedStates.some((state) => state === from)
        const tried = db.transaction().execute(async (trx) => {
          await trx
            .insertInto('appointments')
            .values({
              ...{ id, code: id.slice(-12), slot_id: at(slots, 0).id, service_ids: [smallCity.service] },
              ...{ office_id: smallCity.office, starts_at: at(slots, 0).startsAt, state: from },
              ends_at: new Date(Date.parse(at(slots, 0).startsAt) + 15 * 60_000).toISOString(),
              ...{ citizen_id: null, contact_id: null, counter: isSeated ? 1 : null },
              confirm_by: from === 'proposed' ? inDays(1) : null,
            })
            .execute()
          await trx
            .updateTable('appointments')
            .set({ state: to, confirm_by: to === 'proposed' ? inDays(1) : null })
            .where('id', '=', id)
            .execute()
          throw new Error('taken back')
        })
        const said = await tried.catch((error: Error) => error.message)
        expect(`${from} ${to} ${said === 'taken back'}`).toBe(`${from} ${to} ${mayBecome(from, to)}`)
      }
    }
  })

  test('who is told of a person’s appointment by a change is in the journal of reads', async () => {
    const slots = await open(1, 1)
    const citizen = await addCitizen(crm.store.db)
    const mine = await booked(at(slots, 0), { citizenId: citizen.id })
    await specialist.api.appointments.cancel({ id: mine.id, by: 'citizen' })
    const { reads } = await supervisor.api.citizens.reads({ id: citizen.id })
    expect(reads).toHaveLength(2)
  })
})
