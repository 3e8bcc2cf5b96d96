import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { hold, releaseHold, renewHold } from '../../src/crm/appointments/holds.ts'
import { lend, releaseLease, requireLease } from '../../src/crm/appointments/leases.ts'
import { book, cancel, cancelByOffice, reschedule } from '../../src/crm/appointments/visits.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { inTransaction } from '../../src/crm/store/transaction.ts'
import { registerDevice } from '../../src/crm/sync/devices.ts'
import {
  addOffice,
  addService,
  addSlots,
  letHoldExpire,
  letLeaseExpire,
  type TestSlot,
} from '../support/agenda.ts'
import { fillSmallCity, inDays, smallCity } from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

const slotCount = 6
const counters = 2
const services = [[smallCity.service], [smallCity.service, 'certificates']] as const
const terms = { bookHours: 12, graceHours: 12 }

/** Numbers pick among what there is at that moment. */
type Step = { do: (typeof kinds)[number]; slot: number; pick: number; long: boolean; other: number }
const kinds = [
  'hold',
  'hold',
  'renew',
  'release',
  'expire',
  'book',
  'confirm',
  'confirm',
  'confirm',
  'cancel',
  'move',
  'move',
  'cancelDay',
  'lend',
  'bookLent',
  'bookLent',
  'endLease',
  'releaseLease',
] as const
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(...kinds),
  slot: fc.nat(slotCount - 1),
  pick: fc.nat(1000),
  long: fc.boolean(),
  other: fc.nat(slotCount - 1),
})

/** What the model knows of a seat. What is over stays written until something takes its place, and counts for nothing. */
type Seat = {
  visit: string | null
  hold: { id: string; live: boolean } | null
  lease: { id: string; live: boolean } | null
}
type Visit = { id: string; slot: number; steps: number; counter: number; active: boolean }
type Answer = { counter: number } | string

class History {
  readonly seats: Seat[][]
  readonly visits: Visit[] = []
  readonly holds: { id: string; slot: number; steps: number }[] = []
  readonly leases: { id: string; inTime: boolean }[] = []
  readonly store: Store
  readonly office: string
  readonly slots: TestSlot[]
  readonly deviceId: string
  readonly userId: string

  constructor(store: Store, office: string, slots: TestSlot[], deviceId: string, userId: string) {
    this.store = store
    this.office = office
    this.slots = slots
    this.deviceId = deviceId
    this.userId = userId
    this.seats = slots.map(() =>
      Array.from({ length: counters }, () => ({ visit: null, hold: null, lease: null })),
    )
  }

