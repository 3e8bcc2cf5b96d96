import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { newId } from '#contract/domain/ids.ts'
import { isFree } from '../appointments/seats.ts'
import type { Trx } from '../store/store.ts'
import { cityDay, dayStart, slotDays } from '../sync/scope.ts'
import { fingerprint, lockHours, readHours } from './hours.ts'
import { type Hours, type PlannedSlot, planDay } from './plan.ts'

/** Slots exist this many days ahead, today included. */
export const horizonDays = 62

export type Days = { first: Temporal.PlainDate; count: number }

export const daysFrom = (now: Date, zone: string, count: number = horizonDays): Days => ({
  first: Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate(),
  count,
})

type Planned = { day: string; madeOf: string; slots: PlannedSlot[] }

const planDays = (hours: Hours, { first, count }: Days): Planned[] =>
  Array.from({ length: count }, (_, offset) => {
    const day = first.add({ days: offset })
    const slots = planDay(hours, day)
    return { day: day.toString(), madeOf: fingerprint(slots), slots }
  })

/**
 * Makes the slots of an office what its hours say, from now to the horizon, on the days that were made from other hours; gives how
 * many slots changed. Only free seats come and go. A seat that somebody has stays, numbered beyond its slot's capacity.
 * Locks as everything does: the slots by time, then their seats, and no seat that another transaction is taking.
 */
export async function makeSlots(trx: Trx, officeId: string, now: Date): Promise<number> {
  await lockHours(trx, officeId)
  const hours = await readHours(trx, officeId, now)
  const days = daysFrom(now, hours.zone)
  const planned = planDays(hours, days)
  const made = await trx
    .selectFrom('agenda_days')
    .select(['day', 'made_of'])
    .where('office_id', '=', officeId)
    .execute()
  const known = new Map(made.map((row) => [row.day, row.made_of]))
  const stale = planned.filter(({ day, madeOf }) => known.get(day) !== madeOf)
  if (stale.length === 0) return 0

  const there = await lockSlots(trx, officeId, hours.zone, stale, now)
  const { added, changed, shut, inTheWay } = compare(
    there,
    stale.flatMap(({ slots }) => slots.filter((slot) => slot.startsAt > now.getTime())),
  )
  await setCapacities(trx, [...changed, ...shut.map(({ id }) => ({ id, capacity: 0 }))])
  const forgotten = await forgetEmpty(
    trx,
    shut.map(({ id }) => id),
  )
  // One of another length gives way where nobody ever had it; else no slot begins at that moment of that day.
  added.push(...inTheWay.flatMap(({ old, slot }) => (forgotten.has(old) ? [slot] : [])))
  await insertSlots(trx, officeId, added)
  await keepSeats(trx, officeId, stale)
  const touched = [...added, ...changed, ...shut].map(({ id }) => id)
  await noteSlots(
    trx,
    [...added, ...changed, ...shut.filter(({ id }) => !forgotten.has(id))].map(({ id }) => id),
    now,
  )
  await noteGone(trx, [...forgotten])
  await sql`
    insert into agenda_days (office_id, day, made_of)
    select ${officeId}, x.day, x."madeOf" from jsonb_to_recordset(${JSON.stringify(
      stale.map(({ day, madeOf }) => ({ day, madeOf })),
    )}::jsonb) as x(day date, "madeOf" text)
    on conflict (office_id, day) do update set made_of = excluded.made_of`.execute(trx)
  await sql`delete from agenda_days where office_id = ${officeId} and day < ${days.first.toString()}::date`.execute(
    trx,
  )
  return touched.length
}

type There = {
  id: string
  agenda: string
  startsAt: number
  stepMinutes: number
  capacity: number
  /** Open ones that are there. */
  seats: number
}

async function lockSlots(
  trx: Trx,
  officeId: string,
  zone: string,
  stale: readonly Planned[],
  now: Date,
): Promise<There[]> {
  const days = JSON.stringify(stale.map(({ day }) => day))
  const { rows } = await sql<Omit<There, 'startsAt'> & { startsAt: string }>`
    select s.id, s.agenda, s.starts_at as "startsAt", s.duration_minutes as "stepMinutes", s.capacity,
      (select count(*) from slot_seats q where q.slot_id = s.id and q.seat <= s.capacity) as seats
    from slots s join jsonb_array_elements_text(${days}::jsonb) d
      on s.starts_at >= d::timestamp at time zone ${zone}::text
      and s.starts_at < (d::timestamp + interval '1 day') at time zone ${zone}::text
    where s.office_id = ${officeId} and s.starts_at > ${now.toISOString()}
    order by s.starts_at, s.id for no key update of s`.execute(trx)
  return rows.map((row) => ({ ...row, startsAt: Date.parse(row.startsAt) }))
}

type Added = PlannedSlot & { id: string; capacity: number }

function compare(there: readonly There[], planned: readonly PlannedSlot[]) {
  const key = (slot: { agenda: string; startsAt: number }) => `${slot.agenda} ${slot.startsAt}`
  const open = new Map(there.map((slot) => [key(slot), slot]))
  const added: Added[] = []
  const changed: { id: string; capacity: number }[] = []
  const inTheWay: { old: string; slot: Added }[] = []
  for (const one of planned) {
    const capacity = one.counters + (one.kept?.counters ?? 0)
    const slot = { ...one, id: newId(), capacity }
    const old = open.get(key(slot))
    if (!old) added.push(slot)
    else if (old.stepMinutes !== slot.stepMinutes) inTheWay.push({ old: old.id, slot })
    else {
      open.delete(key(slot))
      if (old.capacity !== capacity || old.seats !== capacity) changed.push({ id: old.id, capacity })
    }
  }
  return { added, changed, shut: [...open.values()], inTheWay }
}

