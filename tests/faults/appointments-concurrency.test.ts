import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Appointment } from '#contract/domain/appointment.ts'
import { newId } from '#contract/domain/ids.ts'
import type { Store } from '../../src/crm/store/engine.ts'
import { openPostgres } from '../../src/crm/store/postgres.ts'
import { addOffice, addService, addSlots, letHoldExpire, type TestSlot } from '../support/agenda.ts'
import { type CrmApi, type CrmProcess, crmApi, startCrmProcess } from '../support/crm.ts'
import { inDays } from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const operators = 1000
const slotCount = 50
const counters = 3
const password = 'ascolto-prova'
const office = 'concurrency-office'
const short = ['quick-desk']
const long = ['quick-desk', 'quick-desk-more']

let postgres: TestPostgres
let store: Store
let databaseUrl: string
let folder: string
let processes: CrmProcess[]
const apis: CrmApi[] = []
let slots: TestSlot[]
let logged = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-concurrency-'))
  postgres = await startPostgres()
  databaseUrl = await postgres.createDatabase()
  const start = () =>
    startCrmProcess({
      dataDir: folder,
      databaseUrl,
      log: (text) => {
        logged += text
      },
    })
  // The first fills the empty database.
  processes = [await start(), ...(await Promise.all([start(), start()]))]
  for (const { url } of processes) {
    const { accessToken } = await signIn(url, 'elena', password)
    apis.push(crmApi(url, `Bearer ${accessToken}`))
  }
  store = await openPostgres({ databaseUrl })
  for (const id of long) await addService(store.db, id, 15, { agenda: 'quick', channels: ['phone'] })
  await addOffice(store.db, office)
  slots = await addSlots(store.db, { from: inDays(30), count: slotCount, counters, office, agenda: 'quick' })
}, 180_000)

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()))
  await store.close()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const faultOf = (error: unknown): string => {
  const data = (error as { data?: { code?: string } }).data
  return data?.code ?? 'no answer'
}

/** As a desk does: what a busy CRM did not take is sent again, with the same id. */
async function ask<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const status = (error as { status?: number }).status
      if ((status !== 503 && status !== 429 && status !== undefined) || attempt === 60) throw error
      await setTimeout(100)
    }
  }
}

type Course = 'once' | 'twice' | 'late' | 'released' | 'moved' | 'cancelled'
const courses: Course[] = ['once', 'once', 'twice', 'late', 'released', 'moved', 'cancelled']

type Ending = { id: string; course: Course; answers: Appointment[]; refusals: string[] }

const api = (index: number): CrmApi => {
  const one = apis[index % apis.length]
  if (!one) throw new Error('no API process')
  return one
}

/** One operator: holds, then confirms at another process than the one that held; some double, some too late, some not at all. */
async function operate(index: number): Promise<Ending> {
  const course = courses[index % courses.length] ?? 'once'
  const slot = slots[(index * 9) % (slotCount - 1)]
  const other = slots[(index * 11 + 3) % (slotCount - 1)]
  if (!slot || !other) throw new Error('no slot')
  const serviceIds = index % 3 === 0 ? long : short
  const [id, holdId] = [newId(), newId()]
  const ending: Ending = { id, course, answers: [], refusals: [] }
  const said = async (work: () => Promise<Appointment>) => {
    await ask(work).then(
      (answer) => ending.answers.push(answer),
      (error) => ending.refusals.push(faultOf(error)),
    )
  }
  const place = { serviceIds, officeId: office, startsAt: slot.startsAt }
  const held = await ask(() => api(index).appointments.hold({ id: holdId, ...place })).then(
    () => true,
    (error) => {
      ending.refusals.push(faultOf(error))
      return false
    },
  )
  if (!held) return ending
  const book = (process: number) => () =>
    api(process).appointments.book({ id, ...place, holdId, channel: 'phone' as const, notify: ['sms'] })
  if (course === 'released') {
    await ask(() => api(index + 1).appointments.releaseHold({ id: holdId }))
    return ending
  }
  if (course === 'late') await letHoldExpire(store.db, holdId)
  if (course === 'twice')
    await Promise.all([said(book(index + 1)), said(book(index + 2)), said(book(index + 1))])
  else await said(book(index + 1))
  if (course === 'moved') {
    await said(() =>
      api(index + 2).appointments.reschedule({ id, officeId: office, startsAt: other.startsAt }),
    )
  }
  if (course === 'cancelled') await said(() => api(index + 2).appointments.cancel({ id, by: 'citizen' }))
  return ending
}

