import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { isOfficeHoliday, nationalCalendar } from '#contract/domain/calendar.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { closeOffice, withdrawClosure } from '../../../src/crm/agenda/closures.ts'
import { lockHours, ruleRow } from '../../../src/crm/agenda/hours.ts'
import { settleClosure } from '../../../src/crm/agenda/settling.ts'
import { makeSlots } from '../../../src/crm/agenda/slots.ts'
import { hold, releaseHold, renewHold } from '../../../src/crm/appointments/holds.ts'
import { lend, releaseLease, requireLease } from '../../../src/crm/appointments/leases.ts'
import { book, cancel, confirm, lapse, reschedule } from '../../../src/crm/appointments/visits.ts'
import { openLog } from '../../../src/crm/http/log.ts'
import type { Db } from '../../../src/crm/store/store.ts'
import { inTransaction } from '../../../src/crm/store/transaction.ts'
import { registerDevice } from '../../../src/crm/sync/devices.ts'
import { addOffice, addService, letHoldExpire, letLeaseExpire } from '../agenda.ts'
import { fillSmallCity, inDays, smallCity } from '../crm-city.ts'
import { everyDay, romeDate, romeTime } from '../opening.ts'
import { type Act, type Answer, recoveryCounters, slotCount, usualSlots } from './model.ts'

const usualDay = 3
/** The first on which somebody may work. */
const recoveryDay = [10, 11, 12, 13, 14].find(isWorked) ?? 15
function isWorked(days: number): boolean {
  const day = Temporal.PlainDate.from(romeDate(days))
  return day.dayOfWeek !== 7 && !isOfficeHoliday(nationalCalendar, day)
}
const stepMinutes = 15
/** One of a single slot, and one of two. */
const services = [smallCity.service, 'two-slots'] as const
const startsAt = (slot: number): string => {
  const from = slot < usualSlots ? romeTime(usualDay, '09:00') : romeTime(recoveryDay, '16:00')
  const nth = slot < usualSlots ? slot : slot - usualSlots
  return new Date(Date.parse(from) + nth * stepMinutes * 60_000).toISOString()
}
const terms = { bookHours: 12, graceHours: 12 }
const log = openLog({ write: () => {} })

/** The directory that the offices of all histories share; gives its user. */
export async function fillHistories(db: Db): Promise<Id> {
  await fillSmallCity(db)
  await addService(db, services[1], 2 * stepMinutes)
  const userId = newId()
  await db
    .insertInto('users')
    .values({
      ...{ id: userId, login: 'anna', name: 'Anna Riva', given_name: 'Anna', roles: ['operator'] },
      ...{ teams: [], extension: '3000', password_hash: '-' },
    })
    .execute()
  return userId
}

/** An office of the CRM in which a history takes place. */
export class HistoryOffice {
  readonly #db: Db
  readonly #id: string
  readonly #deviceId: Id
  readonly #userId: Id
  /** Who asks, by a sign-in that stands for all. */
  get #by() {
    return { userId: this.#userId, grant: 'history', deviceCredential: null }
  }
  readonly #closures: Id[] = []

  private constructor(db: Db, id: string, deviceId: Id, userId: Id) {
    this.#db = db
    this.#id = id
    this.#deviceId = deviceId
    this.#userId = userId
  }

  static async open(db: Db, userId: Id, counters: number): Promise<HistoryOffice> {
    const id = newId()
    await addOffice(db, id)
    const { deviceId } = await registerDevice(db, userId, id)
    const office = new HistoryOffice(db, id, deviceId, userId)
    await office.#setCounters(counters)
    return office
  }

  /** Does the act and says what came of it. */
  async take(act: Act): Promise<Answer> {
    try {
      return await this.#take(act)
    } catch (error) {
      if (error instanceof Fault) return { refused: error.code }
      throw error
    }
  }

