import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { SlotOffer } from '#contract/crm-agenda.ts'
import { Slug } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { isFree } from '../appointments/seats.ts'
import { prepared, type Reader, type Sql } from '../store/query.ts'
import { zoneOf } from './hours.ts'

/** How far ahead the next free places are looked for. */
const searchDays = 60

export type Visit = { agenda: string; minutes: number }

const ServicePart = z.object({ agenda: Slug, durationMinutes: z.number().int() })

/** What services of one visit need together; throws `input-invalid` for unknown ones, or of more than one agenda. */
export async function visitOf(db: Reader, serviceIds: readonly string[]): Promise<Visit> {
  const rows = await db
    .selectFrom('services')
    .modifyFront(prepared)
    .select(['id', 'body'])
    .where('id', 'in', serviceIds)
    .execute()
  const known = new Map(rows.map(({ id, body }) => [id, ServicePart.parse(body)]))
  const services = serviceIds.map((id) => known.get(id))
  const [main] = services
  if (!main || services.some((service) => service?.agenda !== main.agenda)) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'serviceIds' } })
  }
  return {
    agenda: main.agenda,
    minutes: services.reduce((sum, service) => sum + (service?.durationMinutes ?? 0), 0),
  }
}

/** Free for everybody; or kept for those whom the closure that cancelled `recoveryOf` affected. */
const free = (alias: string, recoveryOf: string | undefined): Sql =>
  recoveryOf === undefined
    ? isFree(alias)
    : sql`(${isFree(alias)} or (${sql.ref(`${alias}.appointment_id`)} is null
        and (${sql.ref(`${alias}.held_until`)} is null or ${sql.ref(`${alias}.held_until`)} <= clock_timestamp())
        and ${sql.ref(`${alias}.lease_id`)} = (select r.closure_id from appointments r where r.id = ${recoveryOf})))`

/** Among free ones: for nobody else yet. */
const kept = (alias: string, recoveryOf: string | undefined): Sql =>
  recoveryOf === undefined
    ? sql`false`
    : sql`(${sql.ref(`${alias}.kept_until`)} > clock_timestamp()
        and ${sql.ref(`${alias}.lease_id`)} = (select r.closure_id from appointments r where r.id = ${recoveryOf}))`

/** That the counter of seat `q`, in slot `s`, is free until the visit that begins there is over. */
const hasRoom = ({ minutes }: Visit, recoveryOf: string | undefined): Sql => sql`
  q.seat <= s.capacity and ${free('q', recoveryOf)}
  and (s.duration_minutes >= ${minutes} or not exists (
    select 1 from generate_series(1, ceil(${minutes}::numeric / s.duration_minutes)::integer - 1) nth
    where not exists (
      select 1 from slot_seats f join slots l on l.id = f.slot_id
      where f.agenda = q.agenda and f.office_id = q.office_id and f.seat = q.seat and f.appointment_id is null
        and f.starts_at = q.starts_at + make_interval(mins => nth * s.duration_minutes)
        and f.seat <= l.capacity and l.duration_minutes = s.duration_minutes and ${free('f', recoveryOf)})))`

const endsAt = ({ minutes }: Visit): Sql =>
  sql`s.starts_at + make_interval(mins => ceil(${minutes}::numeric / s.duration_minutes)::integer * s.duration_minutes)`

export type NextFree = {
  officeIds?: readonly string[] | undefined
  /** Not before. */
  from?: string | undefined
  /** Before. */
  until?: string | undefined
  /** The last ones of that time, not the first; in the order of time all the same. */
  last?: boolean
  limit: number
  recoveryOf?: string | undefined
}

/** As many are looked for, the next one up, so that there are few texts whose plans are kept. */
const limits = [1, 5, 20, 100]

/**
 * The earliest places for a visit, or the latest. Walks the index of free seats in the order of time, or against it, and stops when it has enough, so what is booked
 * costs nothing. The bounds are subqueries, for a clock that moves is no bound of an index; the limit stands in the text, for a plan that is
 * kept for all must know that few are wanted.
 */
