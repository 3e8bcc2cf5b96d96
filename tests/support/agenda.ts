import { sql } from 'kysely'
import { newId } from '#contract/domain/ids.ts'
import type { Db } from '../../src/crm/store/store.ts'
import { smallCity } from './crm-city.ts'

const words = { it: 'parola', en: 'word' }
const stepMs = 15 * 60_000

export type TestSlot = { id: string; startsAt: string }

export async function addService(db: Db, id: string, minutes: number, more: object = {}): Promise<void> {
  await db
    .insertInto('services')
    .values({
      id,
      body: JSON.stringify({
        ...{ name: words, topicId: smallCity.topic, agenda: smallCity.agenda, durationMinutes: minutes },
        ...{ documents: words, eligibility: words, keywords: '', ...more },
      }),
    })
    .execute()
}

export async function addOffice(db: Db, id: string, zone = 'Europe/Rome'): Promise<void> {
  const body = {
    ...{ name: 'Via Padova', municipio: 2, zone },
    ...{ hours: words, agendas: [smallCity.agenda] },
  }
  await db
    .insertInto('offices')
    .values({ id, body: JSON.stringify(body) })
    .execute()
}

/** Quarters of an hour in a row, each with so many counters. */
export async function addSlots(
  db: Db,
  options: { from: string; count: number; counters: number; office?: string; agenda?: string },
): Promise<TestSlot[]> {
  const slots = Array.from({ length: options.count }, (_, index) => ({
    id: newId(),
    startsAt: new Date(Date.parse(options.from) + index * stepMs).toISOString(),
  }))
  await db
    .insertInto('slots')
    .values(
      slots.map(({ id, startsAt }) => ({
        ...{
          id,
          starts_at: startsAt,
          office_id: options.office ?? smallCity.office,
          agenda: options.agenda ?? smallCity.agenda,
        },
        ...{ duration_minutes: 15, capacity: options.counters },
      })),
    )
    .execute()
  return slots
}

export type SeatRow = {
  slot_id: string
  seat: number
  appointment_id: string | null
  hold_id: string | null
  lease_id: string | null
}

export const seatsOf = (db: Db, ...slots: TestSlot[]): Promise<SeatRow[]> =>
  db
    .selectFrom('slot_seats')
    .select(['slot_id', 'seat', 'appointment_id', 'hold_id', 'lease_id'])
    .where(
      'slot_id',
      'in',
      slots.map(({ id }) => id),
    )
    .orderBy('starts_at')
    .orderBy('seat')
    .execute()

/** As if the hold's time were over: what the clock does otherwise. */
export const letHoldExpire = (db: Db, holdId: string) =>
  sql`update slot_seats set held_until = clock_timestamp() - interval '1 millisecond' 
    where hold_id = ${holdId} and held_until > clock_timestamp()`.execute(db)

/** As if the desk's time to book, or the CRM's to wait for what it booked, were over. */
export async function letLeaseExpire(db: Db, leaseId: string, what: 'booking' | 'keeping'): Promise<void> {
  await sql`update leases set lent_at = lent_at - interval '13 hours', book_until = least(book_until, clock_timestamp() - interval '1 second')
    where id = ${leaseId}`.execute(db)
  if (what === 'booking') return
  await sql`update leases set kept_until = clock_timestamp() where id = ${leaseId}`.execute(db)
  await sql`update slot_seats set kept_until = clock_timestamp() where lease_id = ${leaseId}`.execute(db)
}

/** What of a booking goes by REST. */
export const visit = (slot: { startsAt: string }, more: { office?: string; services?: string[] } = {}) => ({
  serviceIds: more.services ?? [smallCity.service],
  officeId: more.office ?? smallCity.office,
  startsAt: slot.startsAt,
})