async function insertSlots(
  trx: Trx,
  officeId: string,
  slots: readonly Pick<Added, 'id' | 'agenda' | 'startsAt' | 'stepMinutes' | 'capacity'>[],
): Promise<void> {
  if (slots.length === 0) return
  const json = JSON.stringify(
    slots.map((slot) => [
      slot.id,
      slot.agenda,
      new Date(slot.startsAt).toISOString(),
      slot.stepMinutes,
      slot.capacity,
    ]),
  )
  await sql`
    insert into slots (id, office_id, agenda, starts_at, duration_minutes, capacity)
    select (x->>0)::uuid, ${officeId}, x->>1, (x->>2)::timestamptz, (x->>3)::integer, (x->>4)::integer
    from jsonb_array_elements(${json}::jsonb) x`.execute(trx)
}

/** Seats follow by trigger. Setting the capacity that is there already brings back seats that had been taken away. */
async function setCapacities(trx: Trx, slots: readonly { id: string; capacity: number }[]): Promise<void> {
  if (slots.length === 0) return
  await sql`
    update slots s set capacity = x.capacity, version = s.version + 1
    from jsonb_to_recordset(${JSON.stringify(slots)}::jsonb) as x(id uuid, capacity integer) where s.id = x.id`.execute(
    trx,
  )
}

/**
 * Gives the counters of a recovery to its lease, and takes back from a recovery what is a usual counter now. Then takes away free seats whose
 * counter somebody still has from the hours of before: a visit, a hold, or a desk on loan.
 */
async function keepSeats(trx: Trx, officeId: string, stale: readonly Planned[]): Promise<void> {
  const slots = stale.flatMap((day) => day.slots)
  const [first, last] = [slots.at(0), slots.at(-1)]
  if (!first || !last) return
  const kept = slots.flatMap(({ agenda, startsAt, counters, kept }) =>
    kept === null ? [] : [{ agenda, at: new Date(startsAt).toISOString(), counters, lease: kept.closureId }],
  )
  if (kept.length > 0) {
    await sql`
      update slot_seats q set lease_id = l.id, kept_until = l.kept_until
      from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as x(agenda text, at timestamptz, counters integer, lease uuid)
        join leases l on l.id = x.lease and l.kept_until > clock_timestamp()
      where q.office_id = ${officeId} and q.agenda = x.agenda and q.starts_at = x.at and q.seat > x.counters
        and q.lease_id is distinct from l.id and ${isFree('q')}`.execute(trx)
    await sql`
      update slot_seats q set lease_id = null, kept_until = null
      from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as x(agenda text, at timestamptz, counters integer, lease uuid)
      where q.office_id = ${officeId} and q.agenda = x.agenda and q.starts_at = x.at and q.seat <= x.counters
        and q.lease_id = x.lease and q.appointment_id is null and q.hold_id is null`.execute(trx)
  }
  const overlap = sql`t.starts_at > f.starts_at - interval '4 hours' and t.slot_id <> f.slot_id
    and t.starts_at < f.starts_at + make_interval(mins => s.duration_minutes)
    and t.starts_at + make_interval(mins => l.duration_minutes) > f.starts_at`
  // Booked ones have an index by place and time; of the others there are few.
  await sql`
    with kept as materialized (
      select t.slot_id, t.agenda, t.seat, t.starts_at from slot_seats t where t.office_id = ${officeId} and t.appointment_id is null
        and (t.held_until > clock_timestamp() or t.kept_until > clock_timestamp() and exists (
          select 1 from leases d where d.id = t.lease_id and d.kind = 'desk'))
    )
    delete from slot_seats q using (
      select f.slot_id, f.seat from slot_seats f join slots s on s.id = f.slot_id
      where f.office_id = ${officeId} and f.starts_at >= ${new Date(first.startsAt).toISOString()}
        and f.starts_at <= ${new Date(last.startsAt).toISOString()} and ${isFree('f')}
        and (exists (
          select 1 from slot_seats t join slots l on l.id = t.slot_id
          where t.office_id = f.office_id and t.agenda = f.agenda and t.seat = f.seat and t.appointment_id is not null and ${overlap})
        or exists (
          select 1 from kept t join slots l on l.id = t.slot_id where t.agenda = f.agenda and t.seat = f.seat and ${overlap}))
      for update of f skip locked
    ) busy
    where q.slot_id = busy.slot_id and q.seat = busy.seat`.execute(trx)
}

/** Desks hold the slots of the city's next days, of every office; of later ones they hear when those days come near. */
async function noteSlots(trx: Trx, ids: readonly string[], now: Date): Promise<void> {
  const until = dayStart(cityDay(now).add({ days: slotDays }))
  await sql`
    insert into change_log (entity, id, version)
    select 'slot', s.id::text, s.version from slots s where s.id = any(${ids}::uuid[]) and s.starts_at < ${until}`.execute(
    trx,
  )
}

/** Deletes those that nobody has, had or holds, and says which. */
async function forgetEmpty(trx: Trx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await sql<{ id: string }>`
    delete from slots s where s.id = any(${ids}::uuid[]) and s.capacity = 0
      and not exists (select 1 from slot_seats q where q.slot_id = s.id)
      and not exists (select 1 from appointments a where a.slot_id = s.id)
    returning s.id`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

/** A desk that holds such a slot forgets it. */
async function noteGone(trx: Trx, ids: readonly string[]): Promise<void> {
  await sql`
    insert into change_log (entity, id, version) select 'slot', x, 0 from unnest(${ids}::text[]) x`.execute(
    trx,
  )
}