export async function nextFree(db: Reader, visit: Visit, asked: NextFree): Promise<SlotOffer[]> {
  const { officeIds, from, until, limit, recoveryOf, last = false } = asked
  const most = limits.find((one) => one >= limit)
  const { rows } = await sql<SlotOffer>`
    select ${most === undefined ? sql`` : prepared} s.id as "slotId", s.office_id as "officeId", s.starts_at as "startsAt",
      ${endsAt(visit)} as "endsAt", g.free, g.kept
    from (
      select q.starts_at, q.office_id, q.slot_id, count(*) as free, count(*) filter (where ${kept('q', recoveryOf)}) as kept
      from slot_seats q join slots s on s.id = q.slot_id
      where q.agenda = ${visit.agenda} and q.appointment_id is null
        and q.starts_at > (select greatest(clock_timestamp(), ${from ?? null}::timestamptz - interval '1 microsecond'))
        and q.starts_at < (select least(clock_timestamp() + make_interval(days => ${searchDays}), ${until ?? null}::timestamptz))
        and ${officeIds === undefined ? sql`true` : sql`q.office_id = any(${officeIds}::text[])`}
        and ${hasRoom(visit, recoveryOf)}
      group by q.starts_at, q.office_id, q.slot_id
      order by ${last ? sql`q.starts_at desc, q.office_id desc` : sql`q.starts_at, q.office_id`}
      limit ${sql.lit(most ?? limit)}
    ) g join slots s on s.id = g.slot_id
    order by s.starts_at, s.office_id`.execute(db)
  return last ? rows.slice(-limit) : rows.slice(0, limit)
}

/** The places nearest to a moment, before and after it, in the order of time. */
export async function nearestFree(
  db: Reader,
  visit: Visit,
  { near, ...asked }: NextFree & { near: string },
): Promise<SlotOffer[]> {
  const later = (one: string, other: string | undefined) =>
    other !== undefined && Date.parse(other) > Date.parse(one) ? other : one
  const before = await nextFree(db, visit, { ...asked, until: near, last: true })
  const after = await nextFree(db, visit, { ...asked, from: later(near, asked.from) })
  const away = ({ startsAt }: SlotOffer) => Math.abs(Date.parse(startsAt) - Date.parse(near))
  const nearest = new Set([...before, ...after].sort((a, b) => away(a) - away(b)).slice(0, asked.limit))
  return [...before, ...after].filter((offer) => nearest.has(offer))
}

/** Every slot of an office in the week of a day, that has not begun; with no room: `free` is 0. */
export async function weekOf(
  db: Reader,
  visit: Visit,
  asked: { officeId: string; day: string; recoveryOf?: string | undefined },
): Promise<SlotOffer[]> {
  const zone = await zoneOf(db, asked.officeId)
  const day = Temporal.PlainDate.from(asked.day)
  const monday = day.subtract({ days: day.dayOfWeek - 1 })
  const start = (days: number) => monday.add({ days }).toZonedDateTime(zone).toInstant().toString()
  const { rows } = await sql<SlotOffer>`
    select ${prepared} s.id as "slotId", s.office_id as "officeId", s.starts_at as "startsAt", ${endsAt(visit)} as "endsAt",
      g.free, g.kept
    from slots s cross join lateral (
      select count(*) as free, count(*) filter (where ${kept('q', asked.recoveryOf)}) as kept from slot_seats q
      where q.slot_id = s.id and ${hasRoom(visit, asked.recoveryOf)}) g
    where s.office_id = ${asked.officeId} and s.agenda = ${visit.agenda} and s.capacity > 0
      and s.starts_at > (select clock_timestamp()) and s.starts_at >= ${start(0)} and s.starts_at < ${start(7)}
    order by s.starts_at`.execute(db)
  return rows
}
