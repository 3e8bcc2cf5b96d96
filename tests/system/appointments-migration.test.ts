import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entitySchemas } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import { readAppointments } from '../../src/crm/appointments/rows.ts'
import type { Store } from '../../src/crm/store/engine.ts'
import { migrateBefore, openBefore } from '../support/old-database.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const slots = 300
const states = ['confirmed', 'attended', 'no-show', 'cancelled-by-citizen', 'cancelled-by-office'] as const

/** Slots of half an hour with three seats; on the second and third sit visits of every state. */
async function fill({ db }: Store): Promise<void> {
  await sql`insert into offices (id, body) values ('via-larga-12', '{}')`.execute(db)
  await sql`insert into services (id, body) values ('identity-card', '{"agenda": "identity", "durationMinutes": 15}')`.execute(
    db,
  )
  await sql`
    insert into slots (id, office_id, agenda, starts_at, duration_minutes, capacity)
    select gen_random_uuid(), 'via-larga-12', 'identity', '2027-03-01T08:00:00Z'::timestamptz + g * interval '30 minutes', 30, 3
    from generate_series(1, ${slots}) g`.execute(db)
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into appointments (id, code, slot_id, service_id, office_id, starts_at, state)
      select gen_random_uuid(), 'C-' || row_number() over (order by s.starts_at, n), s.id, 'identity-card', s.office_id,
        s.starts_at, (${[...states]}::text[])[1 + (extract(epoch from s.starts_at)::bigint / 1800 + n) % 5]
      from slots s cross join generate_series(2, 3) n`.execute(trx)
    await sql`
      with seated as (
        select id, slot_id, 1 + row_number() over (partition by slot_id order by code) as seat
        from appointments where state not like 'cancelled%'
      )
      update slot_seats q set appointment_id = a.id from seated a where a.slot_id = q.slot_id and a.seat = q.seat`.execute(
      trx,
    )
  })
}

test.each(['pglite', 'postgres'] as const)(
  'a database with visits on their seats migrates whole on %s',
  async (engine) => {
    const { old, migrated } = await openBefore('0050', engine === 'postgres' ? postgres : null)
    // Before a visit had several services.
    await fill(old)
    const { rows: before } = await sql<{ id: string; code: string; state: string; seat: number | null }>`
      select a.id, a.code, a.state, q.seat from appointments a left join slot_seats q on q.appointment_id = a.id
      order by a.id`.execute(old.db)
    const store = await migrated()
    const { db } = store
    const after = await readAppointments(db, sql`true`, sql`order by a.id`)
    expect(after.map(({ id, code, state, counter }) => ({ id, code, state, seat: counter }))).toEqual(before)
    expect(after.filter(({ slotIds }) => slotIds.length > 0)).toHaveLength(
      before.filter(({ seat }) => seat !== null).length,
    )
    for (const row of after) {
      expect(entitySchemas.appointment.parse(row)).toMatchObject({
        serviceIds: ['identity-card'],
        sequence: 0,
      })
      expect(Date.parse(row.endsAt) - Date.parse(row.startsAt)).toBe(30 * 60_000)
    }
    const { rows: seats } = await sql<{ seats: number; wrong: number }>`
        select count(*) as seats, count(*) filter (where (q.office_id, q.agenda, q.starts_at)
          is distinct from (s.office_id, s.agenda, s.starts_at)) as wrong
        from slot_seats q join slots s on s.id = q.slot_id`.execute(db)
    expect(seats).toEqual([{ seats: slots * 3, wrong: 0 }])

    // The first seat of each is free still, and what was booked before cannot be booked again.
    const [first] = after
    if (!first) throw new Error('nothing there')
    const book = (id: string) => sql<{ outcome: string }>`
        select outcome from book_visit(${id}, array[${id}]::text[], array['identity-card'], 'via-larga-12', ${first.startsAt},
          null, null, 'phone', 'confirmed', null, null, null, null)`
    const outcomes: string[] = []
    for (let visits = 0; visits < 4; visits += 1) {
      const { rows } = await book(newId()).execute(db)
      outcomes.push(rows[0]?.outcome ?? '')
    }
    const seated = after.filter(({ slotIds }) => slotIds.includes(first.slotId)).length
    expect(outcomes.filter((outcome) => outcome === 'booked')).toHaveLength(3 - seated)
    expect(outcomes.at(-1)).toBe('taken')
  },
)

const at = (minutes: number) => new Date(Date.parse('2027-03-01T08:00:00Z') + minutes * 60_000).toISOString()
/** Slots of one agenda with two counters, in minutes: those of an old step, which stayed with their visits, under those of a new one. */
const mixed = [
  { from: 0, length: 30 },
  { from: 15, length: 15 },
  { from: 30, length: 15 },
  // Longer than what begins after it.
  { from: 60, length: 60 },
  { from: 75, length: 5 },
  { from: 110, length: 5 },
  { from: 120, length: 15 },
] as const
const crossed = [0, 15, 60, 75, 110]

type Awkward = { id: string; from: number; counter: number | null; state: string; recoveryOf?: string }
const lost = [newId(), newId(), newId()]
const [twice = '', once = '', given = ''] = lost
/** In the order in which they were made; each id is later than the one before. */
const awkward: Awkward[] = [
  ...lost.map((id) => ({ id, from: 0, counter: null, state: 'cancelled-by-office' })),
  // One counter, two visits at once.
  { id: newId(), from: 0, counter: 1, state: 'confirmed' },
  { id: newId(), from: 15, counter: 1, state: 'confirmed' },
  // Made up for by four: the first was given up, and of the others the first counts, whatever became of it.
  { id: newId(), from: 30, counter: null, state: 'cancelled-by-citizen', recoveryOf: twice },
  { id: newId(), from: 60, counter: 1, state: 'no-show', recoveryOf: twice },
  { id: newId(), from: 75, counter: 1, state: 'attended', recoveryOf: twice },
  { id: newId(), from: 110, counter: 2, state: 'confirmed', recoveryOf: twice },
  { id: newId(), from: 120, counter: 1, state: 'confirmed', recoveryOf: once },
  { id: newId(), from: 120, counter: null, state: 'lapsed', recoveryOf: given },
]

async function fillAwkward({ db }: Store): Promise<void> {
  await sql`insert into offices (id, body) values ('via-larga-12', '{"zone": "Europe/Rome"}')`.execute(db)
  await sql`insert into services (id, body) values ('identity-card', '{"agenda": "identity", "durationMinutes": 5}')`.execute(
    db,
  )
  await db.transaction().execute(async (trx) => {
    for (const { from, length } of mixed) {
      await sql`insert into slots (id, office_id, agenda, starts_at, duration_minutes, capacity)
        values (${newId()}, 'via-larga-12', 'identity', ${at(from)}, ${length}, 2)`.execute(trx)
    }
    for (const one of awkward) {
      await sql`
        insert into appointments (id, code, slot_id, service_ids, office_id, starts_at, ends_at, counter, state, recovery_of)
        select ${one.id}, ${one.id.slice(-12)}, s.id, array['identity-card'], s.office_id, s.starts_at,
          s.starts_at + make_interval(mins => s.duration_minutes), ${one.counter}, ${one.state}, ${one.recoveryOf ?? null}
        from slots s where s.starts_at = ${at(one.from)}`.execute(trx)
      if (one.counter === null) continue
      await sql`update slot_seats set appointment_id = ${one.id} where starts_at = ${at(one.from)} and seat = ${one.counter}`.execute(
        trx,
      )
    }
  })
}

test.each(['pglite', 'postgres'] as const)(
  'a database where counters served two at once, and cancellations were made up for twice, migrates whole on %s',
  async (engine) => {
    const { old, migrated } = await openBefore('0140', engine === 'postgres' ? postgres : null)
    await fillAwkward(old)
    await migrateBefore(old, '9999')
    // The further ones stay as bookings like any other, and desks hear of it.
    const further = [awkward[7]?.id, awkward[8]?.id]
    const { rows: told } = await sql<{ id: string; version: number }>`
        select id, version from change_log where entity = 'appointment' order by id`.execute(old.db)
    expect(told).toEqual(further.map((id) => ({ id, version: 2 })))
    const store = await migrated()
    const { db } = store
    const { rows: marked } = await sql<{ startsAt: string }>`
          select starts_at as "startsAt" from slots where crossed order by starts_at`.execute(db)
    expect(marked.map(({ startsAt }) => startsAt)).toEqual(crossed.map(at))

    const after = await readAppointments(db, sql`true`, sql`order by a.id`)
    expect(after.map(({ id, state, counter, recoveryOf }) => ({ id, state, counter, recoveryOf }))).toEqual(
      awkward.map(({ id, state, counter, recoveryOf = null }) => ({
        ...{ id, state, counter, recoveryOf: further.includes(id) ? null : recoveryOf },
      })),
    )
    expect(after.filter(({ version }) => version !== 1).map(({ id }) => id)).toEqual(further)

    const outcomeOf = async (work: ReturnType<typeof sql<{ outcome: string }>>) =>
      (await work.execute(db)).rows[0]?.outcome
    const book = (from: number, recoveryOf: string | null = null) => {
      const id = newId()
      return outcomeOf(sql`
            select outcome from book_visit(${id}, array[${id}]::text[], array['identity-card'], 'via-larga-12', ${at(from)},
              null, null, 'phone', 'confirmed', null, null, null, ${recoveryOf})`)
    }
    // Counter 1 is busy with what began before; counter 2 is not, once.
    expect([await book(15), await book(0)]).toEqual(['booked', 'taken'])
    expect([await book(30, twice), await book(30, once), await book(30, given)]).toEqual([
      ...['settled', 'settled', 'booked'],
    ])
    // Those who were promised the same counter keep it until one of them goes elsewhere.
    const [first, second] = [awkward[3]?.id, awkward[4]?.id]
    const move = sql<{ outcome: string }>`
          select outcome from move_visit(${second ?? ''}, 'via-larga-12', ${at(120)}, null, null)`
    expect(await outcomeOf(move)).toBe('moved')
    const [stayed] = await readAppointments(db, sql`a.id = ${first}`)
    expect(stayed).toMatchObject({ state: 'confirmed', counter: 1 })
  },
)
