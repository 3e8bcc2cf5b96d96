import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { readAppointments } from '../../src/crm/appointments/rows.ts'
import { callerContext } from '../../src/crm/citizens/queries.ts'
import { readCitizens } from '../../src/crm/citizens/rows.ts'
import { readContacts } from '../../src/crm/contacts/rows.ts'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { readTickets } from '../../src/crm/tickets/rows.ts'
import { startPostgres } from '../support/postgres.ts'
import { openSeededStore } from '../support/store-templates.ts'

const byId = <Row extends { id: string }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))

test.each(['pglite', 'postgres'] as const)(
  'what is said of a caller at once is what is said of their rows alone, and each is journaled, on %s',
  async (engine) => {
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-context-'))
    const postgres = engine === 'postgres' ? await startPostgres() : null
    const store = postgres
      ? await openStore({ databaseUrl: await postgres.createDatabase() })
      : await openSeededStore(folder)
    try {
      const { db } = store
      if (postgres) await seedCity(store, { citizens: 60 })
      const { rows } = await sql<{
        number: string
      }>`select distinct number from citizen_phones order by number limit 30`.execute(db)
      const { id: userId } = await db.selectFrom('users').select('id').limit(1).executeTakeFirstOrThrow()
      const told = { citizens: 0, contacts: 0, tickets: 0, appointments: 0 }
      for (const { number } of rows) {
        const contactId = newId()
        const context = await callerContext(db, { number, userId, contactId, now: new Date() })
        const these = (alias: string, rows: readonly { id: string }[]) =>
          sql`${sql.ref(`${alias}.id`)} = any(${rows.map(({ id }) => id)}::uuid[])`
        const { citizens, contacts, tickets, appointments } = context
        expect(byId(citizens)).toEqual(byId(await readCitizens(db, these('c', citizens))))
        expect(byId(contacts)).toEqual(byId(await readContacts(db, these('k', contacts))))
        expect(byId(tickets)).toEqual(byId(await readTickets(db, these('t', tickets))))
        expect(byId(appointments)).toEqual(byId(await readAppointments(db, these('a', appointments))))
        expect(contacts.map(({ startedAt }) => startedAt)).toEqual(
          contacts
            .map(({ startedAt }) => startedAt)
            .toSorted()
            .toReversed(),
        )
        const reads = await db
          .selectFrom('reads')
          .select(['citizen_id', 'user_id', 'source', 'reason_kind'])
          .where('reason_id', '=', contactId)
          .execute()
        expect(reads.map(({ citizen_id }) => citizen_id).sort()).toEqual(citizens.map(({ id }) => id).sort())
        for (const read of reads)
          expect(read).toMatchObject({ user_id: userId, source: 'crm', reason_kind: 'call' })
        for (const what of Object.keys(told) as (keyof typeof told)[]) told[what] += context[what].length
      }
      for (const count of Object.values(told)) expect(count).toBeGreaterThan(5)
    } finally {
      await store.close()
      await postgres?.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