  by = (at: string) => ({ at, deviceId: this.deviceId, userId: this.userId })
  startsAt = (slot: number): string => this.slots[slot]?.startsAt ?? ''
  some = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]
  /** The seats of a visit at one counter, numbered from 1; null when the office closes before it ends. */
  run(slot: number, steps: number, counter: number): Seat[] | null {
    const run = this.seats.slice(slot, slot + steps).map((seats) => seats[counter - 1])
    return run.length === steps && run.every((seat) => seat !== undefined) ? run : null
  }

  all = (): Seat[] => this.seats.flat()

  /** Counters at which somebody may sit, those with most seats of the own hold first; or the refusal. */
  usable(slot: number, steps: number, may: (seat: Seat) => boolean): number[] | string {
    if (!this.run(slot, steps, 1)) return 'slot-gone'
    const found = Array.from({ length: counters }, (_, index) => index + 1).filter((counter) =>
      this.run(slot, steps, counter)?.every(may),
    )
    return found.length > 0 ? found : 'slot-taken'
  }

  /** Checks what the CRM said against what the model allows, and gives the counter it took. */
  agree(what: string, allowed: number[] | string, said: Answer): number | null {
    if (typeof allowed === 'string') {
      expect(said, what).toBe(allowed)
      return null
    }
    expect(said, what).toMatchObject({ counter: expect.any(Number) })
    const { counter } = said as { counter: number }
    expect(allowed, what).toContain(counter)
    return counter
  }

  /** The counter on success, else the code of the refusal. */
  async ask(work: () => Promise<{ counter: number } | undefined>): Promise<Answer> {
    try {
      return (await work()) ?? { counter: 0 }
    } catch (error) {
      if (error instanceof Fault) return error.code
      throw error
    }
  }

  async seatOf(id: string): Promise<{ counter: number } | undefined> {
    const row = await this.store.db
      .selectFrom('appointments')
      .select('counter')
      .where('id', '=', id)
      .executeTakeFirst()
    return { counter: row?.counter ?? 0 }
  }

  sit(id: string, slot: number, steps: number, counter: number): void {
    for (const seat of this.run(slot, steps, counter) ?? []) {
      seat.visit = id
      seat.hold = null
      if (seat.lease?.live === false) seat.lease = null
    }
  }

  drop(holdId: string | null): void {
    for (const seat of this.all()) if (seat.hold?.id === holdId) seat.hold = null
  }

  async bookAt(slot: number, long: boolean, holdId: string | null, lease: { id: string; at: Date } | null) {
    const id = newId()
    const steps = long ? 2 : 1
    const leaseId = lease?.id ?? null
    const said = await this.ask(async () => {
      await inTransaction(this.store.db, async (trx) => {
        if (lease) await requireLease(trx, lease.id, this.by(lease.at.toISOString()))
        await book(trx, {
          ...{ id, serviceIds: services[long ? 1 : 0], officeId: this.office, startsAt: this.startsAt(slot) },
          ...{
            citizenId: null,
            contactId: null,
            holdId,
            leaseId,
            recoveryOf: null,
            channel: 'phone',
            notify: [],
          },
        })
      })
      return this.seatOf(id)
    })
    const may = (seat: Seat) =>
      seat.visit === null &&
      (lease
        ? seat.lease?.id === leaseId && seat.lease?.live === true
        : isFree(seat) || (seat.hold?.live === true && seat.hold.id === holdId))
    let allowed = this.usable(slot, steps, may)
    if (lease && allowed === 'slot-taken') allowed = 'lease-expired'
    if (lease && this.leases.find((one) => one.id === leaseId)?.inTime === false) allowed = 'lease-expired'
    const counter = this.agree(`book ${slot} ${steps}`, allowed, said)
    if (counter === null) return
    const held = (at: number) =>
      (this.run(slot, steps, at) ?? []).filter((seat) => seat.hold?.live === true && seat.hold.id === holdId)
        .length
    if (Array.isArray(allowed)) expect(held(counter)).toBe(Math.max(...allowed.map(held)))
    this.sit(id, slot, steps, counter)
    if (holdId !== null) this.drop(holdId)
    this.visits.push({ id, slot, steps, counter, active: true })
  }

  leave(visit: Visit): void {
    visit.active = false
    for (const seat of this.all()) if (seat.visit === visit.id) seat.visit = null
  }

  async take({ do: what, slot, pick, long, other }: Step): Promise<void> {
    const { db } = this.store
    const steps = long ? 2 : 1
    const known = this.some(this.holds, pick)
    const visit = this.some(this.visits, pick)
    const lease = this.some(this.leases, pick)
    switch (what) {
      case 'hold': {
        // Now and then one that was there before: answered as then, or refused.
        const again = pick % 5 === 0 ? known : undefined
        const wish = again ?? { id: newId(), slot, steps }
        const said = await this.ask(() =>
          hold(db, {
            ...{ id: wish.id, serviceIds: services[wish.steps - 1] ?? [], officeId: this.office },
            ...{ startsAt: this.startsAt(wish.slot), minutes: 5, recoveryOf: null },
          }),
        )
        const own = this.all().find((seat) => seat.hold?.id === wish.id)
        if (own) {
          expect(typeof said === 'string' ? said : 'same').toBe(own.hold?.live ? 'same' : 'slot-taken')
          return
        }
        const counter = this.agree('hold', this.usable(wish.slot, wish.steps, isFree), said)
        if (counter === null) return
        for (const seat of this.run(wish.slot, wish.steps, counter) ?? []) {
          seat.hold = { id: wish.id, live: true }
          seat.lease = null
        }
        if (!again) this.holds.push(wish)
        return
      }
      case 'renew': {
        if (!known) return
        const said = await this.ask(() => renewHold(db, known.id, 5).then(() => undefined))
        const live = this.all().some((seat) => seat.hold?.id === known.id && seat.hold.live)
        expect(typeof said === 'string' ? said : 'renewed').toBe(live ? 'renewed' : 'hold-expired')
        return
      }
      case 'release':
        if (!known) return
        await releaseHold(db, known.id)
        this.drop(known.id)
        return
      case 'expire':
        if (!known) return
        await letHoldExpire(db, known.id)
        for (const seat of this.all()) if (seat.hold?.id === known.id) seat.hold.live = false
        return
      case 'book':
        await this.bookAt(slot, long, null, null)
        return
      case 'confirm':
        if (known) await this.bookAt(known.slot, pick % 3 === 0 ? long : known.steps === 2, known.id, null)
        return
      case 'cancel': {
        if (!visit) return
        await inTransaction(db, (trx) =>
          cancel(trx, { appointmentId: visit.id, by: 'citizen', reason: null, notify: [] }),
        )
        this.leave(visit)
        return
      }
      case 'move': {
        if (!visit) return
        const holdId = pick % 2 === 0 ? (known?.id ?? null) : null
        const said = await this.ask(async () => {
          await inTransaction(db, (trx) =>
            reschedule(trx, {
              ...{ appointmentId: visit.id, officeId: this.office, startsAt: this.startsAt(slot), holdId },
              notify: [],
            }),
          )
          return this.seatOf(visit.id)
        })
        if (!visit.active) {
          expect(said).toBe('appointment-settled')
          return
        }
        if (visit.slot === slot) {
          expect(said).toEqual({ counter: visit.counter })
          return
        }
        const allowed = this.usable(
          slot,
          visit.steps,
          (seat) =>
            seat.visit === visit.id ||
            (seat.visit === null && (isFree(seat) || (seat.hold?.live === true && seat.hold.id === holdId))),
        )
        const counter = this.agree(`move ${slot}`, allowed, said)
        if (counter === null) return
        for (const seat of this.all()) if (seat.visit === visit.id) seat.visit = null
        const run = this.run(slot, visit.steps, counter) ?? []
        const stayed = run.filter((seat) => seat.visit === visit.id)
        expect(stayed).toEqual([])
        this.sit(visit.id, slot, visit.steps, counter)
        if (holdId !== null) this.drop(holdId)
        Object.assign(visit, { slot, counter })
        return
      }
      case 'cancelDay': {
        const [from, to] = [Math.min(slot, other), Math.max(slot, other)]
        const ids = await inTransaction(db, (trx) =>
          cancelByOffice(
            trx,
            sql`a.office_id = ${this.office} and a.starts_at between ${this.startsAt(from)} and ${this.startsAt(to)}`,
            { reason: 'Guasto', closureId: newId(), message: 'cancellation' },
          ),
        )
        const hit = this.visits.filter((one) => one.active && one.slot >= from && one.slot <= to)
        expect(ids.toSorted()).toEqual(hit.map(({ id }) => id).toSorted())
        for (const one of hit) this.leave(one)
        return
      }
      case 'lend': {
        const id = newId()
        const count = 1 + (pick % 3)
        const { seats } = await lend(
          db,
          {
            ...{ id, deviceId: this.deviceId, userId: this.userId, serviceId: smallCity.service },
            ...{ officeIds: [this.office], count, deviceCredential: null },
          },
          terms,
        )
        const open = this.seats.filter((at) => at.some(isFree)).length
        expect(seats).toHaveLength(Math.min(count, open))
        for (const lent of seats) {
          const seat = this.seats[this.slots.findIndex(({ id }) => id === lent.slotId)]?.[lent.counter - 1]
          if (!seat) throw new Error('a seat that is not there')
          expect(isFree(seat)).toBe(true)
          seat.hold = null
          seat.lease = { id, live: true }
        }
        this.leases.push({ id, inTime: true })
        return
      }
      case 'bookLent': {
        if (!lease) return
        const lent = this.seats.flatMap((seats, at) =>
          seats.some((seat) => seat.lease?.id === lease.id) ? [at] : [],
        )
        await this.bookAt(this.some(lent, pick) ?? slot, false, null, { id: lease.id, at: new Date() })
        return
      }
      case 'endLease': {
        if (!lease) return
        const end = pick % 2 === 0 ? 'booking' : 'keeping'
        await letLeaseExpire(db, lease.id, end)
        lease.inTime = false
        if (end === 'booking') return
        for (const seat of this.all()) if (seat.lease?.id === lease.id) seat.lease.live = false
        return
      }
      case 'releaseLease':
        if (!lease) return
        await releaseLease(db, lease.id, { userId: this.userId, deviceCredential: null })
        for (const seat of this.all()) if (seat.lease?.id === lease.id) seat.lease = null
    }
  }

  /** Every seat is whose the model says. */
  async check(): Promise<void> {
    const { rows } = await sql<{ visit: string | null; hold: string | null; lease: string | null }>`
      select q.appointment_id as visit, case when q.held_until > clock_timestamp() then q.hold_id end as hold,
        case when q.kept_until > clock_timestamp() then q.lease_id end as lease
      from slot_seats q where q.office_id = ${this.office} order by q.starts_at, q.seat`.execute(
      this.store.db,
    )
    expect(rows).toEqual(
      this.all().map((seat) => ({
        visit: seat.visit,
        hold: seat.hold?.live ? seat.hold.id : null,
        lease: seat.lease?.live ? seat.lease.id : null,
      })),
    )
    const { rows: states } = await sql<{ id: string; active: boolean }>`
      select id, state = 'confirmed' as active from appointments where office_id = ${this.office}`.execute(
      this.store.db,
    )
    expect(new Map(states.map(({ id, active }) => [id, active]))).toEqual(
      new Map(this.visits.map(({ id, active }) => [id, active])),
    )
  }
}