  async #take(act: Act): Promise<Answer> {
    const db = this.#db
    switch (act.do) {
      case 'hold': {
        const { counter } = await hold(db, {
          ...{ id: act.hold, serviceIds: [services[act.steps - 1] ?? ''], officeId: this.#id },
          ...{ startsAt: startsAt(act.slot), minutes: 5, recoveryOf: act.recoveryOf },
        })
        return { counter }
      }
      case 'renew':
        await renewHold(db, act.hold, 5)
        return {}
      case 'release':
        await releaseHold(db, act.hold)
        return {}
      case 'expire':
        await letHoldExpire(db, act.hold)
        return {}
      case 'book':
        return this.#book(act)
      case 'confirm':
        await inTransaction(db, (trx) => confirm(trx, act.visit))
        return {}
      case 'let pass':
        await sql`update appointments set confirm_by = clock_timestamp() where id = ${act.visit} and state = 'proposed'`.execute(
          db,
        )
        return {}
      case 'cancel':
        await inTransaction(db, (trx) =>
          cancel(trx, { appointmentId: act.visit, by: 'citizen', reason: null, notify: [] }),
        )
        return {}
      case 'move':
        return inTransaction(db, async (trx) => {
          await reschedule(trx, {
            ...{ appointmentId: act.visit, officeId: this.#id, startsAt: startsAt(act.slot) },
            ...{ holdId: act.hold, notify: [] },
          })
          return counterOf(trx, act.visit)
        })
      case 'lapse':
        await inTransaction(db, (trx) => lapse(trx, sql`a.office_id = ${this.#id}`))
        return {}
      case 'settle':
        for (const closure of this.#closures.toSorted()) await settleClosure({ db, log }, closure)
        return {}
      case 'lend': {
        const { seats } = await lend(
          db,
          {
            ...{ id: act.lease, deviceId: this.#deviceId, ...this.#by },
            ...{ serviceId: services[act.steps - 1] ?? '', officeIds: [this.#id], count: act.count },
          },
          terms,
        )
        const slots = Array.from({ length: slotCount }, (_, slot) => startsAt(slot))
        return {
          lent: seats.map((one) => ({ slot: slots.indexOf(one.startsAt), counter: one.counter })),
        }
      }
      case 'end booking':
      case 'end keeping':
        await letLeaseExpire(db, act.lease, act.do === 'end booking' ? 'booking' : 'keeping')
        return {}
      case 'give back':
        await releaseLease(db, act.lease, this.#by)
        return {}
      case 'close':
        return this.#close(act)
      case 'withdraw':
        await withdrawClosure(db, act.closure, new Date())
        return {}
      case 'set counters':
        await this.#setCounters(act.counters)
        return {}
    }
  }

  #book(act: Act & { do: 'book' }): Promise<Answer> {
    return inTransaction(this.#db, async (trx) => {
      if (act.lease !== null) {
        const at = new Date().toISOString()
        await requireLease(trx, act.lease, { at, deviceId: this.#deviceId, userId: this.#userId })
      }
      await book(trx, {
        ...{ id: act.visit, serviceIds: [services[act.steps - 1] ?? ''], officeId: this.#id },
        ...{ startsAt: startsAt(act.slot), citizenId: null, contactId: null, holdId: act.hold },
        ...{ leaseId: act.lease, recoveryOf: act.recoveryOf, notify: [] },
        channel: act.proposed ? 'office' : 'phone',
        ...(act.proposed ? { confirmBy: inDays(1) } : {}),
      })
      return counterOf(trx, act.visit)
    })
  }

  async #close({ closure, from, to, cancels, recovers }: Act & { do: 'close' }): Promise<Answer> {
    const recovery = {
      ...{ from: romeDate(recoveryDay), days: 1, fromTime: '16:00', toTime: '16:30' },
      ...{ counters: recoveryCounters, exclusiveUntil: romeTime(recoveryDay - 1, '00:00') },
    }
    const closing = {
      ...{ id: closure, officeId: this.#id, agendas: null, reason: 'Guasto', madeBy: null },
      ...{
        from: startsAt(from),
        to: new Date(Date.parse(startsAt(to)) + stepMinutes * 60_000).toISOString(),
      },
      ...{
        bookings: cancels ? ('cancel' as const) : ('keep' as const),
        recovery: recovers ? recovery : null,
      },
    }
    await closeOffice(this.#db, closing, new Date())
    this.#closures.push(closure)
    return {}
  }

  /** As `agenda.setRules` does. */
  #setCounters(counters: number): Promise<number> {
    const day = { validFrom: romeDate(usualDay), validTo: romeDate(usualDay) }
    const rule = everyDay({ ...day, from: '09:00', to: '10:15', stepMinutes, counters })
    return inTransaction(this.#db, async (trx) => {
      await lockHours(trx, this.#id)
      await trx.deleteFrom('opening_rules').where('office_id', '=', this.#id).execute()
      await trx.insertInto('opening_rules').values(ruleRow(this.#id, rule)).execute()
      return makeSlots(trx, this.#id, new Date())
    })
  }

  /** As `Model.shown` says it. */
  async shown(): Promise<string[]> {
    const { rows } = await sql<{
      startsAt: string
      seat: number
      open: boolean
      visit: Id | null
      hold: Id | null
      lease: Id | null
    }>`
      select * from (
        select q.starts_at as "startsAt", q.seat, q.seat <= s.capacity as open, q.appointment_id as visit,
          case when q.held_until > clock_timestamp() then q.hold_id end as hold,
          case when q.kept_until > clock_timestamp() then q.lease_id end as lease
        from slot_seats q join slots s on s.id = q.slot_id where q.office_id = ${this.#id}
      ) r where r.open or r.visit is not null or r.hold is not null or r.lease is not null`.execute(this.#db)
    const slots = Array.from({ length: slotCount }, (_, slot) => startsAt(slot))
    const { rows: visits } = await sql<{ id: Id; state: string; closure: Id | null }>`
      select id, state, closure_id as closure from appointments where office_id = ${this.#id}`.execute(
      this.#db,
    )
    return [
      ...rows.map(
        ({ startsAt: at, seat, open, visit, hold: held, lease }) =>
          `${slots.indexOf(at)}/${seat} ${open ? 'open' : 'shut'} ${visit} ${held} ${lease}`,
      ),
      ...visits.map(({ id, state, closure }) => `${id} ${state} ${closure}`),
    ].toSorted()
  }
}

async function counterOf(db: Pick<Db, 'selectFrom'>, id: Id): Promise<Answer> {
  const row = await db.selectFrom('appointments').select('counter').where('id', '=', id).executeTakeFirst()
  return { counter: row?.counter ?? 0 }
}
