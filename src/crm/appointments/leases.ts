import { sql } from 'kysely'
import { type Lease, type LentVisit, mostLentVisits } from '#contract/crm-booking.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import { Service } from '#contract/domain/reference.ts'
import { Fault } from '#contract/errors.ts'
import { readReference } from '../reference/rows.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { requireOwnDevice } from '../sync/devices.ts'

/** Hours that a desk may book from a lease, and hours more that the CRM keeps its seats until it has heard of what was booked. */
export type LeaseTerms = { bookHours: number; graceHours: number }

const daysAhead = 14
/** How far a desk's clock may lie behind the CRM's when it books at once. */
const clockSkew = '10 minutes'

export type LeaseWish = {
  id: Id
  deviceId: Id
  /** As the desk names itself beside its user; null when it does not. */
  deviceCredential: string | null
  userId: Id
  /** The sign-in that the user's token is of. */
  grant: string
  serviceId: string
  officeIds: readonly string[] | undefined
  count: number
}

/**
 * Lends visits that begin after the CRM has heard of every booking it may still honour, so that none comes to light when its time is over; spread
 * over offices and their days, none of a desk's beyond the most it may have. Takes only seats that it need not wait for, since it holds others meanwhile,
 * and only of slots whose hours nobody is changing: what closes in that moment would be kept for a desk that is not told of it.
 */
export async function lend(db: Db, wish: LeaseWish, terms: LeaseTerms): Promise<Lease> {
  await requireOwnDevice(db, wish.deviceId, wish)
  const [row] = await readReference(db, 'service', sql`d.id = ${wish.serviceId}`)
  if (!row) throw new Fault('invalid', 'input-invalid', { params: { field: 'serviceId' } })
  const { agenda } = Service.pick({ agenda: true }).parse(row)
  return inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${wish.deviceId} ${wish.serviceId}`}, 0))`.execute(
      trx,
    )
    const known = await trx
      .selectFrom('leases')
      .select(['device_id', 'service_id', 'kind'])
      .where('id', '=', wish.id)
      .executeTakeFirst()
    if (!known) await lendNew(trx, wish, agenda, terms)
    else if (known.device_id !== wish.deviceId || known.service_id !== wish.serviceId) {
      throw new Fault('not-found', 'record-not-found')
    }
    return readLease(trx, wish.id)
  })
}

/** Seats of one visit of service `d`. */
const stepsOf = (slot: string) =>
  sql`ceil((d.body->>'durationMinutes')::numeric / ${sql.ref(`${slot}.duration_minutes`)})::integer`

async function lendNew(trx: Trx, wish: LeaseWish, agenda: string, terms: LeaseTerms): Promise<void> {
  const { rows: made } = await sql<{ keptUntil: string; lent: number }>`
    with made as (
      insert into leases (id, kind, device_id, user_id, service_id, book_until, kept_until)
      select ${wish.id}, 'desk', ${wish.deviceId}, ${wish.userId}, ${wish.serviceId},
        m.now + make_interval(hours => ${terms.bookHours}),
        m.now + make_interval(hours => ${terms.bookHours + terms.graceHours})
      from (select clock_timestamp() as now) m
      returning kept_until
    )
    select kept_until as "keptUntil",
      (select coalesce(sum(n.seats / ${stepsOf('n')}), 0)::integer from (
        select s.duration_minutes, count(*) as seats
        from leases l join slot_seats q on q.lease_id = l.id join slots s on s.id = q.slot_id
        where l.device_id = ${wish.deviceId} and l.service_id = ${wish.serviceId} and q.kept_until > clock_timestamp()
          and q.appointment_id is null
        group by s.duration_minutes
      ) n join services d on d.id = ${wish.serviceId}) as lent
    from made`.execute(trx)
  const lease = made[0]
  if (!lease) throw new Error('a lease was not made')
  const offices = wish.officeIds === undefined ? sql`true` : sql`s.office_id = any(${wish.officeIds}::text[])`
  const { rows: places } = await sql<{ officeId: string; startsAt: string }>`
    select p.office_id as "officeId", p.starts_at as "startsAt" from (
      select s.office_id, s.starts_at,
        date_trunc('day', s.starts_at, o.body->>'zone') as day,
        row_number() over (partition by s.office_id, date_trunc('day', s.starts_at, o.body->>'zone') order by random()) as n
      from slots s join offices o on o.id = s.office_id
      where s.agenda = ${agenda} and s.starts_at > ${lease.keptUntil}
        and s.starts_at < ${lease.keptUntil}::timestamptz + make_interval(days => ${daysAhead}) and ${offices}
        and exists (select 1 from slot_seats q where q.slot_id = s.id and q.seat <= s.capacity and q.appointment_id is null
          and (q.held_until is null or q.held_until <= clock_timestamp())
          and (q.kept_until is null or q.kept_until <= clock_timestamp()))
    ) p order by p.n, p.day, random() limit ${wish.count * 4}`.execute(trx)
  let room = Math.min(wish.count, mostLentVisits - lease.lent)
  for (const { officeId, startsAt } of places) {
    if (room <= 0) return
    const { rows } = await sql`
      with v as materialized (
        select * from lock_visit(${officeId}, array[${wish.serviceId}]::text[], ${startsAt}, null, null, null, false, null, false)
      ), open as (
        select s.id, s.capacity from slots s, v where v.outcome = 'free' and s.id = any(v.run)
        for no key update of s skip locked
      )
      update slot_seats q set lease_id = ${wish.id}, kept_until = ${lease.keptUntil},
          hold_id = null, held_since = null, held_until = null
        from v where q.slot_id = any(v.run) and q.seat = v.counter_no
          and cardinality(v.run) = (select count(*) from open o where o.capacity >= v.counter_no)
      returning q.slot_id`.execute(trx)
    if (rows.length > 0) room -= 1
  }
}