test(`${operators} operators hold and confirm on ${slotCount} slots through three processes at once`, async () => {
  const begun = performance.now()
  const endings = await Promise.all(Array.from({ length: operators }, (_, index) => operate(index)))
  const seconds = (performance.now() - begun) / 1000

  const { rows: seats } = await sql<{ startsAt: string; capacity: number; taken: number; held: number }>`
      select s.starts_at as "startsAt", s.capacity, count(q.appointment_id) as taken,
        count(*) filter (where q.held_until > clock_timestamp()) as held
      from slots s join slot_seats q on q.slot_id = s.id where s.office_id = ${office}
      group by s.id order by s.starts_at`.execute(store.db)
  for (const { startsAt, capacity, taken } of seats) expect(taken, startsAt).toBeLessThanOrEqual(capacity)
  // Every hold was confirmed, let go, or is over: no seat is kept for nobody.
  expect(seats.filter(({ held }) => held > 0)).toEqual([])

  const { rows: there } = await sql<{
    id: string
    state: string
    seats: number
    steps: number
    hold: string | null
  }>`
      select a.id, a.state, a.hold_id as hold, extract(epoch from a.ends_at - a.starts_at)::integer / 900 as steps,
        (select count(*) from slot_seats q where q.appointment_id = a.id) as seats
      from appointments a where a.office_id = ${office}`.execute(store.db)
  const byId = new Map(there.map((row) => [row.id, row]))
  const of = (course: Course) => endings.filter((one) => one.course === course)
  const promised = endings.filter(({ answers }) => answers.length > 0)
  for (const { id, course, answers } of promised) {
    const row = byId.get(id)
    expect([course, row?.state]).toEqual([
      course,
      course === 'cancelled' && answers.length === 2 ? 'cancelled-by-citizen' : 'confirmed',
    ])
    if (row?.state === 'confirmed') expect(row.seats).toBe(row.steps)
  }
  expect(there.map(({ id }) => id).toSorted()).toEqual(promised.map(({ id }) => id).toSorted())
  for (const { answers } of of('twice')) expect(new Set(answers.map((one) => one.code)).size).toBeLessThan(2)
  for (const { id, answers } of of('late')) {
    if (answers.length > 0) expect(byId.get(id)?.hold).toBeNull()
  }
  const refusals = Map.groupBy(
    endings.flatMap((one) => one.refusals),
    (code) => code,
  )
  expect([...refusals.keys()].filter((code) => code !== 'slot-taken')).toEqual([])

  // A seat that is free now can be had now: what expired or was cancelled has left nothing behind.
  const free = seats.reduce((sum, { capacity, taken }) => sum + capacity - taken, 0)
  const rest = await Promise.allSettled(
    seats.flatMap(({ startsAt, capacity, taken }) =>
      Array.from({ length: capacity - taken + 1 }, (_, index) =>
        ask(() =>
          api(index).appointments.book({
            ...{ id: newId(), serviceIds: short, officeId: office, startsAt, channel: 'phone' as const },
          }),
        ),
      ),
    ),
  )
  expect(rest.filter(({ status }) => status === 'fulfilled')).toHaveLength(free)

  // Backends report what they counted when they end, at the latest.
  await Promise.all(processes.map((one) => one.stop()))
  const { rows } = await sql<{ deadlocks: number }>`
      select deadlocks from pg_stat_database where datname = current_database()`.execute(store.db)
  process.stdout.write(
    `${operators} operators, ${slotCount} slots of ${counters}: ${seconds.toFixed(1)} s, ${there.length} booked, ` +
      `${refusals.get('slot-taken')?.length ?? 0} told that it is taken, deadlocks ${rows[0]?.deadlocks}\n`,
  )
  expect(rows).toEqual([{ deadlocks: 0 }])
  expect(logged).not.toMatch(/failed unexpectedly|command failed/)
}, 180_000)
