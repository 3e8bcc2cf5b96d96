import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { belfioreConnector } from '@marketto/belfiore-connector-embedded'
import { CodiceFiscaleUtils } from '@marketto/codice-fiscale-utils'
import { sql } from 'kysely'
import parsePhoneNumber from 'libphonenumber-js/max'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '#contract/domain/agent.ts'
import { entitySchemas } from '#contract/domain/entities.ts'
import { likelyFrom } from '#contract/domain/likeness.ts'
import { E164 } from '#contract/domain/phone-number.ts'
import { extendHorizon } from '../../src/crm/agenda/jobs.ts'
import { toCompare } from '../../src/crm/citizens/search.ts'
import { activeUser } from '../../src/crm/identity/accounts.ts'
import { isEmpty } from '../../src/crm/seed/filled.ts'
import { loadPracticePeople } from '../../src/crm/seed/practice-people.ts'
import { type SeedProgress, seedCity } from '../../src/crm/seed/seed.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { feedOrder, rowsAfter } from '../../src/crm/sync/rows.ts'
import { citizenInScope, scopeOf } from '../../src/crm/sync/scope.ts'
import { openNewStore } from '../support/store-templates.ts'

const now = new Date('2026-11-24T10:30:00Z')
const citizens = 600

const opened: { store: Store; folder: string }[] = []
async function emptyStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-seed-'))
  const store = await openNewStore(folder)
  opened.push({ store, folder })
  return store
}

let store: Store
const progress: SeedProgress[] = []
beforeAll(async () => {
  store = await emptyStore()
  await seedCity(store, { citizens, now, onProgress: (step) => progress.push(step) })
})
afterAll(async () => {
  for (const { store, folder } of opened) {
    await store.close()
    await rm(folder, { recursive: true })
  }
})

/** All rows of a table as JSON text, in one order; password hashes, which are salted, left out. */
const dump = async (from: Store, table: string): Promise<string[]> => {
  const { rows } = await sql<{ row: string }>`
    select (to_jsonb(t) - 'password_hash')::text as row from ${sql.table(table)} t order by 1`.execute(
    from.db,
  )
  return rows.map(({ row }) => row)
}
const count = async (from: string, where: string): Promise<number> => {
  const { rows } = await sql<{
    n: number
  }>`select count(*) as n from ${sql.raw(from)} where ${sql.raw(where)}`.execute(store.db)
  return rows[0]?.n ?? -1
}

const elena = async (): Promise<User> => {
  const row = await store.db
    .selectFrom('users')
    .select('id')
    .where('login', '=', 'elena')
    .executeTakeFirstOrThrow()
  const user = await activeUser(store.db, row.id)
  if (!user) throw new Error('elena may not sign in')
  return user
}

