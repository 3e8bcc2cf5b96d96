import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { startCrmProcess } from '../support/crm.ts'
import { startPostgres } from '../support/postgres.ts'
import { type BusyDesk, openDesks, read, write } from './api/desks.ts'
import { layOut, pgbench } from './api/pgbench.ts'
import { type Bench, judge, load, type Result, type Spread, spread, table } from './lib/bench.ts'

const citizens = 1_400_000
const desksInAll = 500
const connections = 50
const warmUpSeconds = 10
const spacedSeconds = 20
const blocks = 3
const blockSeconds = 6
/** As docs/running-a-crm.md advises for a city of a million on such a machine. */
const ofACity = { shared_buffers: '2GB', effective_cache_size: '12GB', max_wal_size: '8GB', jit: 'off' }

export const bench: Bench = {
  about: 'five hundred desks at their pace with 1.4 million citizens, and as fast as it goes beside pgbench',
  async run(say) {
    const postgres = await startPostgres(ofACity)
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-bench-api-'))
    try {
      const databaseUrl = await postgres.createDatabase()
      const store = await openStore({ databaseUrl, statementMs: 0 })
      await seedCity(store, { citizens })
      await sql`vacuum analyze`.execute(store.db)
      await sql`checkpoint`.execute(store.db)
      const crm = await startCrmProcess({ dataDir: folder, databaseUrl })
      try {
        const { desks, callers } = await openDesks({ url: crm.url, store }, desksInAll)
        const callersInAll = await layOut(store, desksInAll)
        const callerOf = (nth: number) => callers[nth % callers.length] ?? { id: '', number: '' }
        say(`PostgreSQL without fsync, ${citizens} citizens; load average ${load()}`)
        const spaced = await atTheirPace(
          (desk, nth) => read(crm.url, desk, callerOf(nth)),
          (desk, nth) => write(crm.url, desk, callerOf(nth)),
          desks,
        )
        const results = told(spaced, say)
        results.push(
          await saturated(
            databaseUrl,
            callersInAll,
            desks,
            (d, nth) => write(crm.url, d, callerOf(nth)),
            say,
          ),
        )
        return results
      } finally {
        await crm.stop()
        await store.close()
      }
    } finally {
      await postgres.stop()
      await rm(folder, { recursive: true })
    }
  },
}

/** When the nth is due, in ms: the rate rises evenly while it warms up, then one comes `every` so many ms. */
function due(nth: number, every: number): number {
  const rising = warmUpSeconds * 1000
  const whileRising = rising / every / 2
  return nth < whileRising ? Math.sqrt(2 * rising * nth * every) : rising + (nth - whileRising) * every
}

type Ask = (desk: BusyDesk, nth: number) => Promise<void>
type Spaced = { reads: number[]; writes: number[]; errors: number }

/** A read of each desk each second and a write each fifth, evenly spread, once it is warm. Timed from the moment each was due: who waits for a slow one is late too. */
async function atTheirPace(readOne: Ask, writeOne: Ask, desks: readonly BusyDesk[]): Promise<Spaced> {
  const took: Spaced = { reads: [], writes: [], errors: 0 }
  const begun = performance.now()
  const running = new Set<Promise<void>>()
  const send = (kind: 'reads' | 'writes', ask: Ask, nth: number, due: number) => {
    const desk = desks[nth % desks.length]
    if (!desk) throw new Error('no desk')
    const one = ask(desk, nth)
      .then(
        () => {
          if (due >= warmUpSeconds * 1000) took[kind].push(performance.now() - begun - due)
        },
        () => {
          took.errors += 1
        },
      )
      .finally(() => running.delete(one))
    running.add(one)
  }
  const readEvery = 1000 / desks.length
  const writeEvery = 5000 / desks.length
  const until = (warmUpSeconds + spacedSeconds) * 1000
  for (let reads = 0, writes = 0; ; ) {
    const elapsed = performance.now() - begun
    const now = Math.min(elapsed, until)
    while (due(reads, readEvery) <= now) send('reads', readOne, reads, due(reads++, readEvery))
    while (due(writes, writeEvery) <= now) send('writes', writeOne, writes, due(writes++, writeEvery))
    if (elapsed >= until) break
    await wait(1)
  }
  await Promise.all(running)
  return took
}

function told({ reads, writes, errors }: Spaced, say: (text: string) => void): Result[] {
  const rows: [string, Spread][] = [
    ['reads', spread(reads)],
    ['writes', spread(writes)],
  ]
  say(`\n${desksInAll} desks at their pace, ms from when each was due; ${errors} errors`)
  say(
    table([
      ['', 'p50', 'p95', 'p99', 'max', 'n'],
      ...rows.map(([name, { p50, p95, p99, max, n }]) => [name, p50, p95, p99, max, String(n)]),
    ]),
  )
  return rows.map(([name, ours]) => {
    const result = judge({
      ...{ name: `${name} of ${desksInAll} desks at their pace, ${errors} errors`, unit: 'ms' },
      ...{ ours, peers: {}, limit: null, target: { p99: name === 'reads' ? 25 : 50 } },
    })
    return errors === 0 ? result : { ...result, met: false }
  })
}

/** Blocks that take turns on one database, each side with desks of its own. */
async function saturated(
  databaseUrl: string,
  callers: number,
  desks: readonly BusyDesk[],
  writeOne: Ask,
  say: (text: string) => void,
): Promise<Result> {
  const rates = { ours: [] as number[], pgbench: [] as number[] }
  const desksOfEach = desks.length / connections
  for (let block = 0; block <= blocks; block++) {
    const until = performance.now() + blockSeconds * 1000
    let done = 0
    await Promise.all(
      Array.from({ length: connections }, async (_, connection) => {
        for (let nth = 0; performance.now() < until; nth++) {
          const desk = desks[connection * desksOfEach + (nth % desksOfEach)]
          if (!desk) throw new Error('no desk')
          await writeOne(desk, connection * 397 + nth)
          done += 1
        }
      }),
    )
    const ours = done / blockSeconds
    const theirs = await pgbench(databaseUrl, {
      ...{ clients: connections, seconds: blockSeconds, desksOfEach, callers },
    })
    say(
      `block ${block} of ${blocks}: ${ours.toFixed(0)} and ${theirs.toFixed(0)} commands a second, load average ${load()}`,
    )
    // The first block fills caches and pools.
    if (block === 0) continue
    rates.ours.push(1000 / ours)
    rates.pgbench.push(1000 / theirs)
  }
  const peer = spread(rates.pgbench)
  return judge({
    name: `contact.open, ${connections} at once: time from one command to the next, by blocks`,
    unit: 'ms',
    ours: spread(rates.ours),
    peers: { 'pgbench, the SQL of the same command': peer },
    limit: null,
    // Half of its rate.
    target: { p50: 2 * peer.p50 },
  })
}
