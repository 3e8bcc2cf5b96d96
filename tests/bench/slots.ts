import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { identityPath } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'
import { nextFree, visitOf } from '../../src/crm/agenda/search.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { startCrmProcess } from '../support/crm.ts'
import { addPerson } from '../support/crm-city.ts'
import { startPostgres } from '../support/postgres.ts'
import { type Bench, judge, load, type Result, spread, table } from './lib/bench.ts'
import { pgbench } from './slots/pgbench.ts'
import { type Send, sender } from './slots/sender.ts'
import { makeYear } from './slots/year.ts'

const searches = 600
const operators = 50
const blocks = 4
/** Bookings of each operator in a block. */
const each = 40

type Wish = { officeId: string; serviceId: string; startsAt: string }

export const bench: Bench = {
  about:
    'the next free places with a year of bookings in place, and places held and confirmed by fifty operators at once beside pgbench',
  async run(say) {
    const postgres = await startPostgres()
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-bench-slots-'))
    try {
      const ours = await postgres.createDatabase()
      const booked = await makeYear(ours)
      say(
        `PostgreSQL without fsync; ${booked.slots} slots, ${booked.seats} seats, ${booked.appointments} appointments, ${booked.freeAhead} free seats ahead`,
      )
      const found = await searching(ours, folder)
      await layOutWishes(ours)
      const theirs = await postgres.createDatabase(ours)
      const rates = await taking(ours, theirs, folder, say)
      return told([...found, rates], say)
    } finally {
      await postgres.stop()
      await rm(folder, { recursive: true })
    }
  },
}

/** One after the other over HTTP, as a desk asks; the peer counts the bookings of each slot, as it is done without seats. */
async function searching(databaseUrl: string, folder: string): Promise<Result[]> {
  const crm = await startCrmProcess({ dataDir: folder, databaseUrl })
  const store = await openStore({ databaseUrl })
  try {
    const { api } = await addPerson({ url: crm.url, store })
    const services = (await store.db.selectFrom('services').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    )
    const times = { ours: [] as number[], counting: [] as number[], http: [] as number[] }
    let empty = 0
    for (let nth = -services.length; nth < searches; nth++) {
      const serviceId = services[(nth + services.length) % services.length] ?? ''
      const took = {
        ours: await timed(async () => {
          const { offers } = await api.agenda.nextFree({ serviceIds: [serviceId], limit: 20 })
          if (nth >= 0 && offers.length < 20) empty++
        }),
        counting: await timed(() => counting(store, serviceId)),
        http: await timed(async () => (await fetch(new URL(identityPath, crm.url))).text()),
      }
      if (nth >= 0) for (const side of ['ours', 'counting', 'http'] as const) times[side].push(took[side])
    }
    return [
      judge({
        name: `next 20 free places over all offices and 60 days${empty > 0 ? ` (${empty} answers had fewer)` : ''}`,
        unit: 'ms',
        ours: spread(times.ours),
        peers: { 'counting bookings, in SQL': spread(times.counting) },
        limit: spread(times.http),
        target: { p99: 20 },
      }),
    ]
  } finally {
    await store.close()
    await crm.stop()
  }
}

const counting = (store: Store, serviceId: string) =>
  sql`
    select s.id, s.starts_at, s.capacity - count(a.id) as free
    from slots s left join appointments a on a.office_id = s.office_id and a.starts_at < s.starts_at + make_interval(mins => s.duration_minutes)
      and a.ends_at > s.starts_at and a.slot_id = s.id and a.state in ('confirmed', 'proposed')
    where s.agenda = (select body->>'agenda' from services where id = ${serviceId})
      and s.starts_at > now() and s.starts_at < now() + interval '60 days'
    group by s.id having s.capacity > count(a.id) order by s.starts_at limit 20`.execute(store.db)

/** What operators will want, in any order: every place with room for one service of each agenda; the same list for both sides. */
async function layOutWishes(databaseUrl: string): Promise<void> {
  const store = await openStore({ databaseUrl })
  await sql`
    create table bench_wishes (n serial primary key, office_id text, service_id text, starts_at timestamptz)`.execute(
    store.db,
  )
  const { rows } = await sql<{ id: string }>`
    select distinct on (body->>'agenda') id from services order by body->>'agenda', id`.execute(store.db)
  for (const { id } of rows) {
    const offers = await nextFree(store.db, await visitOf(store.db, [id]), { limit: 1_000_000 })
    const wishes = offers.flatMap(({ officeId, startsAt, free }) => Array(free).fill({ officeId, startsAt }))
    await sql`
      insert into bench_wishes (office_id, service_id, starts_at)
      select w->>'officeId', ${id}, (w->>'startsAt')::timestamptz from jsonb_array_elements(${JSON.stringify(wishes)}::jsonb) w`.execute(
      store.db,
    )
  }
  await sql`update bench_wishes w set n = -m.n from (select n, row_number() over (order by random()) as m from bench_wishes) m (o, n) where m.o = w.n`.execute(
    store.db,
  )
  await sql`update bench_wishes set n = -n`.execute(store.db)
  await sql`create sequence bench_turn`.execute(store.db)
  await sql`analyze bench_wishes`.execute(store.db)
  await store.close()
}

