import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entitySchemas } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import { readAppointments } from '../../src/crm/appointments/rows.ts'
import type { Store } from '../../src/crm/store/engine.ts'
import { migrations } from '../../src/crm/store/migrations/migrations.ts'
import { openPostgres } from '../../src/crm/store/postgres.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { openBarePglite } from '../support/store-templates.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** The schema as it was before a visit had several services. */
async function migrateTo0040(store: Store): Promise<void> {
  const old = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0050'))
  const migrator = new Migrator({ db: store.db, provider: { getMigrations: async () => old } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

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
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-migration-'))
    const databaseUrl = engine === 'postgres' ? await postgres.createDatabase() : ''
    try {
      const old =
        engine === 'postgres'
          ? await openPostgres({ databaseUrl })
          : await openBarePglite(join(folder, 'pglite'))
      await migrateTo0040(old)
      await fill(old)
      const { rows: before } = await sql<{ id: string; code: string; state: string; seat: number | null }>`
      select a.id, a.code, a.state, q.seat from appointments a left join slot_seats q on q.appointment_id = a.id
      order by a.id`.execute(old.db)
      await old.close()

      const store = await openStore(engine === 'postgres' ? { databaseUrl } : { dataDir: folder })
      try {
        const { db } = store
        const after = await readAppointments(db, sql`true`, sql`order by a.id`)
        expect(after.map(({ id, code, state, counter }) => ({ id, code, state, seat: counter }))).toEqual(
          before,
        )
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
      } finally {
        await store.close()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