type Seat = {
  slotId: Id
  officeId: string
  startsAt: string
  endsAt: string
  counter: number
  /** Seats of one visit. */
  steps: number
}

async function readLease(trx: Trx, id: Id): Promise<Lease> {
  const lease = await trx
    .selectFrom('leases')
    .select(['service_id as serviceId', 'book_until as bookUntil', 'kept_until as keptUntil'])
    .where('id', '=', id)
    .$narrowType<{ serviceId: string; bookUntil: string }>()
    .executeTakeFirstOrThrow()
  const { rows: seats } = await sql<Seat>`
    select q.slot_id as "slotId", q.office_id as "officeId", q.starts_at as "startsAt", q.seat as counter,
      q.starts_at + make_interval(mins => s.duration_minutes) as "endsAt",
      ${stepsOf('s')} as steps
    from slot_seats q join slots s on s.id = q.slot_id join services d on d.id = ${lease.serviceId}
    where q.lease_id = ${id} and q.appointment_id is null and q.kept_until > clock_timestamp() and q.seat <= s.capacity
    order by q.office_id, q.seat, q.starts_at`.execute(trx)
  return { id, ...lease, seats: visitsOf(seats) }
}

/** Seats in the order of counters and time, cut into visits. What is left of one that was booked in part is none. */
function visitsOf(seats: readonly Seat[]): LentVisit[] {
  const visits: LentVisit[] = []
  let run: Seat[] = []
  for (const seat of seats) {
    const last = run.at(-1)
    const goesOn =
      last?.officeId === seat.officeId && last.counter === seat.counter && last.endsAt === seat.startsAt
    run = goesOn ? [...run, seat] : [seat]
    const first = run[0]
    if (!first || run.length < seat.steps) continue
    visits.push({
      slotId: first.slotId,
      slotIds: run.map(({ slotId }) => slotId),
      officeId: seat.officeId,
      startsAt: first.startsAt,
      endsAt: seat.endsAt,
      counter: seat.counter,
    })
    run = []
  }
  return visits.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
}

/** What nobody booked is free again; what was booked stays so. Only whoever may name the desk that has it gives it back. */
export async function releaseLease(
  db: Db,
  id: Id,
  by: { userId: Id; grant: string; deviceCredential: string | null },
): Promise<void> {
  const lease = await db
    .selectFrom('leases')
    .select('device_id')
    .where('id', '=', id)
    .where('kind', '=', 'desk')
    .executeTakeFirst()
  if (!lease?.device_id) throw new Fault('not-found', 'record-not-found')
  await requireOwnDevice(db, lease.device_id, by)
  await inTransaction(db, async (trx) => {
    await sql`
      with mine as (
        select q.slot_id, q.seat from slot_seats q where q.lease_id = ${id} order by q.starts_at, q.slot_id, q.seat for update
      )
      update slot_seats q set lease_id = null, kept_until = null
        from mine m where q.slot_id = m.slot_id and q.seat = m.seat`.execute(trx)
    await sql`update leases set released_at = clock_timestamp()
      where id = ${id} and released_at is null`.execute(trx)
  })
}

/**
 * That the desk or the person whom the CRM lent to made this booking while they might. `at` is the desk's own word, so it counts only within what
 * the CRM knows: after the lease was lent, and before it was over. Throws `lease-expired`.
 */
export async function requireLease(
  trx: Trx,
  id: Id,
  by: { at: Instant; deviceId: Id; userId: Id },
): Promise<void> {
  const { rows } = await sql`
    select 1 from leases l where l.id = ${id} and l.kind = 'desk' and l.kept_until > clock_timestamp()
      and (l.device_id = ${by.deviceId} or l.user_id = ${by.userId})
      and ${by.at}::timestamptz between l.lent_at - ${clockSkew}::interval and l.book_until`.execute(trx)
  if (rows.length === 0) throw new Fault('conflict', 'lease-expired')
}