/** Bookings a second, in blocks that take turns, each side on its own copy of one database and through the same wishes. */
async function taking(
  ours: string,
  theirs: string,
  folder: string,
  say: (text: string) => void,
): Promise<Result> {
  const stores = {
    ours: await openStore({ databaseUrl: ours }),
    theirs: await openStore({ databaseUrl: theirs }),
  }
  const crm = await startCrmProcess({ dataDir: folder, databaseUrl: ours })
  try {
    const { rows: wishes } = await sql<Wish>`
      select office_id as "officeId", service_id as "serviceId", starts_at as "startsAt" from bench_wishes order by n`.execute(
      stores.ours.db,
    )
    if (wishes.length < (blocks + 1) * operators * each)
      throw new Error(`only ${wishes.length} places are free`)
    const queue = wishes.values()
    const people: string[] = []
    while (people.length < operators) {
      people.push((await addPerson({ url: crm.url, store: stores.ours })).authorization)
    }
    const rates = { ours: [] as number[], pgbench: [] as number[] }
    for (let block = 0; block <= blocks; block++) {
      const a = await rateOf(stores.ours, () =>
        operate(
          people.map((authorization) => sender(crm.url, authorization)),
          queue,
        ),
      )
      const b = await rateOf(stores.theirs, () => pgbench(theirs, operators, each))
      say(
        `block ${block} of ${blocks}: ${a.toFixed(0)} and ${b.toFixed(0)} bookings a second, load average ${load()}`,
      )
      // The first block fills caches and pools.
      if (block === 0) continue
      rates.ours.push(a)
      rates.pgbench.push(b)
    }
    const apart = (some: number[]) => spread(some.map((rate) => 1000 / rate))
    const peer = apart(rates.pgbench)
    return judge({
      name: `hold and confirm, ${operators} operators at once: time from one booking to the next, by blocks`,
      unit: 'ms',
      ours: apart(rates.ours),
      peers: { 'pgbench, the same two statements': peer },
      limit: null,
      // Half of its rate.
      target: { p50: 2 * peer.p50 },
    })
  } finally {
    await crm.stop()
    await stores.ours.close()
    await stores.theirs.close()
  }
}

/** What was really booked, by the seconds that `work` says it took. */
async function rateOf(store: Store, work: () => Promise<number>): Promise<number> {
  const count = async () =>
    (await sql<{ n: number }>`select count(*) as n from appointments`.execute(store.db)).rows[0]?.n ?? 0
  const before = await count()
  const seconds = await work()
  return ((await count()) - before) / seconds
}

/** Each operator holds a place and confirms it, then the next, on connections of this block: an idle one is closed. Takes seconds. */
async function operate(senders: readonly Send[], wishes: Iterator<Wish>): Promise<number> {
  const took = await timed(() =>
    Promise.all(
      senders.map(async (send) => {
        for (let nth = 0; nth < each; nth++) {
          const { value: wish } = wishes.next()
          if (!wish) throw new Error('no place is left')
          const { serviceId, ...place } = wish
          const visit = { ...place, serviceIds: [serviceId] }
          const holdId = newId()
          if (await send('PUT', `holds/${holdId}`, visit)) {
            await send('POST', `appointments/${newId()}`, { ...visit, holdId, channel: 'phone' })
          }
        }
      }),
    ),
  )
  return took / 1000
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function told(results: Result[], say: (text: string) => void): Result[] {
  for (const { name, unit, ours, peers, limit } of results) {
    const row = (side: string, { p50, p95, p99, max, n }: Result['ours']) => [
      side,
      p50,
      p95,
      p99,
      max,
      String(n),
    ]
    say(`\n${name}, ${unit}`)
    say(
      table([
        ['', 'p50', 'p95', 'p99', 'max', 'n'],
        row('ours', ours),
        ...Object.entries(peers).map(([peer, its]) => row(peer, its)),
        ...(limit ? [row('limit: an empty answer over HTTP', limit)] : []),
      ]),
    )
  }
  return results
}
