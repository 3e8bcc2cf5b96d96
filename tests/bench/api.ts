import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { startCrmProcess } from '../support/crm.ts'
import { startPostgres } from '../support/postgres.ts'
import { Desks } from './api/desks.ts'
import type { Spaced } from './api/load.ts'
import { layOut, pgbench } from './api/pgbench.ts'
import { type Bench, judge, load, type Result, type Spread, spread, table } from './lib/bench.ts'

const citizens = 1_400_000
const desksInAll = 500
const connections = 50
/** A CRM that has answered for less than half a minute still compiles what it does all day, and its database plans it. */
const pace = { warmUpSeconds: 40, seconds: 30 }
const blocks = 3
const blockSeconds = 6
/** As docs/running-a-crm.md advises for a city of a million on such a machine. */
const ofACity = { shared_buffers: '2GB', effective_cache_size: '12GB', max_wal_size: '8GB' }

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
        const desks = await Desks.open({ url: crm.url, store }, desksInAll)
        try {
          const callers = await layOut(store, desksInAll)
          say(`PostgreSQL without fsync, ${citizens} citizens; load average ${load()}`)
          const results = told(await desks.atTheirPace(pace), say)
          results.push(await saturated(databaseUrl, callers, desks, say))
          return results
        } finally {
          desks.close()
        }
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
  desks: Desks,
  say: (text: string) => void,
): Promise<Result> {
  const rates = { ours: [] as number[], pgbench: [] as number[] }
  const desksOfEach = desksInAll / connections
  for (let block = 0; block <= blocks; block++) {
    const ours = (await desks.asFastAsItGoes({ atOnce: connections, seconds: blockSeconds })) / blockSeconds
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