describe('the seeded city', () => {
  it('has as many persons as asked for, and says how it goes on', async () => {
    expect(await count('citizens', 'true')).toBe(citizens)
    expect(progress.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['accounts', 'citizens', 'history', 'agenda']),
    )
    expect(progress.findLast(({ what }) => what === 'citizens')).toMatchObject({
      done: citizens,
      total: citizens,
    })
  })

  it('gives everybody a valid fiscal code, once, but for those who were entered twice', async () => {
    const people = await store.db
      .selectFrom('citizens')
      .select(['fiscal_code', 'birth_date'])
      .where('needs_duplicate_check', '=', false)
      .execute()
    const { validator, parser } = new CodiceFiscaleUtils(belfioreConnector)
    for (const { fiscal_code, birth_date } of people) {
      const code = fiscal_code ?? ''
      expect(await validator.codiceFiscale(code).valid, code).toBe(true)
      expect((await parser.cfToBirthDate(code))?.toISOString().slice(0, 10), code).toBe(birth_date)
    }
    expect(new Set(people.map(({ fiscal_code }) => fiscal_code)).size).toBe(citizens - 3)
  })

  it('has people who speak for others, who have several numbers, and who are somebody else too', async () => {
    const andrea = await store.db
      .selectFrom('citizens')
      .select('id')
      .where('given_name', '=', 'Andrea')
      .where('family_name', '=', 'Colombo')
      .executeTakeFirstOrThrow()
    const [row] = await rowsAfter(
      store.db,
      'citizen',
      scopeOf(await elena(), 'whole', now),
      null,
      20_000,
    ).then((rows) => rows.filter(({ id }) => id === andrea.id))
    expect(row).toMatchObject({
      delegations: [
        { name: 'Sofia Colombo', kind: 'parent' },
        { name: 'Teresa Colombo', kind: 'proxy' },
      ],
    })
    expect(await count('citizen_delegations', `kind = 'parent' and until > '2026-11-24'`)).toBeGreaterThan(20)
    expect(await count('citizen_phones', `kind = 'work'`)).toBeGreaterThan(10)
    const pairs = await toCompare(store.db, { limit: 20 })
    expect(pairs).toHaveLength(3)
    for (const { alike } of pairs) expect(alike[0]?.likeness.score).toBeGreaterThanOrEqual(likelyFrom)
  })

  it('gives numbers in E.164 that are of their kind, a landline to a household, a mobile to one person', async () => {
    const phones = await store.db
      .selectFrom('citizen_phones')
      .innerJoin('citizens', 'citizens.id', 'citizen_id')
      .select(['number', 'kind', 'citizen_id'])
      .where('needs_duplicate_check', '=', false)
      .execute()
    for (const { number, kind } of phones) {
      E164.parse(number)
      expect(parsePhoneNumber(number)?.getType(), number).toBe(kind === 'mobile' ? 'MOBILE' : 'FIXED_LINE')
    }
    const mobiles = phones.filter(({ kind }) => kind === 'mobile')
    expect(new Set(mobiles.map(({ number }) => number)).size).toBe(mobiles.length)
    const shared = Map.groupBy(
      phones.filter(({ kind }) => kind === 'landline'),
      ({ number }) => number,
    )
    expect([...shared.values()].filter((persons) => persons.length > 1).length).toBeGreaterThan(20)
    const stray = await sql`select number from citizen_phones p join citizens c on c.id = p.citizen_id
      group by number having count(distinct (c.street, c.municipality)) > 1`.execute(store.db)
    expect(stray.rows).toEqual([])
  })

  it('is rows of the contract, for each entity', async () => {
    const everybody = scopeOf(await elena(), 'whole', now)
    for (const entity of feedOrder) {
      const rows = await rowsAfter(store.db, entity, everybody, null, 20_000)
      // One rulebook there is; what leaves the CRM is said by the one that is served.
      const fewest = entity === 'rulebook' ? 1 : entity === 'channel' ? 0 : 15
      expect(rows.length, entity).toBeGreaterThanOrEqual(fewest)
      for (const row of rows) entitySchemas[entity].parse(row)
    }
  })

  it('leaves a part of the citizens to the CRM alone, the one of the practice line among them', async () => {
    const desk = scopeOf(await elena(), 'working-set', now)
    const held = new Set((await rowsAfter(store.db, 'citizen', desk, null, 20_000)).map(({ id }) => id))
    expect(held.size).toBeGreaterThan(citizens * 0.3)
    expect(held.size).toBeLessThan(citizens * 0.8)
    for (const person of await loadPracticePeople()) {
      const row = await store.db
        .selectFrom('citizens')
        .select('id')
        .where('given_name', '=', person.givenName)
        .where('family_name', '=', person.familyName)
        .executeTakeFirstOrThrow()
      expect(held.has(row.id), person.key).toBe(person.scope === 'desk')
    }
  })

  it('tells who is in scope by looking at each, not by reading all that ever happened', async () => {
    const desk = scopeOf(await elena(), 'working-set', now)
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select c.id from citizens c where ${citizenInScope(desk)} order by c.id limit 100`.execute(
      store.db,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('SubPlan')
    expect(plan).not.toContain('hashed')
  })

  it('has requests in every state, numbered in the order they came, answered by law in thirty days', async () => {
    const { rows } = await sql<{ status: string }>`select distinct status from tickets`.execute(store.db)
    expect(rows).toHaveLength(6)
    expect(
      await count(
        'tickets a join tickets b on a.protocol_number < b.protocol_number and a.protocol_year = b.protocol_year',
        'a.received_at > b.received_at',
      ),
    ).toBe(0)
    expect(await count('tickets', `due_on < received_at::date + 29 or due_on > received_at::date + 36`)).toBe(
      0,
    )
    expect(
      await count(
        'ticket_protocols p',
        'last_number <> (select max(protocol_number) from tickets t where t.protocol_year = p.year)',
      ),
    ).toBe(0)
  })

  it('has history of ninety days, all of it over', async () => {
    expect(
      await count(
        'contacts',
        `started_at < '2026-08-26' or ended_at > '2026-11-24T10:30:00Z' or outcome is null`,
      ),
    ).toBe(0)
    expect(await count('contacts', 'true')).toBeGreaterThan(200)
    expect(await count('contacts', 'practice')).toBe(0)
  })

  it('has half-hours of sixty-two days, about half of the next twenty days taken, never more than there are seats', async () => {
    const { rows } = await sql<{ days: number; first: string; last: string; until: string }>`
      select count(distinct starts_at::date) as days, min(to_char(starts_at at time zone 'Europe/Rome', 'HH24:MI')) as first,
        max(to_char(starts_at at time zone 'Europe/Rome', 'HH24:MI')) as last, max(starts_at)::date as until
      from slots where starts_at >= '2026-11-24'`.execute(store.db)
    // Without Saturdays, Sundays, 7, 8, 25 and 26 December (a Saturday), 1 and 6 January.
    expect(rows[0]).toEqual({ days: 39, first: '08:30', last: '15:00', until: '2027-01-22' })
    const seats = `slot_seats s join slots l on l.id = s.slot_id`
    const near = `l.starts_at >= '2026-11-25' and l.starts_at < '2026-12-24'`
    const share =
      (await count(seats, `${near} and s.appointment_id is not null`)) / (await count(seats, near))
    expect(share).toBeGreaterThan(0.42)
    expect(share).toBeLessThan(0.58)
    expect(await count('slots', 'capacity not between 1 and 4')).toBe(0)
    // Closed: Sant'Ambrogio, the Immaculate, Saturdays and Sundays.
    expect(
      await count(
        'slots',
        `starts_at::date in ('2026-12-07', '2026-12-08') or extract(isodow from starts_at) > 5`,
      ),
    ).toBe(0)
    expect(
      await count(
        'appointments a',
        `not exists (select 1 from services s where s.id = a.service_ids[1] and s.body->>'agenda' = (select agenda from slots where id = a.slot_id))`,
      ),
    ).toBe(0)
  })

  it('is what the opening rules say: generating it again changes nothing', async () => {
    const before = await dump(store, 'slots')
    await extendHorizon(store.db, now)
    expect(await dump(store, 'slots')).toEqual(before)
    expect(await count('opening_rules', 'true')).toBeGreaterThan(40)
    expect(await count('closures', 'true')).toBe(1)
    // The example closure: a morning on which that office has nothing.
    const morning = `office_id = 'viale-ungheria-29' and starts_at::date = '2026-12-24'`
    expect(await count('slots', morning)).toBe(0)
  })

  it('puts a visit of an hour on two half-hours of one counter', async () => {
    const { rows } = await sql<{ seats: number; counters: number }>`
      select count(*) as seats, count(distinct q.seat) as counters from appointments a join slot_seats q on q.appointment_id = a.id
      where 'social-service-interview' = any(a.service_ids) and a.starts_at > '2026-11-25' group by a.id`.execute(
      store.db,
    )
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.every(({ seats, counters }) => seats === 2 && counters === 1)).toBe(true)
  })

  it('tells the stories of those who call on the practice line', async () => {
    const people = await loadPracticePeople()
    for (const person of people) {
      const rows = await store.db
        .selectFrom('citizens')
        .select('id')
        .where('given_name', '=', person.givenName)
        .where('family_name', '=', person.familyName)
        .execute()
      expect(rows, person.key).toHaveLength(1)
      const [citizen] = rows
      const of = `citizen_id = '${citizen?.id}'`
      const traces =
        (await count('contacts', of)) + (await count('tickets', of)) + (await count('appointments', of))
      if (person.scope === 'desk') expect(traces, person.key).toBeGreaterThan(0)
      else expect(traces, person.key).toBe(0)
    }
    const colombo = await sql<{
      given_name: string
    }>`select given_name from citizens c join citizen_phones p on p.citizen_id = c.id
      where p.number = '+390255510143' order by 1`.execute(store.db)
    expect(colombo.rows.map((row) => row.given_name)).toEqual(['Andrea', 'Sofia', 'Teresa'])
    expect(
      await count(
        'tickets t join citizens c on c.id = t.citizen_id',
        `c.given_name = 'Andrea' and c.family_name = 'Colombo' and t.topic_id = 'waste-tax' and t.status = 'in-progress'`,
      ),
    ).toBe(1)
    expect(
      await count(
        'appointments a join citizens c on c.id = a.citizen_id',
        `c.given_name = 'Sofia' and c.family_name = 'Colombo' and a.state = 'confirmed' and a.office_id = 'via-larga-12'`,
      ),
    ).toBe(1)
    expect(await count('citizen_phones', `number = '+390255510199'`)).toBe(0)
  })
})

describe('seeding', () => {
  let spare: Store
  const inOrderOfReference = [
    'slot_seats',
    'appointments',
    'agenda_days',
    'slots',
    'closures',
    'opening_rules',
    'tickets',
    'ticket_protocols',
    'contacts',
    'citizen_phones',
    'citizens',
    'articles',
    'services',
    'offices',
    'topics',
    'oidc_records',
    'users',
  ] as const
  const empty = async (): Promise<void> => {
    await spare.db.transaction().execute(async (trx) => {
      // The history of requests goes by retention alone.
      await sql`select set_config('ascolto.purge', 'on', true)`.execute(trx)
      for (const table of inOrderOfReference) await trx.deleteFrom(table).execute()
    })
  }
  beforeAll(async () => {
    spare = await emptyStore()
  })

  it('leaves nothing behind when it is broken off', async () => {
    const onProgress = ({ what }: SeedProgress) => {
      if (what === 'agenda') throw new Error('broken off')
    }
    await expect(seedCity(spare, { citizens: 40, now, onProgress })).rejects.toThrow('broken off')
    for (const table of inOrderOfReference) expect(await dump(spare, table), table).toEqual([])
    expect(await isEmpty(spare)).toBe(true)
  })

  it('gives the same city for the same seed', async () => {
    await seedCity(spare, { citizens, now })
    for (const table of inOrderOfReference) {
      expect(await dump(spare, table), table).toEqual(await dump(store, table))
    }
  })

  it('refuses a store that is not empty', async () => {
    expect(await isEmpty(spare)).toBe(false)
    await expect(seedCity(spare, { citizens: 20, now })).rejects.toThrow(/empty/)
  })

  it('gives another city for another seed', async () => {
    await empty()
    await seedCity(spare, { citizens, now, seed: 2 })
    expect(await dump(spare, 'citizens')).not.toEqual(await dump(store, 'citizens'))
  })
})