const isFree = (seat: Seat): boolean =>
  seat.visit === null && seat.hold?.live !== true && seat.lease?.live !== true

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

describe.each(['pglite', 'postgres'] as const)('histories on %s', (engine) => {
  let store: Store
  let folder: string
  let userId: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ascolto-history-'))
    store = await openStore(
      engine === 'pglite' ? { dataDir: folder } : { databaseUrl: await postgres.createDatabase() },
    )
    await fillSmallCity(store.db)
    await addService(store.db, 'certificates', 15)
    userId = newId()
    await store.db
      .insertInto('users')
      .values({
        ...{ id: userId, login: 'anna', name: 'Anna Riva', given_name: 'Anna', roles: ['operator'] },
        ...{ teams: [], extension: '3000', password_hash: '-' },
      })
      .execute()
  })
  afterAll(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('of holds, confirmations, moves, cancellations, expiries, leases and closures end as a simple model says', async () => {
    let offices = 0
    const counts = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        offices += 1
        const office = `office-${offices}`
        await addOffice(store.db, office)
        const slots = await addSlots(store.db, { from: inDays(2), count: slotCount, counters, office })
        const { deviceId } = await registerDevice(store.db, userId, office)
        const history = new History(store, office, slots, deviceId, userId)
        for (const one of steps) {
          counts.set(one.do, (counts.get(one.do) ?? 0) + 1)
          await history.take(one)
          await history.check()
        }
      }),
      { numRuns: engine === 'postgres' ? 120 : 40 },
    )
    process.stdout.write(
      `${engine}: ${offices} histories, ${[...counts].map((one) => one.join(' ')).join(', ')}\n`,
    )
  }, 180_000)
})
