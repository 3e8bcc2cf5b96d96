import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Holiday } from '#contract/domain/calendar.ts'
import { newId } from '#contract/domain/ids.ts'
import { lawBook } from '#contract/domain/reply-term.ts'
import { closeOffice } from '../../src/crm/agenda/closures.ts'
import { extendHorizon, lapseProposals, reopenCounters } from '../../src/crm/agenda/jobs.ts'
import { addRecovery } from '../../src/crm/agenda/recoveries.ts'
import { openClosures, settleClosure } from '../../src/crm/agenda/settling.ts'
import { openLog } from '../../src/crm/http/log.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { applyRules } from '../../src/crm/tickets/rules.ts'
import { addOffice, addService, addSlots, letHoldExpire, letLeaseExpire, visit } from '../support/agenda.ts'
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
  contactArgs,
  fillSmallCity,
  type Person,
  smallCity,
} from '../support/crm-city.ts'
import { everyDay, romeClock, romeDate, romeTime } from '../support/opening.ts'
import { patron } from '../support/patron.ts'
import { startPostgres, type TestPostgres, waitingForLocks } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const { office, service } = smallCity
const azores = 'Atlantic/Azores'
const log = openLog({ write: () => {} })
const refused = (code: string) => ({ data: { code } })

describe.each(['pglite', 'postgres'] as const)('the agenda on %s', (engine) => {
  let crm: CrmUnderTest
  let operator: Person
  let supervisor: Person
  let databaseUrl = ''
  beforeAll(async () => {
    databaseUrl = engine === 'postgres' ? await postgres.createDatabase() : ''
    crm = await startCrm(databaseUrl === '' ? {} : { databaseUrl })
    await fillSmallCity(crm.store.db)
    await addService(crm.store.db, 'certificates', 20)
    operator = await addPerson(crm)
    supervisor = await addPerson(crm, { roles: ['supervisor'] })
  })
  afterAll(() => crm.stop())

  const setRules = (...rules: ReturnType<typeof everyDay>[]) =>
    supervisor.api.agenda.setRules({ officeId: office, rules })
  const next = async (more: object = {}) =>
    (await operator.api.agenda.nextFree({ serviceIds: [service], ...more })).offers
  const bookAt = (startsAt: string, more: object = {}) =>
    operator.api.appointments.book({ id: newId(), ...visit({ startsAt }), channel: 'phone', ...more })
  const seatsAt = async (startsAt: string) =>
    (
      await sql<{ seat: number; capacity: number; taken: boolean }>`
        select q.seat, s.capacity, q.appointment_id is not null as taken
        from slots s left join slot_seats q on q.slot_id = s.id
        where s.office_id = ${office} and s.starts_at = ${startsAt} order by q.seat`.execute(crm.store.db)
    ).rows.filter(({ seat }) => seat !== null)

  beforeEach(async () => {
    // Each test with an empty book and the usual hours.
    await crm.store.db.transaction().execute(async (trx) => {
      await sql`update slot_seats set appointment_id = null, hold_id = null, held_since = null, held_until = null,
        lease_id = null, kept_until = null where appointment_id is not null or hold_id is not null or lease_id is not null`.execute(
        trx,
      )
      await sql`delete from messages`.execute(trx)
      await sql`delete from closure_failures`.execute(trx)
      await sql`delete from appointments`.execute(trx)
      await sql`delete from closures`.execute(trx)
      await sql`delete from leases`.execute(trx)
    })
    await setRules(everyDay())
  })

  test('slots are there for sixty-two days, at the office’s own times, and generating again changes nothing', async () => {
    const count = async () =>
      (
        await sql<{ n: number; last: string; times: number; v: number }>`
          select count(*) as n, max(starts_at) as last, sum(version) as v,
            count(distinct to_char(starts_at at time zone 'Europe/Rome', 'HH24:MI')) as times
          from slots where starts_at > clock_timestamp()`.execute(crm.store.db)
      ).rows[0]
    const made = await count()
    expect(made?.last).toBe(romeTime(61, '10:45'))
    expect(made?.times).toBe(8)
    await extendHorizon(crm.store.db, new Date())
    expect(await count()).toEqual(made)
    // A week later a week more, and the first days are not made again.
    await extendHorizon(crm.store.db, new Date(Date.now() + 7 * 86_400_000))
    expect((await count())?.last).toBe(romeTime(68, '10:45'))
  })

  test('a seat beyond its slot’s counters that nobody told of goes with the day’s first making of slots', async () => {
    const { db } = crm.store
    const at = romeTime(30, '09:00')
    await sql`
      insert into slot_seats (slot_id, seat, office_id, agenda, starts_at)
      select id, capacity + 1, office_id, agenda, starts_at from slots
      where office_id = ${office} and starts_at = ${at}`.execute(db)
    await extendHorizon(db, new Date())
    expect(await seatsAt(at)).toHaveLength(3)
    await extendHorizon(db, new Date(Date.now() + 8 * 86_400_000))
    expect(await seatsAt(at)).toHaveLength(2)
  })

  test('the next free ones come in order, without what is booked, held or lent, and again when a hold is over', async () => {
    const [first, second] = [romeTime(3, '09:00'), romeTime(3, '09:15')]
    const from = { from: first, limit: 2 }
    expect(await next(from)).toMatchObject([
      { officeId: office, startsAt: first, endsAt: second, free: 2 },
      { startsAt: second, free: 2 },
    ])
    await bookAt(first)
    const hold = await operator.api.appointments.hold({ id: newId(), ...visit({ startsAt: first }) })
    expect(await next(from)).toMatchObject([{ startsAt: second }, { startsAt: romeTime(3, '09:30') }])
    await letHoldExpire(crm.store.db, hold.id)
    expect(await next(from)).toMatchObject([{ startsAt: first, free: 1 }, { startsAt: second }])
    expect(await next({ ...from, municipio: 2 })).toEqual([])
    expect(await next({ ...from, municipio: 1, officeIds: [office, 'elsewhere'] })).toHaveLength(2)
    await expect(next({ serviceIds: [service, 'unknown'] })).rejects.toMatchObject(refused('input-invalid'))
  })

  test('the nearest ones to a moment are those before and after it, also of the days around', async () => {
    const day = 21
    const times = ['10:00', '10:15', '10:30', '10:45'].map((time) => romeTime(day, time))
    const lost = times[3] ?? ''
    const near = async (limit: number, more: object = {}) =>
      (await next({ near: lost, limit, ...more })).map(({ startsAt }) => startsAt)
    expect(await near(3)).toEqual(times.slice(1))
    for (const startsAt of [lost, lost, times[2] ?? '']) await bookAt(startsAt)
    expect(await near(3)).toEqual(times.slice(0, 3))
    expect(await near(2, { officeIds: [office] })).toEqual(times.slice(1, 3))
    expect(await near(1, { from: romeTime(day + 1, '00:00') })).toEqual([romeTime(day + 1, '09:00')])
    expect(await near(2, { near: romeTime(-3, '09:00') })).toEqual(
      (await next({ limit: 2 })).map(({ startsAt }) => startsAt),
    )
    expect(await near(2, { near: romeTime(day, '21:45') })).toEqual([times[2], romeTime(day + 1, '09:00')])
  })

  test('a visit of several services needs one counter free all along', async () => {
    const both = { serviceIds: [service, 'certificates'], from: romeTime(4, '09:00'), limit: 3 }
    // 15 and 20 minutes: three quarters of an hour.
    expect((await next(both))[0]).toMatchObject({
      startsAt: romeTime(4, '09:00'),
      endsAt: romeTime(4, '09:45'),
      free: 2,
    })
    for (const [time, counter] of [
      ['09:15', 1],
      ['09:30', 2],
    ] as const) {
      const { id } = await bookAt(romeTime(4, time))
      await sql`select 1`.execute(crm.store.db)
      const [row] = await seatOf(id)
      if (row?.seat !== counter) await swapCounter(id, counter)
    }
    // Counter 1 is busy from 9:15 and counter 2 from 9:30: before 9:45 no counter has three quarters in a row.
    expect((await next(both)).map(({ startsAt }) => romeClock(startsAt))).toEqual(['09:30', '09:45', '10:00'])
    const week = await operator.api.agenda.week({
      ...{ officeId: office, serviceIds: both.serviceIds, monday: romeDate(4) },
    })
    const day = week.slots.filter(
      ({ startsAt }) => startsAt.slice(0, 10) === romeTime(4, '09:00').slice(0, 10),
    )
    expect(day.map(({ startsAt, free }) => [romeClock(startsAt), free])).toEqual([
      ['09:00', 0],
      ['09:15', 0],
      ['09:30', 1],
      ['09:45', 2],
      ['10:00', 2],
      ['10:15', 2],
      ['10:30', 0],
      ['10:45', 0],
    ])
    const booked = await operator.api.appointments.book({
      ...{
        id: newId(),
        officeId: office,
        serviceIds: both.serviceIds,
        startsAt: romeTime(4, '09:30'),
        channel: 'phone',
      },
    })
    expect(booked).toMatchObject({ counter: 1, endsAt: romeTime(4, '10:15') })
  })
  const seatOf = async (id: string) =>
    (
      await sql<{ seat: number }>`select seat from slot_seats where appointment_id = ${id}`.execute(
        crm.store.db,
      )
    ).rows
  const swapCounter = (id: string, counter: number) =>
    crm.store.db.transaction().execute(async (trx) => {
      const { rows } = await sql<{
        slot: string
      }>`select slot_id as slot from slot_seats where appointment_id = ${id}`.execute(trx)
      await sql`update slot_seats set appointment_id = null where appointment_id = ${id}`.execute(trx)
      await sql`update slot_seats set appointment_id = ${id} where slot_id = ${rows[0]?.slot} and seat = ${counter}`.execute(
        trx,
      )
      await sql`update appointments set counter = ${counter} where id = ${id}`.execute(trx)
    })

  test('a changed rule takes free seats only, and lists who sits where nobody opens any more', async () => {
    const at = romeTime(5, '10:45')
    const [one, two] = [await bookAt(at), await bookAt(at)]
    const held = romeTime(5, '10:30')
    const hold = await operator.api.appointments.hold({ id: newId(), ...visit({ startsAt: held }) })
    const { conflicts } = await setRules(everyDay({ to: '10:30', counters: 3 }))
    expect(conflicts.map(({ id }) => id).toSorted()).toEqual([one.id, two.id].toSorted())
    expect((await operator.api.agenda.conflicts({ officeId: office })).appointments).toEqual(conflicts)
    expect(await seatsAt(at)).toMatchObject([
      { capacity: 0, taken: true },
      { capacity: 0, taken: true },
    ])
    expect(await seatsAt(held)).toHaveLength(1)
    expect(await seatsAt(romeTime(5, '10:15'))).toHaveLength(3)
    expect(await next({ from: held, limit: 1 })).toMatchObject([{ startsAt: romeTime(6, '09:00') }])
    await expect(bookAt(at)).rejects.toMatchObject(refused('slot-gone'))

    // Whoever goes leaves no seat behind, and a hold that is over is nobody's.
    await operator.api.appointments.cancel({ id: one.id, by: 'citizen' })
    await operator.api.appointments.reschedule({
      id: two.id,
      officeId: office,
      startsAt: romeTime(5, '09:00'),
    })
    await operator.api.appointments.releaseHold({ id: hold.id })
    expect(await seatsAt(at)).toEqual([])
    expect(await seatsAt(held)).toEqual([])
    expect((await operator.api.agenda.conflicts({ officeId: office })).appointments).toEqual([])
    await setRules(everyDay())
    expect(await seatsAt(at)).toHaveLength(2)
    expect(await next({ from: at, limit: 1 })).toMatchObject([{ startsAt: at, free: 2 }])
  })

  test('hours of another step do not open a counter twice at once', async () => {
    const { counter } = await bookAt(romeTime(6, '09:15'))
    await setRules(everyDay({ from: '09:05', to: '10:05', stepMinutes: 20 }))
    const busy = await seatsAt(romeTime(6, '09:05'))
    expect(busy.map(({ seat }) => seat)).toEqual([1, 2].filter((seat) => seat !== counter))
    expect(await seatsAt(romeTime(6, '09:45'))).toHaveLength(2)
  })

  test('a counter whose old hours are lent opens again when they are given back', async () => {
    const day = { validFrom: romeDate(6), validTo: romeDate(6), counters: 1 }
    await setRules(everyDay({ ...day, to: '09:30' }))
    const desk = await addDesk(crm, operator)
    const lend = async () => {
      const wish = { id: newId(), deviceId: desk.deviceId, serviceId: service, officeIds: [office], count: 2 }
      const { id, seats } = await operator.api.appointments.lease(wish)
      expect(seats.map(({ startsAt }) => romeClock(startsAt))).toEqual(['09:00', '09:15'])
      return { id, last: seats[1] }
    }
    const open = async () => {
      const found: string[] = []
      for (const time of ['09:05', '09:25', '09:45'])
        if ((await seatsAt(romeTime(6, time))).length > 0) found.push(time)
      return found
    }
    const { id, last } = await lend()
    await setRules(everyDay({ ...day, from: '09:05', to: '10:05', stepMinutes: 20 }))
    expect(await open()).toEqual(['09:45'])
    const args = bookingArgs(
      { id: last?.slotId ?? '', startsAt: last?.startsAt ?? '' },
      { ...last, leaseId: id },
    )
    const streamId = await addStream(operator, desk)
    const { results } = await desk.api.sync.push({
      streamId,
      commands: [command(1, 'appointment.book', args)],
    })
    expect(results).toMatchObject([{ status: 'applied' }])
    await operator.api.appointments.releaseLease({ id })
    await reopenCounters(crm.store.db, new Date())
    expect(await open()).toEqual(['09:45'])
    await operator.api.appointments.cancel({ id: args.id, by: 'citizen' })
    // At once, not when slots are made again the next day.
    await expect.poll(open, { timeout: 15_000 }).toEqual(['09:05', '09:25', '09:45'])

    await setRules(everyDay({ ...day, to: '09:30' }))
    const over = await lend()
    await setRules(everyDay({ ...day, from: '09:05', to: '10:05', stepMinutes: 20 }))
    await letLeaseExpire(crm.store.db, over.id, 'keeping')
    await reopenCounters(crm.store.db, new Date())
    expect(await open()).toEqual(['09:05', '09:25', '09:45'])
  })

  test('one counter is nobody’s twice at once, though two slots offer it', async () => {
    const { db } = crm.store
    const officeId = newId()
    await addOffice(db, officeId)
    const at = (minutes: number) =>
      new Date(Date.parse(romeTime(6, '09:00')) + minutes * 60_000).toISOString()
    for (const minutes of [0, 5, 60, 70, 120, 125, 180, 190]) {
      await addSlots(db, { from: at(minutes), count: 1, counters: 1, office: officeId })
    }
    const there = (minutes: number) => visit({ startsAt: at(minutes) }, { office: officeId })
    const book = (minutes: number) =>
      operator.api.appointments.book({ id: newId(), ...there(minutes), channel: 'phone' })
    const won = await Promise.allSettled([0, 5, 60, 70].map(book))
    for (const pair of [won.slice(0, 2), won.slice(2)]) {
      expect(pair.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(pair.find((one) => one.status === 'rejected')?.reason).toMatchObject(refused('slot-taken'))
    }
    const held = await operator.api.appointments.hold({ id: newId(), ...there(120) })
    await expect(book(125)).rejects.toMatchObject(refused('slot-taken'))
    await operator.api.appointments.releaseHold({ id: held.id })
    const moved = await book(125)
    await expect(book(120)).rejects.toMatchObject(refused('slot-taken'))
    const toItsOwn = { id: moved.id, officeId, startsAt: at(120) }
    expect(await operator.api.appointments.reschedule(toItsOwn)).toMatchObject({ counter: 1 })

    // Whatever a program believed.
    await book(180)
    const seated = db.transaction().execute(async (trx) => {
      const id = newId()
      await sql`
        insert into appointments (id, code, slot_id, service_ids, office_id, starts_at, ends_at, counter, state)
        select ${id}, 'TWICE', s.id, ${[service]}, s.office_id, s.starts_at, s.starts_at + interval '15 minutes', 1, 'confirmed'
        from slots s where s.office_id = ${officeId} and s.starts_at = ${at(190)}`.execute(trx)
      await sql`update slot_seats set appointment_id = ${id} where office_id = ${officeId} and starts_at = ${at(190)}`.execute(
        trx,
      )
    })
    await expect(seated).rejects.toMatchObject({ code: '40001' })
  })

  test('rules that overlap, and rules of an operator, are refused', async () => {
    await expect(setRules(everyDay(), everyDay({ from: '10:00', to: '12:00' }))).rejects.toMatchObject(
      refused('input-invalid'),
    )
    await expect(
      operator.api.agenda.setRules({ officeId: office, rules: [everyDay()] }),
    ).rejects.toMatchObject(refused('role-missing'))
    const { rules } = await operator.api.agenda.rules({ officeId: office })
    expect(rules).toEqual([everyDay()])
  })

  test('a recovery has times in which somebody may come, on the steps of the usual hours and of later ones', async () => {
    const booked = await bookAt(romeTime(7, '09:00'))
    // A Sunday is no day of a recovery, and one always lies among the next seven days.
    const nth = 10 + ((7 - new Date(romeTime(10, '12:00')).getUTCDay()) % 7)
    const recovery = {
      ...{ from: romeDate(nth + 1), days: 6, fromTime: '16:00', toTime: '18:00', counters: 2 },
      exclusiveUntil: romeTime(nth, '00:00'),
    }
    const close = (change: Partial<typeof recovery>) =>
      supervisor.api.agenda.closeDay({
        ...{ officeId: office, id: newId(), from: romeTime(7, '00:00'), to: romeTime(8, '00:00') },
        ...{ agendas: null, reason: 'Sciopero', recovery: { ...recovery, ...change } },
      })
    const field = (name: string) => ({ data: { code: 'input-invalid', params: { field: name } } })
    await expect(close({ from: romeDate(nth), days: 1 })).rejects.toMatchObject(field('recovery.from'))
    await expect(close({ toTime: '16:10' })).rejects.toMatchObject(field('recovery.from'))
    await expect(close({ from: romeDate(-20), days: 2 })).rejects.toMatchObject(field('recovery.from'))
    await expect(close({ exclusiveUntil: romeTime(-1, '00:00') })).rejects.toMatchObject(
      field('recovery.exclusiveUntil'),
    )
    const { appointments } = await operator.api.agenda.conflicts({ officeId: office })
    expect([appointments, (await seatsAt(booked.startsAt)).length]).toEqual([[], 2])
    // A recovery is promised only while there are slots, and kept until its last day has them.
    await expect(close({ from: romeDate(63), exclusiveUntil: romeTime(80, '00:00') })).rejects.toMatchObject({
      data: { code: 'recovery-too-far', params: { days: 62 } },
    })
    await expect(close({ from: '2035-05-07' })).rejects.toMatchObject(refused('recovery-too-far'))
    const late = { from: romeDate(50), days: 30 }
    await expect(close({ ...late, exclusiveUntil: romeTime(10, '00:00') })).rejects.toMatchObject(
      refused('recovery-too-brief'),
    )
    // Six working days, eight slots of two counters on each.
    expect(await close({})).toMatchObject({ cancelled: 1, recoveryPlaces: 96 })

    // What the first promised nobody promises again, though it shuts earlier.
    const earlier = { from: romeTime(6, '00:00'), to: romeTime(7, '00:00') }
    await expect(
      supervisor.api.agenda.closeDay({
        ...{ officeId: office, id: newId(), ...earlier, agendas: null, reason: 'Sciopero', recovery },
      }),
    ).rejects.toMatchObject(field('recovery.from'))

    const evening = { from: '16:00', to: '18:00', stepMinutes: 20 }
    await expect(setRules(everyDay(), everyDay(evening))).rejects.toMatchObject(field('rules'))
    await setRules(everyDay(), everyDay({ ...evening, from: '18:00', to: '19:00' }))
  })

  test('a closure whose bookings stay takes the free seats and lists them', async () => {
    const booked = await bookAt(romeTime(7, '09:00'))
    const id = newId()
    const outcome = await supervisor.api.agenda.closeDay({
      ...{ officeId: office, id, from: romeTime(7, '08:00'), to: romeTime(7, '10:00'), agendas: null },
      ...{ reason: 'Assemblea', bookings: 'keep', recovery: null },
    })
    expect(outcome).toMatchObject({ cancelled: 0, conflicts: 1, closure: { id, reason: 'Assemblea' } })
    const left = await operator.api.agenda.week({
      officeId: office,
      serviceIds: [service],
      monday: romeDate(7),
    })
    const day = romeTime(7, '09:00').slice(0, 10)
    expect(
      left.slots
        .filter(({ startsAt }) => startsAt.startsWith(day))
        .map(({ startsAt }) => romeClock(startsAt)),
    ).toEqual([...['10:00', '10:15', '10:30', '10:45']])
    expect(
      (await operator.api.agenda.conflicts({ officeId: office })).appointments.map((one) => one.id),
    ).toEqual([booked.id])
    const { affected, standing } = await operator.api.agenda.affected({ id })
    expect(affected).toEqual([])
    expect(standing).toMatchObject([{ appointment: { id: booked.id, state: 'confirmed' } }])
    expect(standing[0]?.citizen?.id ?? null).toBe(standing[0]?.appointment.citizenId ?? null)

    await supervisor.api.agenda.withdraw({ id })
    expect((await operator.api.agenda.affected({ id })).standing).toEqual([])
  })

  test('a day’s bookings are cancelled in batches, whatever is broken off, and one that fails keeps no other', async () => {
    await setRules(everyDay({ counters: 20 }))
    const ids: string[] = []
    for (let nth = 0; nth < 120; nth++) {
      const at = romeTime(8, ['09:00', '09:15', '09:30', '09:45', '10:00', '10:15'][nth % 6] ?? '09:00')
      ids.push((await bookAt(at)).id)
    }
    const stubborn = ids[70] ?? ''
    await sql`create function refuse_one() returns trigger language plpgsql as $$
      begin if new.id = ${sql.lit(stubborn)}::uuid and new.state = 'cancelled-by-office' then raise exception 'not this one'; end if; return new; end $$`.execute(
      crm.store.db,
    )
    await sql`create trigger refuse_one before update on appointments for each row execute function refuse_one()`.execute(
      crm.store.db,
    )
    const closing = {
      ...{
        officeId: office,
        id: newId(),
        from: romeTime(8, '00:00'),
        to: romeTime(9, '00:00'),
        agendas: null,
      },
      ...{ reason: 'Guasto al centro dati', recovery: null },
    }
    const outcome = await supervisor.api.agenda.closeDay(closing)
    expect(outcome).toMatchObject({ cancelled: 119, conflicts: 1 })
    await sql`drop trigger refuse_one on appointments`.execute(crm.store.db)
    await sql`drop function refuse_one()`.execute(crm.store.db)
    await sql`update closure_failures set last_at = last_at - interval '1 hour'`.execute(crm.store.db)
    await settleClosure({ db: crm.store.db, log }, closing.id)
    expect(await supervisor.api.agenda.closeDay(closing)).toMatchObject({ cancelled: 120, conflicts: 0 })
    const states = await sql<{ state: string; reason: string; n: number; told: number }>`
      select a.state, a.reason, count(*) as n, (select count(distinct appointment_id) from messages where kind = 'cancellation') as told
      from appointments a group by a.state, a.reason`.execute(crm.store.db)
    expect(states.rows).toMatchObject([
      { state: 'cancelled-by-office', reason: 'Guasto al centro dati', n: 120 },
    ])
    await expect(
      supervisor.api.agenda.closeDay({ ...closing, to: romeTime(10, '00:00') }),
    ).rejects.toMatchObject(refused('input-invalid'))
  })

  test('the same closure asked for again changes nothing; with other wishes it is refused', async () => {
    const recovery = {
      ...{ from: romeDate(20), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(19, '00:00'),
    }
    const closing = {
      ...{
        officeId: office,
        id: newId(),
        from: romeTime(8, '00:00'),
        to: romeTime(9, '00:00'),
        agendas: null,
      },
      ...{ reason: 'Guasto', bookings: 'cancel' as const, recovery: null },
    }
    const made = await supervisor.api.agenda.closeDay(closing)
    const other = { data: { code: 'input-invalid', params: { field: 'id' } } }
    for (const change of [
      { to: romeTime(10, '00:00') },
      { agendas: [smallCity.agenda] },
      { reason: 'Sciopero' },
      { bookings: 'keep' as const },
      { recovery },
    ])
      await expect(supervisor.api.agenda.closeDay({ ...closing, ...change })).rejects.toMatchObject(other)
    expect(await supervisor.api.agenda.closeDay(closing)).toEqual(made)
    const opened = await supervisor.api.agenda.recover({ id: closing.id, recovery })
    expect(await supervisor.api.agenda.closeDay(closing)).toEqual(opened)

    const later = { ...recovery, fromTime: '18:00', toTime: '19:00' }
    const day = { from: romeTime(9, '00:00'), to: romeTime(10, '00:00') }
    const whole = { ...closing, ...day, id: newId(), recovery: later }
    const both = await supervisor.api.agenda.closeDay(whole)
    expect(await supervisor.api.agenda.closeDay(whole)).toEqual(both)
    for (const changed of [null, { ...later, counters: 2 }])
      await expect(supervisor.api.agenda.closeDay({ ...whole, recovery: changed })).rejects.toMatchObject(
        other,
      )
  })

  test('a closure recorded after it began takes away what nobody could be served in, and no-shows are none', async () => {
    const { db } = crm.store
    const citizen = await addCitizen(db, { email: 'nicolo@example.org' })
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const visits: Record<string, string> = {}
    const past = async (name: string, startsAt: string, state: 'confirmed' | 'no-show' | 'attended') => {
      const slot = { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt }
      visits[name] = await addAppointment(db, slot, { state, citizenId: citizen.id })
    }
    // The office fell silent three quarters of an hour ago, with somebody at the counter.
    await past('earlier', ago(80), 'no-show')
    await past('at the counter', ago(55), 'confirmed')
    await past('came in vain', ago(40), 'confirmed')
    await past('noted as missing', ago(25), 'no-show')
    await past('served by hand', ago(10), 'attended')
    const closing = {
      ...{ officeId: office, id: newId(), from: ago(45), to: new Date(Date.now() + 60_000).toISOString() },
      ...{ agendas: [smallCity.agenda], reason: 'Guasto al centro dati' },
      recovery: {
        ...{ from: romeDate(10), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
        exclusiveUntil: romeTime(9, '00:00'),
      },
    }
    expect(await supervisor.api.agenda.closeDay(closing)).toMatchObject({ cancelled: 2, conflicts: 0 })
    const rows = await db.selectFrom('appointments').select(['id', 'state', 'reason', 'counter']).execute()
    const stateOf = (name: string) => rows.find(({ id }) => id === visits[name])
    expect(Object.keys(visits).map((name) => [name, stateOf(name)?.state])).toEqual([
      ['earlier', 'no-show'],
      ['at the counter', 'confirmed'],
      ['came in vain', 'cancelled-by-office'],
      ['noted as missing', 'cancelled-by-office'],
      ['served by hand', 'attended'],
    ])
    expect(stateOf('noted as missing')).toMatchObject({ reason: closing.reason, counter: null })

    const { affected } = await operator.api.agenda.affected({ id: closing.id })
    expect(affected.map(({ cancelled }) => cancelled.id)).toEqual([
      visits['came in vain'],
      visits['noted as missing'],
    ])
    for (const { cancelled } of affected) {
      const { messages } = await operator.api.appointments.messages({ id: cancelled.id })
      expect(messages).toMatchObject([{ kind: 'recovery', channel: 'email' }])
      const { recovery } = await operator.api.agenda.recovery({ id: cancelled.id })
      expect(recovery).toMatchObject({ fromTime: '16:00' })
    }
    const [first] = await next({ from: romeTime(9, '12:00'), recoveryOf: visits['noted as missing'] })
    expect(first).toBeDefined()
  })

  test('of whom a closure affected it says what told them; without a mail server nothing reaches anybody', async () => {
    const { db } = crm.store
    const startsAt = romeTime(8, '09:00')
    const written = await addCitizen(db, { email: 'written@example.org' })
    const mobile = await addCitizen(db)
    const landline = await addCitizen(db, { phones: [{ number: '+390255510143', kind: 'landline' }] })
    await setRules(everyDay({ counters: 3 }))
    for (const { id } of [written, mobile, landline]) await bookAt(startsAt, { citizenId: id })
    const closing = { officeId: office, id: newId(), from: startsAt, to: romeTime(9, '00:00'), agendas: null }
    await supervisor.api.agenda.closeDay({ ...closing, reason: 'Guasto', recovery: null })
    const { affected } = await operator.api.agenda.affected({ id: closing.id })
    const of = ({ id }: { id: string }) => affected.find(({ citizen }) => citizen?.id === id)
    expect(of(written)).toMatchObject({
      told: [{ channel: 'email', recipient: 'w▪▪▪@example.org' }],
      reach: 'none',
    })
    expect(of(mobile)).toMatchObject({ told: [{ channel: 'sms' }], reach: 'none' })
    expect(of(landline)).toMatchObject({
      told: [{ channel: 'sms', state: 'dropped', reason: 'no-address' }],
      reach: 'none',
    })
  })

  test('what a process left undone of a closure is done for a day after its end', async () => {
    const { db } = crm.store
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const startsAt = ago(40)
    const slot = { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt }
    const id = await addAppointment(db, slot)
    const closure = { officeId: office, id: newId(), from: ago(50), to: ago(20), agendas: null }
    const rest = { reason: 'Guasto', bookings: 'cancel', recovery: null, madeBy: null } as const
    await closeOffice(db, { ...closure, ...rest }, new Date())
    expect(await openClosures(db)).toContain(closure.id)
    await expect(supervisor.api.appointments.noShow({ id })).rejects.toMatchObject(
      refused('office-was-closed'),
    )
    await expect(
      closeOffice(db, { ...closure, ...rest, id: newId(), from: ago(8 * 24 * 60) }, new Date()),
    ).rejects.toMatchObject({ code: 'closure-too-old', params: { days: 7 } })
    await sql`update closures set made_at = made_at - interval '2 days', ends_at = ends_at - interval '2 days',
      starts_at = starts_at - interval '2 days' where id = ${closure.id}`.execute(db)
    expect(await openClosures(db)).not.toContain(closure.id)
  })

  test('how many appointments a closure would cancel is known before it is made', async () => {
    const { db } = crm.store
    await bookAt(romeTime(8, '09:00'))
    await bookAt(romeTime(8, '10:45'))
    await bookAt(romeTime(9, '09:00'))
    const startsAt = new Date(Date.now() - 40 * 60_000).toISOString()
    const slot = { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt }
    await addAppointment(db, slot, { state: 'no-show' })
    const count = async (from: string, to: string, more: object = {}) =>
      (await supervisor.api.agenda.concerned({ officeId: office, from, to, ...more })).count
    const day = [romeTime(8, '00:00'), romeTime(9, '00:00')] as const
    expect([
      await count(...day),
      await count(romeTime(8, '09:10'), romeTime(8, '10:45')),
      await count(romeTime(8, '00:00'), romeTime(10, '00:00')),
      await count(...day, { agendas: [smallCity.agenda] }),
      await count(...day, { agendas: ['weddings'] }),
      // Whoever was at the counter before it is recorded had been served.
      await count(new Date(Date.now() - 50 * 60_000).toISOString(), new Date().toISOString()),
      await count(new Date(Date.now() - 30 * 60_000).toISOString(), new Date().toISOString()),
    ]).toEqual([2, 1, 3, 2, 0, 1, 0])
    const closing = { officeId: office, id: newId(), from: day[0], to: day[1], agendas: null, recovery: null }
    expect(await supervisor.api.agenda.closeDay({ ...closing, reason: 'Sciopero' })).toMatchObject({
      cancelled: 2,
    })
    expect(await count(...day)).toBe(0)
  })

  test('a closure that is taken back opens its time again; what it cancelled stays cancelled, and it stays on record', async () => {
    const day = [romeTime(12, '00:00'), romeTime(13, '00:00')] as const
    const free = async () => (await next({ from: day[0], limit: 100 })).filter((one) => one.startsAt < day[1])
    const before = await free()
    expect(before).toHaveLength(8)
    const cancelled = await bookAt(romeTime(12, '09:00'))
    const recovery = {
      ...{ from: romeDate(20), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(19, '00:00'),
    }
    const closing = { officeId: office, id: newId(), from: day[0], to: day[1], agendas: null, recovery }
    await supervisor.api.agenda.closeDay({ ...closing, reason: 'Sciopero' })
    expect(await free()).toEqual([])
    const taken = await supervisor.api.agenda.withdraw({ id: closing.id })
    expect(taken).toMatchObject({ cancelled: 1, conflicts: 0, bookings: 'cancel' })
    expect(Date.now() - Date.parse(taken.withdrawnAt ?? '')).toBeLessThan(60_000)
    const same = ({ startsAt, free }: { startsAt: string; free: number }) => ({ startsAt, free })
    expect((await free()).map(same)).toEqual(before.map(same))
    const again = await bookAt(romeTime(12, '09:00'))
    expect(await supervisor.api.agenda.withdraw({ id: closing.id })).toEqual(taken)
    expect(await supervisor.api.agenda.closeDay({ ...closing, reason: 'Sciopero' })).toEqual(taken)
    await settleClosure({ db: crm.store.db, log }, closing.id)
    expect(await openClosures(crm.store.db)).not.toContain(closing.id)

    const { affected } = await operator.api.agenda.affected({ id: closing.id })
    expect(affected).toMatchObject([{ cancelled: { id: cancelled.id, state: 'cancelled-by-office' } }])
    const kept = await next({ from: recovery.exclusiveUntil, limit: 100, recoveryOf: cancelled.id })
    expect(kept.some((offer) => offer.kept === 1)).toBe(true)
    expect((await operator.api.agenda.rules({ officeId: office })).closures).toEqual([])
    const { closures } = await supervisor.api.agenda.closures({ officeId: office })
    expect(closures).toEqual([taken])
    expect(closures[0]?.recovery).toEqual(recovery)
    await expect(supervisor.api.agenda.withdraw({ id: newId() })).rejects.toMatchObject(
      refused('record-not-found'),
    )
    const { state } = await operator.api.appointments.cancel({ id: again.id, by: 'citizen' })
    expect(state).toBe('cancelled-by-citizen')
  })

  test('of a closure that ended early nobody failed to come before, and somebody may after', async () => {
    const { db } = crm.store
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const past = async (startsAt: string) =>
      addAppointment(db, { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt })
    const [shut, open] = [await past(ago(50)), await past(ago(20))]
    const closing = { officeId: office, id: newId(), from: ago(60), to: romeTime(1, '00:00'), agendas: null }
    await supervisor.api.agenda.closeDay({ ...closing, reason: 'Guasto', bookings: 'keep', recovery: null })
    for (const id of [shut, open])
      await expect(supervisor.api.appointments.noShow({ id })).rejects.toMatchObject(
        refused('office-was-closed'),
      )
    await supervisor.api.agenda.withdraw({ id: closing.id })
    await sql`update closures set withdrawn_at = ${ago(30)} where id = ${closing.id}`.execute(db)
    await expect(supervisor.api.appointments.noShow({ id: shut })).rejects.toMatchObject(
      refused('office-was-closed'),
    )
    expect(await supervisor.api.appointments.noShow({ id: open })).toMatchObject({ state: 'no-show' })
    // Taken back before it began, it never closed anything.
    await sql`update closures set withdrawn_at = ${ago(70)} where id = ${closing.id}`.execute(db)
    expect(await supervisor.api.appointments.noShow({ id: shut })).toMatchObject({ state: 'no-show' })
  })

  test('a closure that is taken back while it cancels cancels no more', async () => {
    const { db } = crm.store
    const [first, second] = [await bookAt(romeTime(8, '09:00')), await bookAt(romeTime(8, '09:15'))]
    await sql`create function refuse_one() returns trigger language plpgsql as $$
      begin if new.id = ${sql.lit(second.id)}::uuid and new.state = 'cancelled-by-office' then raise exception 'not this one'; end if; return new; end $$`.execute(
      db,
    )
    await sql`create trigger refuse_one before update on appointments for each row execute function refuse_one()`.execute(
      db,
    )
    const closing = { officeId: office, id: newId(), from: romeTime(8, '00:00'), to: romeTime(9, '00:00') }
    const rest = { agendas: null, reason: 'Guasto', recovery: null }
    expect(await supervisor.api.agenda.closeDay({ ...closing, ...rest })).toMatchObject({
      ...{ cancelled: 1, conflicts: 1 },
    })
    const taken = await supervisor.api.agenda.withdraw({ id: closing.id })
    expect(taken).toMatchObject({ cancelled: 1, conflicts: 0 })
    await sql`drop trigger refuse_one on appointments`.execute(db)
    await sql`drop function refuse_one()`.execute(db)
    await sql`delete from closure_failures`.execute(db)
    expect(await settleClosure({ db, log }, closing.id)).toBe(true)
    expect(await supervisor.api.agenda.closures({ officeId: office })).toEqual({ closures: [taken] })
    const states = await db.selectFrom('appointments').select(['id', 'state']).execute()
    expect(states.find(({ id }) => id === first.id)?.state).toBe('cancelled-by-office')
    expect(states.find(({ id }) => id === second.id)?.state).toBe('confirmed')
    expect((await operator.api.agenda.conflicts({ officeId: office })).appointments).toEqual([])
  })

  test('what a closure had not cancelled by the time it is taken back stands, also what was to be in the closed time', async () => {
    const { db } = crm.store
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    const startsAt = ago(20)
    const id = await addAppointment(db, { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt })
    const closure = { officeId: office, id: newId(), from: ago(30), to: romeTime(1, '00:00'), agendas: null }
    const rest = { reason: 'Guasto', bookings: 'cancel', recovery: null, madeBy: null } as const
    await closeOffice(db, { ...closure, ...rest }, new Date())
    expect(await supervisor.api.agenda.withdraw({ id: closure.id })).toMatchObject({
      ...{ cancelled: 0, conflicts: 0 },
    })
    await settleClosure({ db, log }, closure.id)
    const row = await db.selectFrom('appointments').select('state').where('id', '=', id).executeTakeFirst()
    expect(row?.state).toBe('confirmed')
  })

  test('a recovery added later is kept for the affected, and those who were told of the cancellation are told of it', async () => {
    const { db } = crm.store
    await setRules(everyDay({ counters: 3 }))
    const people = [
      await addCitizen(db, { email: 'written@example.org' }),
      await addCitizen(db, { email: 'rebooked@example.org' }),
    ]
    const visits = []
    for (const { id } of people) visits.push(await bookAt(romeTime(8, '09:00'), { citizenId: id }))
    const [waiting, rebooked] = visits
    const closing = { officeId: office, id: newId(), from: romeTime(8, '00:00'), to: romeTime(9, '00:00') }
    await supervisor.api.agenda.closeDay({ ...closing, agendas: null, reason: 'Guasto', recovery: null })
    await sql`update messages set state = 'sent', sent_at = clock_timestamp(), via = 'smtp' where kind = 'cancellation'`.execute(
      db,
    )
    await bookAt(romeTime(9, '09:00'), { citizenId: people[1]?.id, recoveryOf: rebooked?.id })
    const nth = 10 + ((7 - new Date(romeTime(10, '12:00')).getUTCDay()) % 7)
    const recovery = {
      ...{ from: romeDate(nth + 1), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(nth, '00:00'),
    }
    const recover = (change: object = {}, id = closing.id) =>
      supervisor.api.agenda.recover({ id, recovery: { ...recovery, ...change } })
    const field = (name: string) => ({ data: { code: 'input-invalid', params: { field: name } } })
    await expect(recover({ fromTime: '10:05' })).rejects.toMatchObject(field('recovery.fromTime'))
    await expect(recover({ from: romeDate(nth), days: 1 })).rejects.toMatchObject(field('recovery.from'))
    await expect(recover({ from: '2035-05-07' })).rejects.toMatchObject(refused('recovery-too-far'))
    const opened = await recover()
    expect(opened).toMatchObject({ cancelled: 2, recovery, recoveryPlaces: 48 })
    const kinds = async (id: string | undefined) =>
      (await operator.api.appointments.messages({ id: id ?? '' })).messages.map(({ kind }) => kind)
    expect(await kinds(waiting?.id)).toEqual(['cancellation', 'recovery'])
    expect(await kinds(rebooked?.id)).not.toContain('recovery')
    expect(await recover()).toEqual(opened)
    await settleClosure({ db, log }, closing.id)
    expect((await kinds(waiting?.id)).filter((kind) => kind === 'recovery')).toHaveLength(1)
    await expect(recover({ counters: 2 })).rejects.toMatchObject(field('recovery'))
    const [first] = await next({ from: romeTime(nth, '12:00'), limit: 1, recoveryOf: waiting?.id })
    expect(first).toBeDefined()
    const kept = await next({ from: romeTime(nth + 1, '15:00'), limit: 1, recoveryOf: waiting?.id })
    expect(kept).toMatchObject([{ kept: 1 }])
    expect(await operator.api.agenda.recovery({ id: waiting?.id ?? '' })).toMatchObject({
      recovery: { fromTime: '16:00', exclusiveUntil: recovery.exclusiveUntil },
    })

    const keeping = { officeId: office, id: newId(), from: romeTime(30, '00:00'), to: romeTime(31, '00:00') }
    await supervisor.api.agenda.closeDay({
      ...{ ...keeping, agendas: null, reason: 'Assemblea', bookings: 'keep', recovery: null },
    })
    await expect(recover({}, keeping.id)).rejects.toMatchObject(field('recovery'))
  })

  test('a recovery keeps each agenda’s own step, and only hours of its days stand in its way', async () => {
    const { db } = crm.store
    const of = { stepMinutes: 20, validFrom: romeDate(2) }
    const season = {
      from: '16:10',
      to: '18:10',
      stepMinutes: 30,
      validFrom: '2020-01-01',
      validTo: '2020-12-31',
    }
    await setRules(
      everyDay({ ...season }),
      everyDay({ ...of, from: '08:30', to: '12:30' }),
      everyDay({ ...of, from: '14:00', to: '16:00' }),
      everyDay({ agenda: 'weddings', from: '09:00', to: '16:30', stepMinutes: 30 }),
    )
    const { id } = await bookAt(romeTime(8, '08:30'))
    const nth = 10 + ((7 - new Date(romeTime(10, '12:00')).getUTCDay()) % 7)
    const closing = (recovery: object) => ({
      ...{
        officeId: office,
        id: newId(),
        from: romeTime(8, '00:00'),
        to: romeTime(9, '00:00'),
        agendas: null,
      },
      reason: 'Guasto',
      recovery: {
        ...{ from: romeDate(nth + 1), days: 1, fromTime: '16:00', toTime: '17:00', counters: 1 },
        ...{ exclusiveUntil: romeTime(nth, '00:00'), ...recovery },
      },
    })
    const field = { data: { code: 'input-invalid', params: { field: 'recovery.fromTime' } } }
    await expect(supervisor.api.agenda.closeDay(closing({ fromTime: '16:10' }))).rejects.toMatchObject(field)
    const made = closing({})
    // Three of twenty minutes and two of thirty.
    expect(await supervisor.api.agenda.closeDay(made)).toMatchObject({ cancelled: 1, recoveryPlaces: 5 })
    const { rows } = await sql<{ agenda: string; at: string }>`
      select s.agenda, to_char(s.starts_at at time zone 'Europe/Rome', 'HH24:MI') as at
      from slot_seats q join slots s on s.id = q.slot_id where q.lease_id = ${made.id} order by 1, 2`.execute(
      db,
    )
    expect(rows.map(({ agenda, at }) => `${agenda} ${at}`)).toEqual(
      [
        ...['16:00', '16:20', '16:40'].map((at) => `${smallCity.agenda} ${at}`),
        ...['16:00', '16:30'].map((at) => `weddings ${at}`),
      ].toSorted(),
    )
    const offers = await next({ from: romeTime(nth + 1, '15:45'), limit: 1, recoveryOf: id })
    expect(offers).toMatchObject([{ startsAt: romeTime(nth + 1, '16:00'), kept: 1 }])
  })

  test('whoever has an appointment again is neither to be called nor told, however often it was made up for', async () => {
    const { db } = crm.store
    const number = '+393479990155'
    const { id: citizenId } = await addCitizen(db, {
      ...{ email: 'often@example.org', phones: [{ number, kind: 'mobile' }] },
    })
    const closeOn = async (day: number) => {
      const closing = {
        ...{ officeId: office, id: newId(), from: romeTime(day, '00:00'), to: romeTime(day + 1, '00:00') },
        ...{ agendas: null, reason: 'Guasto', recovery: null },
      }
      await supervisor.api.agenda.closeDay(closing)
      return closing.id
    }
    const first = await bookAt(romeTime(8, '09:00'), { citizenId })
    const closure = await closeOn(8)
    const second = await bookAt(romeTime(9, '09:00'), { citizenId, recoveryOf: first.id })
    const rebooked = async () => (await operator.api.agenda.affected({ id: closure })).affected[0]?.rebooked
    expect(await rebooked()).toMatchObject({ id: second.id })
    await closeOn(9)
    expect(await rebooked()).toBeNull()
    const told = async () => {
      const { appointments } = await operator.api.citizens.context({ number, contactId: newId() })
      return appointments.map(({ id }) => id)
    }
    expect(await told()).toEqual([first.id, second.id])
    const third = await bookAt(romeTime(10, '09:00'), { citizenId, recoveryOf: second.id })
    expect(await rebooked()).toMatchObject({ id: third.id })
    expect(await told()).toEqual([third.id])
    const recovery = {
      ...{ from: romeDate(20), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(19, '00:00'),
    }
    await supervisor.api.agenda.recover({ id: closure, recovery })
    const { messages } = await operator.api.appointments.messages({ id: first.id })
    expect(messages.map(({ kind }) => kind)).not.toContain('recovery')
  })

  test('of an appointment that is nobody’s it says whether there is a number to call', async () => {
    const desk = await addDesk(crm, operator)
    const streamId = await addStream(operator, desk)
    const booked = new Map<string, boolean>()
    for (const [nth, callerNumber] of [null, '+390255510155'].entries()) {
      const contact = contactArgs({ callerNumber })
      await desk.api.sync.push({ streamId, commands: [command(nth + 1, 'contact.open', contact)] })
      const { id } = await bookAt(romeTime(8, '09:00'), { contactId: contact.id })
      booked.set(id, callerNumber !== null)
    }
    const closing = { officeId: office, id: newId(), from: romeTime(8, '00:00'), to: romeTime(9, '00:00') }
    await supervisor.api.agenda.closeDay({ ...closing, agendas: null, reason: 'Guasto', recovery: null })
    const { affected } = await operator.api.agenda.affected({ id: closing.id })
    expect(new Map(affected.map(({ cancelled, hasCaller }) => [cancelled.id, hasCaller]))).toEqual(booked)
  })

  test('whom a process left untold of a recovery is told by another, also of a closure that is long over', async () => {
    const { db } = crm.store
    const { id } = await bookAt(romeTime(8, '09:00'))
    const closing = { officeId: office, id: newId(), from: romeTime(8, '00:00'), to: romeTime(9, '00:00') }
    await supervisor.api.agenda.closeDay({ ...closing, agendas: null, reason: 'Guasto', recovery: null })
    await sql`update closures set made_at = made_at - interval '20 days', starts_at = starts_at - interval '20 days',
      ends_at = ends_at - interval '20 days' where id = ${closing.id}`.execute(db)
    expect(await openClosures(db)).not.toContain(closing.id)
    const recovery = {
      ...{ from: romeDate(10), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
      exclusiveUntil: romeTime(9, '00:00'),
    }
    await addRecovery(db, closing.id, recovery, new Date())
    expect(await openClosures(db)).toContain(closing.id)
    await Promise.all([1, 2].map(() => settleClosure({ db, log }, closing.id)))
    const { messages } = await operator.api.appointments.messages({ id })
    expect(messages.filter(({ kind }) => kind === 'recovery')).toHaveLength(1)
  })

  test('holds in what closes are gone before anybody is told that they are confirmed', async () => {
    const startsAt = romeTime(9, '09:00')
    const hold = await operator.api.appointments.hold({ id: newId(), ...visit({ startsAt }) })
    await supervisor.api.agenda.closeDay({
      ...{
        officeId: office,
        id: newId(),
        from: romeTime(9, '00:00'),
        to: romeTime(10, '00:00'),
        agendas: null,
      },
      ...{ reason: 'Sciopero', recovery: null },
    })
    await expect(bookAt(startsAt, { holdId: hold.id })).rejects.toMatchObject(refused('slot-gone'))
    await expect(operator.api.appointments.renewHold({ id: hold.id })).rejects.toMatchObject(
      refused('hold-expired'),
    )
  })

  test('a hold of which a part closes is gone whole', async () => {
    const serviceIds = [service, 'certificates']
    const startsAt = romeTime(9, '09:00')
    const hold = await operator.api.appointments.hold({
      ...{ id: newId(), officeId: office, serviceIds, startsAt },
    })
    expect(hold.slotIds).toHaveLength(3)
    await supervisor.api.agenda.closeDay({
      ...{ officeId: office, id: newId(), from: romeTime(9, '09:30'), to: romeTime(10, '00:00') },
      ...{ agendas: null, reason: 'Sciopero', recovery: null },
    })
    expect(await next({ from: startsAt, limit: 1 })).toMatchObject([{ startsAt, free: 2 }])
  })

  test('a proposal that nobody confirms lapses, and its seat is anybody’s', async () => {
    const citizens = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
    const confirmBy = romeTime(2, '00:00')
    const assignment = {
      ...{
        id: newId(),
        serviceId: service,
        citizenIds: citizens.map(({ id }) => id),
        confirmBy,
        from: romeDate(10),
      },
    }
    const { proposed, failed } = await supervisor.api.agenda.assign({
      ...assignment,
      citizenIds: [...assignment.citizenIds, newId()],
    })
    expect(failed).toMatchObject([{ fault: { code: 'citizen-gone' } }])
    expect(proposed).toMatchObject([
      { state: 'proposed', confirmBy, startsAt: romeTime(10, '09:00') },
      { state: 'proposed', confirmBy, startsAt: romeTime(10, '09:00') },
    ])
    const again = await supervisor.api.agenda.assign(assignment)
    expect(again.proposed.map(({ id }) => id)).toEqual(proposed.map(({ id }) => id))
    const [kept, lost] = proposed
    await operator.api.appointments.confirm({ id: kept?.id ?? '' })
    await sql`update appointments set confirm_by = clock_timestamp() where state = 'proposed'`.execute(
      crm.store.db,
    )
    await lapseProposals(crm.store.db)
    const states = await crm.store.db.selectFrom('appointments').select(['id', 'state', 'counter']).execute()
    expect(states.find(({ id }) => id === kept?.id)?.state).toBe('confirmed')
    expect(states.find(({ id }) => id === lost?.id)).toMatchObject({ state: 'lapsed', counter: null })
    expect(await next({ from: romeTime(10, '09:00'), limit: 1 })).toMatchObject([
      { startsAt: romeTime(10, '09:00'), free: 1 },
    ])
  })

  test('of a proposal it says who does not hear of it, and who has an appointment for that already gets none', async () => {
    const { db } = crm.store
    const written = await addCitizen(db, { email: 'written@example.org' })
    const unwilling = await addCitizen(db, { email: 'unwilling@example.org', phones: [] })
    const landline = await addCitizen(db, { phones: [{ number: '+390255510143', kind: 'landline' }] })
    const booked = await addCitizen(db)
    await db.insertInto('channel_opt_outs').values({ citizen_id: unwilling.id, channel: 'email' }).execute()
    await bookAt(romeTime(20, '09:00'), { citizenId: booked.id })
    const assignment = {
      ...{ serviceId: service, citizenIds: [written, unwilling, landline, booked].map(({ id }) => id) },
      ...{ confirmBy: romeTime(2, '00:00'), from: romeDate(10) },
    }
    const { proposed, unreached, failed } = await supervisor.api.agenda.assign({ ...assignment, id: newId() })
    expect(proposed).toHaveLength(3)
    const reasons = unreached.map(({ citizenId, told }) => [citizenId, told.map(({ reason }) => reason)])
    expect(Object.fromEntries(reasons)).toEqual({
      // For want of a mail server.
      [written.id]: [null],
      [unwilling.id]: ['opted-out'],
      [landline.id]: ['no-address'],
    })
    expect(failed).toMatchObject([{ citizenId: booked.id, fault: { code: 'service-booked' } }])
    const another = await supervisor.api.agenda.assign({ ...assignment, id: newId() })
    expect([another.proposed, another.failed.map(({ fault }) => fault.code)]).toEqual([
      [],
      Array(4).fill('service-booked'),
    ])
  })

  test('an assignment asked for again while the first is at work answers the same, and nobody was booked before', async () => {
    const citizens = []
    for (let nth = 0; nth < 12; nth += 1) citizens.push(await addCitizen(crm.store.db))
    const assignment = {
      ...{ id: newId(), serviceId: service, citizenIds: citizens.map(({ id }) => id) },
      ...{ confirmBy: romeTime(2, '00:00'), from: romeDate(10) },
    }
    const outcomes = await Promise.all([1, 2, 3].map(() => supervisor.api.agenda.assign(assignment)))
    for (const { proposed, failed } of outcomes) {
      expect(failed).toEqual([])
      expect(new Set(proposed.map(({ citizenId }) => citizenId))).toEqual(new Set(assignment.citizenIds))
      expect(proposed).toHaveLength(12)
    }
  })

  test('days are those of the office’s own clock: of its slots, of an assignment, of what its counters share', async () => {
    await setRules()
    const outpost = 'ponta-delgada'
    await addOffice(crm.store.db, outpost, azores)
    // When its day ends, the city's next one has begun.
    const late = everyDay({ from: '22:30', to: '23:30', counters: 4 })
    const early = everyDay({ from: '09:00', to: '10:00', counters: 4 })
    await supervisor.api.agenda.setRules({ officeId: outpost, rules: [late] })
    const date = (days: number) => Temporal.Now.plainDateISO(azores).add({ days })
    const at = (days: number, plainTime: string) =>
      date(days)
        .toZonedDateTime({ timeZone: azores, plainTime })
        .toInstant()
        .toString({ smallestUnit: 'millisecond' })

    const [from, to] = [date(4).toString(), date(5).toString()]
    const { slots } = await operator.api.appointments.slots({
      agenda: smallCity.agenda,
      officeId: outpost,
      from,
      to,
    })
    expect(slots.map(({ startsAt }) => startsAt)).toEqual(
      [4, 5].flatMap((day) => ['22:30', '22:45', '23:00', '23:15'].map((time) => at(day, time))),
    )

    const citizen = await addCitizen(crm.store.db)
    const assignment = { id: newId(), serviceId: service, citizenIds: [citizen.id] }
    const { proposed } = await supervisor.api.agenda.assign({
      ...{ ...assignment, confirmBy: at(2, '00:00'), from: date(10).toString() },
    })
    expect(proposed).toMatchObject([{ officeId: outpost, startsAt: at(10, '22:30') }])

    await supervisor.api.agenda.setRules({ officeId: outpost, rules: [early, late] })
    for (const day of [6, 7, 8, 9]) {
      const counters = new Set<number | null>()
      for (const time of ['09:00', '09:15', '09:30', '22:45']) {
        const booked = await bookAt(at(day, time), { officeId: outpost })
        counters.add(booked.counter)
      }
      expect(counters).toEqual(new Set([1, 2, 3, 4]))
    }
    await supervisor.api.agenda.setRules({ officeId: outpost, rules: [] })
  })

  test('the city’s calendar says on which days an office is closed', async () => {
    const { db } = crm.store
    await setRules(everyDay({ onHolidays: false }))
    const days = [20, 21]
    const openOn = async () => {
      const { rows } = await sql<{ day: string }>`
        select distinct (starts_at at time zone 'Europe/Rome')::date::text as day from slots
        where office_id = ${office} and capacity > 0 and (starts_at at time zone 'Europe/Rome')::date
          = any(${days.map(romeDate)}::date[]) order by 1`.execute(db)
      return rows.map(({ day }) => day)
    }
    const holiday = { ...patron, on: { date: romeDate(20).slice(5) } }
    const keep = async (holidays: Holiday[]) => {
      const rulebook = { ...lawBook, routing: [], calendar: { restDays: [7], holidays } }
      await applyRules(db, { teams: [], rulebook })
      await extendHorizon(db, new Date())
      return openOn()
    }
    const both = days.map(romeDate)
    expect(await keep([])).toEqual(both)
    expect(await keep([holiday])).toEqual([romeDate(21)])
    expect(await keep([{ ...holiday, closesOffices: false }])).toEqual(both)
    expect(await keep([{ ...holiday, validTo: romeDate(19) }])).toEqual(both)
    await sql`delete from rulebooks`.execute(db)
  })

  // PGlite has one process by its nature.
  const onServer = engine === 'postgres' ? test : () => undefined
  onServer(
    'who takes a closure back hears of all that it cancelled, also of what is being cancelled',
    async () => {
      const { db } = crm.store
      const booked = await bookAt(romeTime(8, '09:00'))
      const closure = { officeId: office, id: newId(), from: romeTime(8, '00:00'), to: romeTime(9, '00:00') }
      const rest = {
        agendas: null,
        reason: 'Guasto',
        bookings: 'cancel',
        recovery: null,
        madeBy: null,
      } as const
      await closeOffice(db, { ...closure, ...rest }, new Date())
      const { settled, withdrawn } = await db.transaction().execute(async (trx) => {
        await sql`select 1 from appointments where id = ${booked.id} for update`.execute(trx)
        const settled = settleClosure({ db, log }, closure.id)
        await expect.poll(() => waitingForLocks(db), { timeout: 15_000 }).toBe(1)
        const withdrawn = supervisor.api.agenda.withdraw({ id: closure.id })
        await expect.poll(() => waitingForLocks(db), { timeout: 15_000 }).toBe(2)
        return { settled, withdrawn }
      })
      await settled
      expect(await withdrawn).toMatchObject({ cancelled: 1, conflicts: 0 })
      expect((await seatsAt(booked.startsAt)).map(({ taken }) => taken)).toEqual([false, false])
    },
  )

  onServer('several processes make the slots once, while others book', async () => {
    const stores: Store[] = [await openStore({ databaseUrl }), await openStore({ databaseUrl })]
    try {
      await sql`delete from agenda_days`.execute(crm.store.db)
      await sql`delete from slots where starts_at > ${romeTime(20, '00:00')}`.execute(crm.store.db)
      const work = [crm.store, ...stores].map(({ db }) => extendHorizon(db, new Date()))
      const bookings = Array.from({ length: 20 }, (_, nth) =>
        bookAt(romeTime(11 + (nth % 5), '09:30')).then(
          () => true,
          () => false,
        ),
      )
      await Promise.all(work)
      expect((await Promise.all(bookings)).filter((done) => done)).toHaveLength(10)
      const { rows } = await sql<{ slots: number; seats: number }>`
        select count(*) as slots, (select count(*) from slot_seats q where q.starts_at > ${romeTime(20, '00:00')}) as seats
        from slots where starts_at > ${romeTime(20, '00:00')}`.execute(crm.store.db)
      expect(rows[0]).toEqual({ slots: 42 * 8, seats: 42 * 8 * 2 })
    } finally {
      for (const store of stores) await store.close()
    }
  })
})
