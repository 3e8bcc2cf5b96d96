import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { isDatabaseAway } from '../../src/crm/store/errors.ts'
import { type Places, type Reader, statement } from '../../src/crm/store/query.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

describe.each(['pglite', 'postgres'] as const)('store on %s', (engine) => {
  let store: Store
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ascolto-store-'))
    store = await openStore(
      engine === 'pglite' ? { dataDir: folder } : { databaseUrl: await postgres.createBareDatabase() },
    )
  })
  afterAll(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('both engines hand out the same JavaScript values', async () => {
    const { rows } = await sql`
      select 9007199254740991::bigint as big, count(*) as n, '2026-03-29'::date as day, '{a,b}'::text[] as list,
        '{"a":[1]}'::jsonb as json, '2026-03-29T10:00:00.5+02:00'::timestamptz as at, '12'::xid8 as xid
      from (values (1), (2)) v`.execute(store.db)
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        n: 2,
        day: '2026-03-29',
        list: ['a', 'b'],
        json: { a: [1] },
        at: '2026-03-29T08:00:00.500Z',
        xid: '12',
      },
    ])
  })

  test('a value that cannot be read fails its statement and nothing else', async () => {
    const beforeChrist = sql`select '0001-12-31 23:00:00+00 BC'::timestamptz as at where ${1} = 1`
    await expect(beforeChrist.execute(store.db)).rejects.toThrow('Invalid time value')
    expect((await sql`select 1 as one where ${1} = 1`.execute(store.db)).rows).toEqual([{ one: 1 }])
  })

  test('a statement of all day is there after it failed, begins a transaction and ends one, whole or not at all', async () => {
    const { db } = store
    const add = statement(
      ({ id }: Places<{ id: string }>) => sql<never>`insert into topics (id, body) values (${id}, '{}')`,
    )
    const added = async () =>
      (await db.selectFrom('topics').select('id').orderBy('id').execute()).map(({ id }) => id)
    const taken = { code: '23505' }
    await db.insertInto('topics').values({ id: 'a', body: '{}' }).execute()
    await expect(add.run(db, { id: 'a' })).rejects.toMatchObject(taken)
    await add.run(db, { id: 'b' })

    await db.transaction().execute(async () => {})
    const inOne = (...ids: string[]) =>
      db.transaction().execute(async (trx) => {
        for (const id of ids.slice(0, -1)) await add.run(trx, { id })
        await add.runLast(trx, { id: ids.at(-1) ?? '' })
      })
    await expect(inOne('a', 'c')).rejects.toMatchObject(taken)
    await expect(inOne('c', 'a')).rejects.toMatchObject(taken)
    await expect(inOne('a')).rejects.toMatchObject(taken)
    expect(await added()).toEqual(['a', 'b'])
    await inOne('c', 'd')
    await inOne('e')
    expect(await added()).toEqual(['a', 'b', 'c', 'd', 'e'])
    const further = db.transaction().execute(async (trx) => {
      await add.run(trx, { id: 'f' })
      throw new Error('given up')
    })
    await expect(further).rejects.toThrow('given up')
    expect(await added()).toEqual(['a', 'b', 'c', 'd', 'e'])
    await sql`delete from topics`.execute(db)
  })

  if (engine === 'postgres')
    test('a connection that is lost within a transaction fails that and nothing else', async () => {
      const errorOf = (work: Promise<unknown>) =>
        work.then(
          () => null,
          (error: unknown) => error,
        )
      const end = (pid: number) => sql`select pg_terminate_backend(${pid})`.execute(store.db)
      const pidOf = async (db: Reader) =>
        (await sql<{ pid: number }>`select pg_backend_pid() as pid where ${1} = 1`.execute(db)).rows[0]
          ?.pid ?? 0
      const gone = async (pid: number) =>
        (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(store.db)).rows.length === 0
      const between = store.db.transaction().execute(async (trx) => {
        const pid = await pidOf(trx)
        await end(pid)
        await expect.poll(() => gone(pid)).toBe(true)
        await pidOf(trx)
      })
      expect(isDatabaseAway(await errorOf(between))).toBe(true)
      const during = store.db.transaction().execute(async (trx) => {
        const pid = await pidOf(trx)
        const asleep = sql`select pg_sleep(60) where ${1} = 1`.execute(trx)
        await Promise.all([asleep, end(pid)])
      })
      expect(isDatabaseAway(await errorOf(during))).toBe(true)
      expect(await pidOf(store.db)).toBeGreaterThan(0)
    })

  if (engine === 'postgres')
    test('a statement of all day outlives a migration of what it reads', async () => {
      const one = await openStore({ databaseUrl: await postgres.createBareDatabase(), poolSize: 1 })
      try {
        await sql`create table measured (x int)`.execute(one.db)
        await sql`insert into measured values (1)`.execute(one.db)
        const read = statement(() => sql<{ x: unknown }>`select x from measured`)
        expect(await read.run(one.db, {})).toEqual([{ x: 1 }])
        await sql`alter table measured alter column x type text`.execute(one.db)
        await read.run(one.db, {}).catch(() => {})
        expect(await read.run(one.db, {})).toEqual([{ x: '1' }])
      } finally {
        await one.close()
      }
    })

  if (engine === 'postgres')
    test('nothing comes after the last statement of a transaction, where it would be in none', async () => {
      const last = statement(() => sql`select 1`)
      const work = store.db.transaction().execute(async (trx) => {
        await last.runLast(trx, {})
        await last.run(trx, {})
      })
      await expect(work).rejects.toThrow('has ended')
      expect(await last.run(store.db, {})).toHaveLength(1)
    })

  test('names are found without accents, case and apostrophes', async () => {
    const { rows } = await sql<{
      key: string
    }>`select search_key('D''Agostino-Müller  NICOLÒ') as key`.execute(store.db)
    expect(rows).toEqual([{ key: 'd agostino muller nicolo' }])
  })

  test('seats follow capacity, and a confirmed appointment without a seat cannot be stored', async () => {
    const slotId = newId()
    const { db } = store
    await db.insertInto('offices').values({ id: 'larga', body: '{}' }).execute()
    await db.insertInto('services').values({ id: 'identity-card', body: '{}' }).execute()
    const startsAt = '2026-12-01T09:00:00.000Z'
    await db
      .insertInto('slots')
      .values({
        id: slotId,
        office_id: 'larga',
        agenda: 'cie',
        starts_at: startsAt,
        duration_minutes: 15,
        capacity: 2,
      })
      .execute()
    const seats = () =>
      db.selectFrom('slot_seats').select('seat').where('slot_id', '=', slotId).orderBy('seat').execute()
    expect(await seats()).toEqual([{ seat: 1 }, { seat: 2 }])

    const appointment = {
      id: newId(),
      code: 'A1-BCD',
      slot_id: slotId,
      service_ids: ['identity-card'],
      office_id: 'larga',
      starts_at: startsAt,
      ends_at: '2026-12-01T09:15:00.000Z',
      counter: 2,
      citizen_id: null,
      contact_id: null,
      state: 'confirmed' as const,
    }
    await expect(db.insertInto('appointments').values(appointment).execute()).rejects.toMatchObject({
      code: '23514',
    })
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('appointments').values(appointment).execute()
      await trx
        .updateTable('slot_seats')
        .set({ appointment_id: appointment.id })
        .where('slot_id', '=', slotId)
        .where('seat', '=', 2)
        .execute()
    })
    // Whoever sits on a counter that shuts keeps the seat, and nobody gets it after them.
    await db.updateTable('slots').set({ capacity: 0 }).where('id', '=', slotId).execute()
    expect(await seats()).toEqual([{ seat: 2 }])
    await db.updateTable('slots').set({ capacity: 3 }).where('id', '=', slotId).execute()
    expect(await seats()).toEqual([{ seat: 1 }, { seat: 2 }, { seat: 3 }])
  })

  test('the journal of reads can only grow', async () => {
    const { db } = store
    const userId = newId()
    await db
      .insertInto('users')
      .values({
        id: userId,
        login: 'reader',
        name: 'Anna Riva',
        given_name: 'Anna',
        roles: ['operator'],
        teams: ['first-level'],
        extension: '999',
        password_hash: '-',
      })
      .execute()
    await db
      .insertInto('reads')
      .values({
        citizen_id: newId(),
        user_id: userId,
        at: '2026-12-01T09:00:00Z',
        reason_kind: 'search',
        reason_id: null,
        source: 'crm',
      })
      .execute()
    for (const breach of [
      sql`update reads set source = 'cache'`,
      sql`delete from reads`,
      sql`truncate reads`,
    ]) {
      await expect(breach.execute(db)).rejects.toMatchObject({ code: '23001' })
    }
    expect(await db.selectFrom('reads').select('source').execute()).toEqual([{ source: 'crm' }])
  })

  test('a listener hears of what is committed, and only then', async () => {
    let heard = 0
    let wake = () => {}
    const stop = await store.listen('test_channel', () => {
      heard += 1
      wake()
    })
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    await store.db.transaction().execute(async (trx) => {
      await sql`select pg_notify('test_channel', '')`.execute(trx)
      await sql`select pg_sleep(0.05)`.execute(trx)
      expect(heard).toBe(0)
    })
    await woken
    expect(heard).toBe(1)
    await stop()
  })
})
