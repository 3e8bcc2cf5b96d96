import type { Logger } from 'pino'
import { Temporal } from 'temporal-polyfill'
import { type Appointment, isToldOf, owedDays, type Slot } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import { type EntityTable, epoch, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface Appointments extends EntityTable<'appointment'> {
  /**
   * Those to be told of, from the beginning of the day of their office on, next first; what the office took away and nothing makes up for also
   * from `owedDays` before.
   */
  nextOfCitizen(citizenId: Id, now: Date, zoneOf: (officeId: string) => string): Appointment[]
  ofContact(contactId: Id): Appointment[]
  byCode(code: string): Appointment | undefined
}

export interface Slots extends EntityTable<'slot'> {
  /** Those that begin from `from` on and before `until`. */
  find(query: { agenda: string; officeId: string | null; from: Date; until: Date }): Slot[]
}

export function openAppointments(db: Sqlite, log: Logger): Appointments {
  const read = rowReader('appointment', log)
  const one = db.query<Stored>('SELECT row FROM appointment WHERE id = ?')
  const put = db.query(
    `INSERT INTO appointment (id, citizen_id, contact_id, active, starts_at, row) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       citizen_id = excluded.citizen_id, contact_id = excluded.contact_id, active = excluded.active,
       starts_at = excluded.starts_at, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM appointment WHERE id = ?')
  const clear = db.query('DELETE FROM appointment')
  // `active` is 1 for what is told while it is to come, 2 for what the office owes; what makes up for it may have been taken away and made up for
  // in its turn.
  const next = db.query<Stored>(
    `SELECT row FROM appointment AS own
     WHERE citizen_id = ? AND (
       active = 1 AND starts_at >= ?
       OR active = 2 AND starts_at >= ? AND NOT EXISTS (
         WITH RECURSIVE instead (id, state) AS (
           SELECT own.id, NULL
           UNION SELECT later.id, json_extract(later.row, '$.state') FROM instead
             JOIN appointment AS later
               ON later.citizen_id = own.citizen_id AND json_extract(later.row, '$.recoveryOf') = instead.id)
         SELECT 1 FROM instead WHERE state NOT IN ('cancelled-by-citizen', 'cancelled-by-office', 'lapsed')))
     ORDER BY starts_at LIMIT 200`,
  )
  const ofContact = db.query<Stored>('SELECT row FROM appointment WHERE contact_id = ? ORDER BY starts_at')
  const byCode = db.query<Stored>(`SELECT row FROM appointment WHERE json_extract(row, '$.code') = ?`)
  const today = dayStarts()
  return {
    get: (id) => read.one(one.get(id)),
    put(row) {
      const active = row.state === 'cancelled-by-office' ? 2 : isToldOf(row.state) ? 1 : 0
      put.run(row.id, row.citizenId, row.contactId, active, epoch(row.startsAt), JSON.stringify(row))
    },
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    nextOfCitizen(citizenId, now, zoneOf) {
      // No office's day began longer ago than the longest day that a zone has.
      const earliest = now.getTime() - longestDayMs
      return read
        .many(next.all(citizenId, earliest, earliest - owedDays * dayMs))
        .filter(({ state, startsAt, officeId }) => {
          const day = today(now, zoneOf(officeId))
          return epoch(startsAt) >= (state === 'cancelled-by-office' ? day - owedDays * dayMs : day)
        })
    },
    ofContact: (contactId) => read.many(ofContact.all(contactId)),
    byCode: (code) => read.one(byCode.get(code)),
  }
}

export function openSlots(db: Sqlite, log: Logger): Slots {
  const read = rowReader('slot', log)
  const one = db.query<Stored>('SELECT row FROM slot WHERE id = ?')
  const put = db.query(
    `INSERT INTO slot (id, agenda, office_id, starts_at, row) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       agenda = excluded.agenda, office_id = excluded.office_id, starts_at = excluded.starts_at, row = excluded.row`,
  )
  const remove = db.query('DELETE FROM slot WHERE id = ?')
  const clear = db.query('DELETE FROM slot')
  const find = db.query<Stored>(
    `SELECT row FROM slot WHERE agenda = ? AND starts_at >= ? AND starts_at < ? AND (? IS NULL OR office_id = ?)
     ORDER BY starts_at, office_id`,
  )
  return {
    get: (id) => read.one(one.get(id)),
    put: (row) => void put.run(row.id, row.agenda, row.officeId, epoch(row.startsAt), JSON.stringify(row)),
    remove: (id) => void remove.run(id),
    clear: () => void clear.run(),
    find: ({ agenda, officeId, from, until }) =>
      read.many(find.all(agenda, from.getTime(), until.getTime(), officeId, officeId)),
  }
}

const dayMs = 86_400_000
const longestDayMs = 25 * 3_600_000

/** Beginning of a zone's day as epoch milliseconds; worked out once a day, for it is asked while the phone rings. */
function dayStarts(): (now: Date, zone: string) => number {
  const days = new Map<string, { begin: number; end: number }>()
  return (now, zone) => {
    const at = now.getTime()
    const known = days.get(zone)
    if (known && at >= known.begin && at < known.end) return known.begin
    const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).startOfDay()
    const [begin, end] = [day.epochMilliseconds, day.add({ days: 1 }).epochMilliseconds]
    days.set(zone, { begin, end })
    return begin
  }
}
