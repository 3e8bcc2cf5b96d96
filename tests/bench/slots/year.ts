import { sql } from 'kysely'
import { seedCity } from '../../../src/crm/seed/seed.ts'
import { openStore, type Store } from '../../../src/crm/store/store.ts'

/** Nine weeks: the weekday stays, and it is longer than the city's agenda reaches. */
const shiftDays = 63
const shifts = 6

export type Booked = { slots: number; seats: number; appointments: number; freeAhead: number }

/**
 * The synthetic city with a year of bookings behind it, six times what its agenda has ahead, nine of ten seats of it attended, and with more
 * booked ahead: nearly all of the next weeks.
 */
export async function makeYear(databaseUrl: string): Promise<Booked> {
  const store = await openStore({ databaseUrl })
  try {
    await seedCity(store, { citizens: 5_000 })
    await fillAhead(store)
    for (let nth = 1; nth <= shifts; nth++) await copyBack(store, nth)
    await sql`vacuum analyze`.execute(store.db)
    const { rows } = await sql<Booked>`
      select (select count(*) from slots) as slots, (select count(*) from slot_seats) as seats,
        (select count(*) from appointments) as appointments,
        (select count(*) from slot_seats where starts_at > now() and appointment_id is null) as "freeAhead"`.execute(
      store.db,
    )
    const [booked] = rows
    if (!booked) throw new Error('nothing was counted')
    return booked
  } finally {
    await store.close()
  }
}

/** One slot long, each on a free seat that passes the draw. Without the checks row by row, which take minutes; each row is what they ask for. */
async function bookFree({ db }: Store, drawn: string): Promise<void> {
  await sql`analyze slots, slot_seats, appointments`.execute(db)
  await db.transaction().execute(async (trx) => {
    await sql`set local session_replication_role = replica`.execute(trx)
    await booking(drawn).execute(trx)
  })
}

const booking = (drawn: string) => sql`
  with taken as (
    select q.slot_id, q.seat, q.office_id, q.starts_at, s.duration_minutes, gen_random_uuid() as visit,
      (select d.id from services d where d.body->>'agenda' = q.agenda order by d.id limit 1) as service
    from slot_seats q join slots s on s.id = q.slot_id
    where q.appointment_id is null and ${sql.raw(drawn)}
  ), made as (
    insert into appointments (id, code, slot_id, service_ids, office_id, starts_at, ends_at, counter, state)
    select visit, upper(substr(visit::text, 25)), slot_id, array[service], office_id, starts_at,
      starts_at + make_interval(mins => duration_minutes), seat,
      case when starts_at < now() then 'attended' else 'confirmed' end
    from taken returning id
  )
  update slot_seats q set appointment_id = t.visit from taken t
    where q.slot_id = t.slot_id and q.seat = t.seat and t.visit in (select id from made)`

/** Of the next three weeks one seat in a hundred is left, of the rest three in five. */
const fillAhead = (store: Store): Promise<void> =>
  bookFree(
    store,
    `q.starts_at > now() and random() < case when q.starts_at < now() + interval '21 days' then 0.99 else 0.4 end`,
  )

async function copyBack(store: Store, nth: number): Promise<void> {
  await sql`
    insert into slots (id, office_id, agenda, starts_at, duration_minutes, capacity)
    select gen_random_uuid(), office_id, agenda, starts_at - make_interval(days => ${nth * shiftDays}), duration_minutes, capacity
    from slots where starts_at > now()
    on conflict do nothing`.execute(store.db)
  await bookFree(store, `q.starts_at < now() - interval '${(nth - 1) * shiftDays} days' and random() < 0.9`)
}
